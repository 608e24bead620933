"""Parse foreign HTML within limits and take out what a reader would not see.

Nothing else in the house reads HTML before this: a text that is there for machines only is an instruction smuggled in.
What it cannot know is a browser's cascade; it reads style attributes, plain class and id rules of the page's own
<style> blocks, well-known class names and the attributes made for hiding.
"""

import itertools
import re
from collections.abc import Iterator
from typing import Any

import lxml.html
from lxml import etree

from content.errors import BadInputError

MAX_CHARACTERS = 5_000_000
MAX_ELEMENTS = 60_000
MAX_DEPTH = 200
MAX_ATTRIBUTES = 200

_PARSING: dict[str, Any] = {"encoding": "utf-8", "remove_comments": True, "remove_pis": True, "huge_tree": False}

# Never shown, shown only when something fails or opens, or drawn by something else than text.
_UNSEEN_TAGS = frozenset(
    {"applet", "area", "audio", "base", "canvas", "datalist", "dialog", "embed", "frame", "frameset", "head", "iframe"}
    | {"link", "map", "math", "meta", "noembed", "noframes", "noscript", "object", "param", "rp", "rt", "script"}
    | {"source", "style", "svg", "template", "title", "track", "video"}
)
_UNSEEN_CLASSES = frozenset(
    {
        "a11y-hidden",
        "d-none",
        "element-invisible",
        "hidden",
        "hide",
        "invisible",
        "is-hidden",
        "off-screen",
        "offscreen",
    }
    | {"screen-reader-only", "screen-reader-text", "sr-only", "u-hidden", "usa-sr-only", "visually-hidden"}
    | {"visuallyhidden"}
)
_CSS_COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
_CSS_ESCAPE = re.compile(r"\\([0-9a-fA-F]{1,6})\s?")
_SIMPLE_SELECTOR = re.compile(r"(?P<tag>[a-z][a-z0-9]*)?(?P<rest>(?:[.#][\w-]+)+)", re.IGNORECASE)
_LENGTH = re.compile(r"(-?[0-9]*\.?[0-9]+)\s*(px|pt|em|rem|ex|ch|vw|vh|%|in|cm|mm)?")
_PIXELS = {"em": 16, "rem": 16, "ex": 8, "ch": 8, "vw": 12, "vh": 8, "in": 96, "cm": 38, "mm": 3.8, "pt": 1.33}
_WHITES = frozenset({"white", "#fff", "#ffffff", "#fffffe", "#fefefe", "rgb(255,255,255)", "snow", "ivory"})

_MOST_RULES = 2000

Element = Any
"""An lxml element: the library ships no types."""

_Rules = dict[str, list[tuple[str, frozenset[str], str]]]
"""Rules that hide, as (tag, classes, id), by their id or first class."""


def parse_html(text: str) -> Element | None:
    """Parse a document or fragment; None when nothing is in it. Raise BadInputError when it is beyond the limits."""
    if len(text) > MAX_CHARACTERS:
        raise BadInputError(f"the HTML has {len(text)} characters, more than the {MAX_CHARACTERS} that are read")
    data = text.replace("\0", "").encode("utf-8", errors="replace")
    if not data.strip():
        return None
    # Counted on the event stream first: building the tree takes quadratic time for a tag of 100,000 attributes.
    etree.fromstring(data, parser=etree.HTMLParser(target=_Census(), **_PARSING))
    try:
        return lxml.html.document_fromstring(data, parser=lxml.html.HTMLParser(**_PARSING))
    except (etree.ParserError, etree.XMLSyntaxError):
        return None


def remove_invisible(root: Element) -> None:
    """Take out of a parsed tree, in place, everything that is not there for a reader's eyes."""
    rules: _Rules = {}
    for style in root.iter("style"):
        for tag, classes, identity in itertools.islice(_hiding_rules(style.text or ""), _MOST_RULES):
            rules.setdefault(identity or min(classes), []).append((tag, classes, identity))
    doomed = [
        element
        for element in root.iter()
        if isinstance(element.tag, str) and element.tag not in {"html", "body"} and _is_hidden(element, rules)
    ]
    for element in doomed:
        drop(element)


