"""What a painting engine is told to show on a cover, and what a reader is told it shows.

Words come from sources and from models that read them, so they are reduced to plain words first:
a painter needs no address, number, markup or quotation, and what it is not told it cannot write on a picture.
"""

import html
import re
import unicodedata
from typing import Final

from content.alt_text import colour_name
from models.protocols import CoverRequest

LONGEST: Final = 300
"""Characters of a prompt: what the 77 tokens of a CLIP text encoder hold, about."""

NEGATIVE: Final = (
    "text, letters, words, numbers, caption, signature, watermark, logo, label, frame, collage, deformed, disfigured,"
    " extra limbs, blurry, low quality"
)

_TEMPLATE = re.compile(r"\{\{.*?\}\}|\{%.*?%\}|\{#.*?#\}|\$\{.*?\}|<!--.*?-->|<[^>]*>", re.DOTALL)
_MARKDOWN_LINK = re.compile(r"!?\[([^\]]*)\]\([^)]*\)")
_ADDRESS = re.compile(
    r"\b[a-z][a-z0-9+.-]*:/*[^\s]*[/@.][^\s]*"  # a scheme and what follows it
    r"|\b(?:javascript|vbscript|data|file|mailto|tel):\S*"
    r"|\S*@\S+"
    r"|\b(?:[\w-]+\.)+[a-z]{2,}\b(?:[/:?#]\S*)?"
    r"|/?(?:[\w.-]+/){2,}[\w.-]*",
    re.IGNORECASE,
)
_APART = r"\s,;!?()，。、；！？（）\u3400-\u9fff"
_NUMBER = re.compile(rf"[^:{_APART}]*\d[^{_APART}]*")
_DROPPED = re.compile(r"[^\w\s,.;:'’!?&–—，。、；：！？·-]|[_\d]")
_BEFORE_MARK = re.compile(r"\s+(?=[,.;:!?，。、；：！？])")
_MARK_AGAIN = re.compile(r"([,;:，、；：])(?:\s*[,;:，、；：])+")


def plain_words(text: str, longest: int) -> str:
    """Reduce a text to words and their punctuation, cut between words."""
    text = unicodedata.normalize("NFKC", html.unescape(html.unescape(text)))
    text = "".join(" " if c.isspace() else "" if unicodedata.category(c)[0] == "C" else c for c in text)
    for pattern, instead in (
        (_TEMPLATE, " "),
        (_MARKDOWN_LINK, r"\1"),
        (_ADDRESS, " "),
        (_NUMBER, " "),
        (_DROPPED, ""),
    ):
        text = pattern.sub(instead, text)
    text = _MARK_AGAIN.sub(r"\1", _BEFORE_MARK.sub("", " ".join(text.split()))).strip(" ,;:–—-&，、；：")
    if len(text) <= longest:
        return text
    head = text[: longest + 1]
    return (head.rpartition(" ")[0] or text[:longest]).rstrip(" ,;:–—-&") if " " in head else text[:longest]


def cover_prompt(request: CoverRequest) -> str:
    """Say what to paint for a cover: its scene, its look and its brand's colours in words."""
    brand = request.brand
    colours = dict.fromkeys(colour_name(colour) for colour in (brand.ink, brand.paper, brand.accent, brand.support))
    palette = f"palette of {', '.join(colours)}"
    style = plain_words(request.style, 100)
    room = LONGEST - len(palette) - len(style) - 4
    subject = plain_words(request.scene, room) or plain_words(request.headline, room) or "an abstract composition"
    return ", ".join(filter(None, (subject.rstrip(".。"), style.rstrip(".。"), palette)))


def cover_alt(request: CoverRequest) -> str:
    """Say what a painted cover shows, in the newsletter's language, as far as the request tells."""
    chinese = request.language == "zh"
    if scene := plain_words(request.scene, 200):
        return f"插图：{scene}" if chinese else f"Illustration: {scene}"
    headline = " ".join(request.headline.split())
    if chinese:
        return f"《{headline}》配图"
    return "Illustration for “{}”".format(headline.replace("“", "‘").replace("”", "’"))
