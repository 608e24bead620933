"""RSS and Atom bytes to entries. It opens nothing: feedparser only ever sees a stream over bytes we fetched.

feedparser's sanitiser is off on purpose. It strips `hidden` and most of `style`, which would make hidden text visible
before `visibility` can see that it was hidden; the HTML it would clean never leaves `sources/` as HTML.
What is given as `summary_html` and `content_html` is therefore raw and foreign: read it with `text_of_fragment` only.
"""

import calendar
import datetime as dt
import io
import re
from dataclasses import dataclass
from html import escape
from typing import Any

import feedparser

from content.errors import BadInputError, PressroomError
from sources.pages import line_of_markup
from sources.plain_text import visible
from sources.urls import Url, join_url, parse_url, shown

MAX_ENTRIES = 5_000
MAX_TAGS = 200_000

_LONGEST_LINE = 1_000

_ENTRY = re.compile(rb"<(?:\w+:)?(?:item|entry)[\s>]")
_MAIL = re.compile(r"[^\s(<]+@[^\s)>]+")
# What feedparser sets `bozo` for although the feed is fine: a charset or media type that the header got wrong.
_HARMLESS = (feedparser.CharacterEncodingOverride, feedparser.NonXMLContentType)

# feedparser asks xml.sax for one of these drivers by name, and offers no other way to hand it a reader.
feedparser.api.PREFERRED_XML_PARSERS[:] = ["sources.bounded_sax"]


@dataclass(frozen=True)
class ParsedEntry:
    """One usable entry. `url` is absolute, `title` and `author` plain lines (may be empty), `published` in UTC."""

    url: str
    title: str
    published: dt.datetime
    author: str
    summary_html: str
    content_html: str | None


@dataclass(frozen=True)
class ParsedFeed:
    """A feed and what was wrong with it while it was usable. `language` is as declared, or ""."""

    title: str
    language: str
    entries: tuple[ParsedEntry, ...]
    faults: tuple[str, ...]


def parse_feed(body: bytes, url: str, charset: str = "") -> ParsedFeed:
    """Read a feed. Raise BadInputError when the bytes are no feed, or too broken to give a single entry."""
    # Counted on the bytes: feedparser's loose parser has no limits and takes a second for 50,000 nested tags.
    if len(_ENTRY.findall(body)) > MAX_ENTRIES or body.count(b"<") > MAX_TAGS:
        raise BadInputError(f"{url} has more than {MAX_ENTRIES} entries or {MAX_TAGS} tags", url=url)
    parsed = _parsed(body, url, charset)
    if not parsed.get("version") and not parsed.entries:
        raise BadInputError(f"{url} is not a feed: it is neither RSS nor Atom", url=url)
    damage = _damage(parsed)
    base = parse_url(url)
    entries: list[ParsedEntry] = []
    faults = [f"the feed is malformed ({damage}); read as far as possible"] if damage else []
    known: set[str] = set()
    for number, raw in enumerate(parsed.entries, start=1):
        try:
            entry = _entry(raw, base)
        except BadInputError as error:
            faults.append(f"entry {number} ({_name(raw)}): {error}")
            continue
        if entry.url not in known:
            known.add(entry.url)
            entries.append(entry)
    if damage and not entries:
        raise BadInputError(f"{url} is a broken feed and no entry of it can be used ({damage})", url=url)
    return ParsedFeed(
        title=line_of_markup(str(parsed.feed.get("title") or "")[:_LONGEST_LINE]),
        language=visible(str(parsed.feed.get("language") or "")[:_LONGEST_LINE]),
        entries=tuple(entries),
        faults=tuple(faults),
    )


def _parsed(body: bytes, url: str, charset: str) -> Any:
    media_type = f"application/xml; charset={charset}" if charset else "application/xml"
    try:
        return feedparser.parse(
            io.BytesIO(body),  # never the bytes themselves: feedparser would try them as a file name
            response_headers={"content-type": media_type, "content-location": url},
            sanitize_html=False,
            resolve_relative_uris=False,
        )
    except BadInputError as error:
        raise BadInputError(f"{url} cannot be read as a feed: {error}", url=url) from None
    except Exception as error:  # noqa: BLE001 - its loose parser can fail in any way on hostile bytes
        raise BadInputError(f"{url} cannot be read as a feed ({type(error).__name__})", url=url) from None


def _damage(parsed: Any) -> str:
    error = parsed.get("bozo_exception") if parsed.get("bozo") else None
    if error is None or isinstance(error, _HARMLESS):
        return ""
    line = getattr(error, "getLineNumber", lambda: None)()
    what = getattr(error, "getMessage", lambda: "")() or str(error) or type(error).__name__
    return shown(f"{what}, line {line}" if line else what)


def _entry(raw: Any, base: Url) -> ParsedEntry:
    content = _content(raw)
    return ParsedEntry(
        url=_link(raw, base),
        title=_title(raw),
        published=_published(raw),
        author=_author(raw),
        summary_html=_html(raw.get("summary_detail") or {"value": raw.get("summary", "")}),
        content_html=content or None,
    )


def _link(raw: Any, base: Url) -> str:
    link = str(raw.get("link") or "").strip()
    if not link:
        raise BadInputError("it has no link")
    try:
        return str(join_url(base, link))
    except PressroomError as error:
        raise BadInputError(f"its link cannot be followed: {error}") from None


def _published(raw: Any) -> dt.datetime:
    for name in ("published_parsed", "updated_parsed", "created_parsed"):
        if moment := dict.get(raw, name):  # past feedparser's own get, which mixes the names up and warns
            try:
                return dt.datetime.fromtimestamp(calendar.timegm(moment), dt.UTC)
            except (ValueError, OverflowError, OSError):
                continue
    if written := dict.get(raw, "published") or dict.get(raw, "updated"):
        raise BadInputError(f"its date cannot be read: {shown(str(written))}")
    raise BadInputError("it has no date")


def _title(raw: Any) -> str:
    detail = raw.get("title_detail") or {}
    text = str(raw.get("title") or "")[:_LONGEST_LINE]
    # Atom's plain titles mean every "<" they contain; RSS has no such rule and often carries tags.
    return line_of_markup(escape(text, quote=False) if detail.get("type") == "text/plain" and "<" in text else text)


def _author(raw: Any) -> str:
    # RSS writes one line, "mail (name)" or "name <mail>"; feedparser cuts it apart in the wrong place for long domains.
    line = str(raw.get("author") or "")[:_LONGEST_LINE]
    names = [line] if "@" in line else [str(author.get("name") or "") for author in raw.get("authors") or [] if author]
    plain = (visible(_MAIL.sub("", line_of_markup(name))).strip("()<>, ") for name in names or [line])
    return ", ".join(name for name in plain if name)


def _content(raw: Any) -> str:
    return max((_html(part) for part in raw.get("content") or []), key=len, default="")


def _html(part: Any) -> str:
    value = str(part.get("value") or "")
    if part.get("type") == "text/plain" and "<" not in value:
        return "".join(f"<p>{escape(text, quote=False)}</p>" for text in re.split(r"\n\s*\n", value))
    return value


def _name(raw: Any) -> str:
    return shown(_title(raw)) or "without a title"