def drop(element: Element) -> None:
    """Empty an element and leave the text that follows it where it is.

    A bare span stays behind: taking nodes out joins strings each time, which a page of 50,000 can make slow.
    """
    element.clear(keep_tail=True)
    element.tag = "span"


class _Census:
    """Counts what a parser sees and raises BadInputError at the first excess."""

    def __init__(self) -> None:
        self._elements = 0
        self._depth = 0

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        del tag
        self._elements += 1
        self._depth += 1
        if self._elements > MAX_ELEMENTS or self._depth > MAX_DEPTH or len(attributes) > MAX_ATTRIBUTES:
            raise BadInputError(
                f"the HTML is beyond {MAX_ELEMENTS} elements, {MAX_DEPTH} levels or {MAX_ATTRIBUTES} attributes a tag"
            )

    def end(self, tag: str) -> None:
        del tag
        self._depth -= 1

    def close(self) -> None:
        """Nothing to give: the counting was the point."""


def _is_hidden(element: Element, rules: _Rules) -> bool:
    attributes = element.attrib
    if element.tag in _UNSEEN_TAGS or not attributes:
        return element.tag in _UNSEEN_TAGS
    classes = frozenset(attributes.get("class", "").lower().split())
    return (
        "hidden" in attributes
        or attributes.get("aria-hidden", "").strip().lower() == "true"
        or attributes.get("type", "").lower() == "hidden"
        or not classes.isdisjoint(_UNSEEN_CLASSES)
        or _is_hidden_by_rule(element, classes, rules)
        or hides(attributes.get("style", ""))
        or _is_white_on_white(element)
    )


def _is_hidden_by_rule(element: Element, classes: frozenset[str], rules: _Rules) -> bool:
    identity = element.get("id", "").lower()
    return any(
        (not tag or tag == element.tag) and wanted <= classes and its_id in {"", identity}
        for name in {identity, *classes} & rules.keys()
        for tag, wanted, its_id in rules[name]
    )


def hides(style: str) -> bool:
    """Tell whether CSS declarations make their element invisible."""
    if not style:
        return False
    css = _declarations(style)
    overflow_clipped = css.get("overflow", css.get("overflow-y", "")) in {"hidden", "clip"}
    return (
        css.get("display") == "none"
        or css.get("visibility") in {"hidden", "collapse"}
        or css.get("content-visibility") == "hidden"
        or css.get("mso-hide") == "all"
        or _number(css.get("opacity")) < 0.1
        or _pixels(css.get("font-size")) < 3
        or (css.get("font", "").startswith(("0 ", "0px ", "0/")))
        or _pixels(css.get("text-indent"), 0) < -200
        or (css.get("position") in {"absolute", "fixed"} and _is_off_screen(css))
        or any(_pixels(css.get(side), 0) < -900 for side in ("margin-left", "margin-top"))
        or (overflow_clipped and any(_pixels(css.get(k)) <= 1 for k in ("height", "max-height", "width", "max-width")))
        or re.search(r"scale[xy]?\(0(?:\.0*)?[,)]|translate[xy]?\(-\d{4,}px", css.get("transform", "")) is not None
        or re.fullmatch(r"rect\((?:[01](?:px)?[, ]*){4}\)", css.get("clip", "")) is not None
        or re.match(r"inset\((?:100|[5-9]\d)%|circle\(0", css.get("clip-path", "")) is not None
        or _has_no_contrast(css)
    )


