"""Foreign HTML to plain text: UTF-8, NFC, one paragraph a line, spaces collapsed, nothing a reader would not see.

Two ways in: a whole page, where the article has to be found, and the fragment a feed carries, which is the article.
It fetches nothing and keeps no links.
"""

import codecs
import re
from dataclasses import dataclass
from html import unescape
from typing import Any

import lxml.html
import trafilatura

from content.errors import BadInputError
from sources.blocks import lines_of, remove_furniture
from sources.plain_text import language_of, visible, weight
from sources.visibility import parse_html, remove_invisible

_META_CHARSET = re.compile(rb"<meta[^>]{0,200}?charset\s*=\s*[\"']?\s*([A-Za-z0-9_:.-]{2,40})", re.IGNORECASE)
_BOMS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
# The WHATWG encoding standard reads these labels as their supersets, because the web means those.
_MEANT = {
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "iso-8859-1": "cp1252",
    "latin-1": "cp1252",
    "us-ascii": "cp1252",
    "ascii": "cp1252",
}


@dataclass(frozen=True)
class PageText:
    """An article found in a page. `title` and `author` may be empty; `language` has two letters."""

    title: str
    text: str
    language: str
    author: str = ""


def extract_article(html: bytes, url: str, charset: str = "") -> PageText:
    """Find the article of a page. Raise BadInputError when there is none or the HTML is beyond the limits."""
    try:
        root = parse_html(decode_html(html, charset))
    except BadInputError as error:
        raise BadInputError(f"{url}: {error.message}", url=url) from None
    if root is None:
        raise BadInputError(f"{url} holds no text", url=url)
    title, author, declared = _title(root), _author(root), root.get("lang") or root.get("xml:lang") or ""
    remove_invisible(root)
    fallback = _marked_article(root)
    text = _without_title(_article_lines(root, url), title)
    if fallback is not None:
        marked = _without_title(lines_of(fallback), title)
        # An <article> that says far more than what was found was misjudged, as short pages with many headings are.
        if weight(text) < 0.6 * weight(marked):
            text = marked
    if not text:
        raise BadInputError(f"{url} holds no article that could be found", url=url)
    return PageText(title=title, text=text, language=language_of(text, declared), author=author)


def text_of_fragment(html: str) -> str:
    """Give the plain text of a feed's own HTML (or text). Raise BadInputError beyond the parser's limits."""
    root = parse_html(html)
    if root is None:
        return ""
    remove_invisible(root)
    return "\n".join(lines_of(root))


def line_of_markup(text: str) -> str:
    """Give a title or name, which may carry entities or tags, as one plain line."""
    if "<" not in text and "&" not in text:
        return visible(text)
    root = parse_html(text)
    if root is None:
        return ""
    remove_invisible(root)
    return visible(" ".join(root.itertext()) if root.xpath(".//br") else "".join(root.itertext()))


def decode_html(html: bytes, charset: str = "") -> str:
    """Decode a page: by its byte order mark, the header's charset, its own <meta>, as UTF-8, else as Windows-1252."""
    for mark, codec in _BOMS:
        if html.startswith(mark):
            return html.decode(codec, errors="replace")
    meta = _META_CHARSET.search(html[:4096])
    for label in (charset, meta[1].decode("ascii") if meta else "", "utf-8"):
        codec = _MEANT.get(label.lower(), label)
        try:
            return html.decode(codec)
        except (LookupError, UnicodeDecodeError, ValueError):
            continue
    return html.decode("utf-8", errors="replace") if b"\xef\xbf" in html else html.decode("cp1252", errors="replace")


def _article_lines(root: Any, url: str) -> list[str]:
    cleaned = lxml.html.fromstring(lxml.html.tostring(root))
    remove_furniture(cleaned)
    for code in list(cleaned.iter("code", "kbd", "samp", "tt", "var")):
        code.tag = "span"  # a word in a sentence, which trafilatura would set as a block
    found = trafilatura.extract(
        cleaned,
        url=url,
        output_format="html",
        include_comments=False,
        include_tables=True,
        include_formatting=True,
        include_links=False,
        include_images=False,
    )
    if not found:
        return []
    article = parse_html(found)
    return [] if article is None else lines_of(article)


def _marked_article(root: Any) -> Any:
    """Give the page's only <article> or <main>, whichever is the more exact, or None."""
    for tag in ("article", "main"):
        marked = list(root.iter(tag))
        if len(marked) == 1:
            return marked[0]
    return None


def _without_title(lines: list[str], title: str) -> str:
    return "\n".join(lines[1:] if lines and visible(unescape(lines[0])) == title else lines)


def _title(root: Any) -> str:
    for path in ("//meta[@property='og:title']/@content", "//h1", "//title"):
        for found in root.xpath(path)[:1]:
            if title := visible(unescape(found if isinstance(found, str) else "".join(found.itertext()))):
                return title
    return ""


def _author(root: Any) -> str:
    for found in root.xpath("//meta[@name='author' or @property='author']/@content")[:1]:
        author = visible(found)
        return "" if "://" in author or len(author) > 100 else author
    return ""
