"""Turn a cleaned HTML tree into lines: one heading, paragraph or list item each, and no furniture.

Expects a tree that `visibility.remove_invisible` has been through.
Left out: code blocks, tables of data, captions, navigation, forms, share bars, lists that are only links.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from sources.plain_text import ends_whole, is_junk, visible
from sources.visibility import drop

_LEFT_OUT = frozenset(
    {"button", "caption", "figcaption", "figure", "footer", "form", "img", "input", "label", "legend", "menu", "nav"}
    | {
        "optgroup",
        "option",
        "picture",
        "pre",
        "progress",
        "select",
        "textarea",
        "aside",
        "del",
        "s",
        "strike",
        "dialog",
    }
    | {"graphic", "hr", "listing", "plaintext", "xmp"}
)
_BLOCKS = frozenset(
    {"address", "article", "blockquote", "body", "center", "dd", "details", "div", "dl", "dt", "fieldset", "h1", "h2"}
    | {"h3", "h4", "h5", "h6", "header", "hgroup", "html", "li", "main", "ol", "p", "section", "summary", "table"}
    | {"tbody", "td", "tfoot", "th", "thead", "tr", "ul"}
)
_HEADINGS = frozenset({"h1", "h2", "h3", "h4", "h5", "h6"})
_FURNITURE = re.compile(
    r"(?!(?:tag|category|type|format)-)"  # WordPress names topics this way on the article itself
    r"(?:.*[-_])?(?:captions?|credits?|byline|share(?:[-_]?(?:bar|buttons?|links?|tools?))?|sharing|social|addtoany|sharedaddy|relatedposts|related|newsletter"
    r"|subscribe|promo|advert|advertisement|ads?|breadcrumbs?|pagination|pager|footnotes?|footnote-(?:ref|backref)|toc"
    r"|comments?|cookies?|paywall|twitter-tweet|instagram-media|embed-container|caption-text|dateline|timestamp"
    r"|author-bio|about-author|authors?|tags?|tag-list|meta)"
)
_CALL_TO_READ = re.compile(
    r"\W*(?:read (?:more|on|the (?:full|rest|whole).{0,40})|continue reading.{0,80}|more|link|permalink|full story"
    r"|skip to .{0,20}|back to top|↩|\^|#|¶|§|阅读全文|阅读更多|继续阅读|查看更多|详情)\W*",
    re.IGNORECASE,
)
_FOOTNOTE_MARK = re.compile(r"\[?(?:\d{1,3}|[*†‡§a-z])\]?")
_MARKUP_LEFT = re.compile(
    r"!\[[^\]]{0,400}\]\([^)]{0,400}\)(?:\s?\{:[^}]{0,99}\}|\s?width=\S{0,99})?|</?(?:img|br|hr|p|div|span)\b[^<>]{0,999}>",
    re.IGNORECASE,
)
"""Markdown pictures and doubly escaped tags, as some publishing software leaves them in its HTML."""

_DASH_WITHOUT_NAME = re.compile(r"(?<=[”\"’'.!?])\s*[-–—]+$")
_FURNITURE_AT_MOST = 1500
_DATA_CELL_AT_MOST = 200
_MOST_LINES_COMPARED = 400


@dataclass
class _Lines:
    """Collects pieces of text into lines, each with the tag of the block it stands in."""

    lines: list[tuple[str, str]] = field(default_factory=list)
    pieces: list[str] = field(default_factory=list)
    around: str = "p"

    def flush(self, tag: str) -> None:
        for part in _MARKUP_LEFT.sub(" ", "".join(self.pieces)).split("\n"):
            if line := _DASH_WITHOUT_NAME.sub("", visible(part)):
                self.lines.append((tag, line))
        self.pieces.clear()


def lines_of(root: Any) -> list[str]:
    """Give the lines of a tree. The tree is changed: furniture is taken out of it."""
    remove_furniture(root)
    collected = _Lines()
    _read(root, collected)
    return _tidy(collected.lines)


def remove_furniture(root: Any) -> None:
    """Take out, in place, what stands in an article without being its text."""
    # Judged before anything is dropped: a caption is known by the picture beside it.
    doomed = [element for element in root.iter() if element is not root and _has_no_place(element)]
    for element in doomed:
        drop(element)


def _has_no_place(element: Any) -> bool:
    tag = element.tag
    if not isinstance(tag, str) or tag in {"body", "article", "main"}:
        return False
    if tag in _LEFT_OUT or _is_furniture(element):
        return True
    judge = _JUDGES.get(tag)
    return judge is not None and judge(element)


def _is_furniture(element: Any) -> bool:
    names = f"{element.get('class', '')} {element.get('id', '')}".lower().split()
    return any(_FURNITURE.fullmatch(name) for name in names) and len(_text(element)) < _FURNITURE_AT_MOST


def _is_caption(element: Any) -> bool:
    """Find captions without a tag of their own: a line beside a picture, or in emphasis right under one."""
    raw = _text(element)
    text = _MARKUP_LEFT.sub("", raw).strip()
    if not text or len(text) > 300:
        return False
    if "![" in raw or element.xpath(".//img | .//picture | .//graphic"):
        return not element.xpath(".//p") and (len(text) < 160 or _all_in(element, {"em", "i", "small", "a"}))
    before = element.getprevious()
    follows_picture = before is not None and (
        before.tag in {"img", "picture", "graphic", "figure"}
        or (before.tag in {"p", "div", "a"} and not _text(before).strip() and bool(before.xpath(".//img | .//picture")))
    )
    return follows_picture and _all_in(element, {"em", "i", "small"})


def _is_code_block(code: Any) -> bool:
    """Inline code is a word of its sentence; several lines of it are a listing that lost its frame."""
    text = _text(code).strip()
    return text.count("\n") > 1 or len(text) > 120


def _all_in(element: Any, tags: set[str]) -> bool:
    """Tell whether all of an element's words stand inside child elements of some kinds."""
    own = (element.text or "") + "".join(child.tail or "" for child in element)
    return not _MARKUP_LEFT.sub("", own).strip() and all(
        child.tag in tags or not _text(child).strip() for child in element
    )