def _declarations(style: str) -> dict[str, str]:
    plain = _CSS_COMMENT.sub("", style[:5000])
    plain = _CSS_ESCAPE.sub(lambda m: chr(int(m[1], 16)) if 0 < int(m[1], 16) < 0xD800 else "", plain)
    found: dict[str, str] = {}
    for declaration in plain.lower().split(";"):
        name, colon, value = declaration.partition(":")
        if colon:
            value = re.sub(r"\s*!\s*important", "", value)
            found[name.strip()] = re.sub(r"\s*([,(])\s*", r"\1", re.sub(r"\s+", " ", value).strip()).replace(" )", ")")
    return found


def _number(value: str | None) -> float:
    """Read a plain number or percentage; 1 when there is none."""
    match = _LENGTH.fullmatch(value or "")
    if match is None:
        return 1.0
    return float(match[1]) / 100 if match[2] == "%" else float(match[1])


def _pixels(value: str | None, absent: float = 1000.0) -> float:
    """Read a CSS length in pixels, roughly; `absent` when there is none."""
    match = _LENGTH.fullmatch(value or "")
    if match is None:
        return absent
    if match[2] == "%":
        return float(match[1]) * 10
    return float(match[1]) * _PIXELS.get(match[2] or "px", 1)


def _is_off_screen(css: dict[str, str]) -> bool:
    return any(_pixels(css.get(side), 0) < -400 for side in ("left", "right", "top", "bottom")) or any(
        _pixels(css.get(side), 0) > 9000 for side in ("left", "top")
    )


def _has_no_contrast(css: dict[str, str]) -> bool:
    colour = css.get("color", "")
    if colour == "transparent" or re.fullmatch(
        r"(?:rgba|hsla)\(.*[,/] ?0(?:\.0*)?%?\)|#[0-9a-f]{3}0|#[0-9a-f]{6}00", colour
    ):
        return True
    ground = css.get("background-color") or css.get("background", "")
    return bool(colour) and bool(ground) and _same_colour(colour) == _same_colour(ground)


def _same_colour(colour: str) -> str:
    if colour in _WHITES:
        return "white"
    if colour in {"black", "#000", "#000000", "rgb(0,0,0)"}:
        return "black"
    short = re.fullmatch(r"#([0-9a-f])([0-9a-f])([0-9a-f])", colour)
    return f"#{short[1] * 2}{short[2] * 2}{short[3] * 2}" if short else colour


def _is_white_on_white(element: Element) -> bool:
    """White letters on no ground of their own: on paper-white pages the oldest trick there is."""
    colour = _declarations(element.get("style", "")).get("color", element.get("color", "").strip().lower())
    if colour not in _WHITES:
        return False
    for place in (element, *element.iterancestors()):
        css = _declarations(place.get("style", ""))
        ground = css.get("background-color") or css.get("background") or place.get("bgcolor", "").strip().lower()
        if ground:
            return ground in _WHITES
    return True


def _hiding_rules(stylesheet: str) -> Iterator[tuple[str, frozenset[str], str]]:
    """Give (tag, classes, id) of the plain rules of a stylesheet that hide, and none of the conditional ones."""
    text = _CSS_COMMENT.sub("", stylesheet[:200_000])
    depth = 0
    start = 0
    selector = ""
    conditional = 0
    for brace in re.finditer(r"[{}]", text):
        if brace[0] == "{":
            head = text[start : brace.start()].rpartition(";")[2].strip() if depth == 0 else ""
            if depth == 0:
                selector = head
                conditional = int(head.startswith("@"))
            depth += 1
        else:
            depth = max(0, depth - 1)
            if depth == 0 and not conditional and hides(text[start : brace.start()]):
                for part in selector.split(","):
                    if match := _SIMPLE_SELECTOR.fullmatch(part.strip()):
                        names = re.findall(r"([.#])([\w-]+)", match["rest"].lower())
                        classes = frozenset(name for mark, name in names if mark == ".")
                        its_id = next((name for mark, name in names if mark == "#"), "")
                        yield (match["tag"] or "").lower(), classes, its_id
        start = brace.end()