def _is_data(table: Any) -> bool:
    """Old newsletters lay out whole pages with tables; data has short cells."""
    return not any(len(_text(cell).strip()) > _DATA_CELL_AT_MOST for cell in table.iter("td", "th"))


def _is_link_list(element: Any) -> bool:
    items = [child for child in element if child.tag == "li"]
    if len(items) < 2:
        return False
    linked = sum(len(_text(anchor).strip()) for anchor in element.iter("a"))
    return linked > 0.9 * max(1, len("".join(_text(element).split(" "))))


def _is_call_to_read(anchor: Any) -> bool:
    text = _text(anchor).strip()
    return len(text) < 120 and _CALL_TO_READ.fullmatch(text) is not None


def _is_footnote_mark(element: Any) -> bool:
    return _FOOTNOTE_MARK.fullmatch(_text(element).strip()) is not None


_JUDGES: dict[str, Callable[[Any], bool]] = {
    "a": _is_call_to_read,
    "code": _is_code_block,
    "div": _is_caption,
    "ol": _is_link_list,
    "p": _is_caption,
    "sup": _is_footnote_mark,
    "table": _is_data,
    "ul": _is_link_list,
}


def _text(element: Any) -> str:
    return "".join(element.itertext())


def _read(element: Any, out: _Lines) -> None:
    """Depth is bounded by the parser's limits, so recursion is safe."""
    tag = element.tag
    if tag == "br":
        out.pieces.append(_break(element, out))
        return
    is_block = tag in _BLOCKS
    if is_block:
        out.flush(out.around)
        around, out.around = out.around, "blockquote" if "blockquote" in {tag, out.around} else tag
    if element.text:
        out.pieces.append(element.text.replace("\n", " ").replace("\r", " "))
    for child in element:
        if isinstance(child.tag, str):
            _read(child, out)
        if child.tail:
            out.pieces.append(child.tail.replace("\n", " ").replace("\r", " "))
    if is_block:
        out.flush(out.around)
        out.around = around


def _break(element: Any, out: _Lines) -> str:
    """Two breaks, or one after a finished sentence, are a paragraph's end; any other is a soft one."""
    following = element.getnext()
    doubled = following is not None and following.tag == "br" and not (element.tail or "").strip()
    last = next((piece for piece in reversed(out.pieces[-4:]) if piece.strip()), "")
    return "\n" if doubled or ends_whole(last[-40:].rstrip()) else " "


def _tidy(lines: list[tuple[str, str]]) -> list[str]:
    """Leave out furniture, repetitions and headings over nothing."""
    kept: list[tuple[str, str]] = []
    seen: set[str] = set()
    for tag, line in lines:
        if is_junk(line) or (line in seen and len(line) > 20) or _is_pulled(tag, line, lines):
            continue
        seen.add(line)
        if tag in _HEADINGS:
            while kept and kept[-1][0] in _HEADINGS and kept[-1][0] >= tag:
                kept.pop()
        kept.append((tag, line))
    while kept and (kept[-1][0] in _HEADINGS or (kept[-1][1].endswith((":", "：")) and len(kept[-1][1]) < 60)):
        kept.pop()  # it announced something that was left out
    return [line for _, line in kept]


def _is_pulled(tag: str, line: str, lines: list[tuple[str, str]]) -> bool:
    """Find pull quotes: sentences of the text set once more, larger."""
    if tag != "blockquote" or len(lines) > _MOST_LINES_COMPARED:
        return False
    core = line.strip("“”\"'‘’ ")
    return len(core) > 20 and any(core in other and other != line for _, other in lines)
