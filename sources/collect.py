"""One feed to entries with their full text: the whole of reading, without knowing where texts or memories are kept.

An error of the feed itself propagates, so that whoever called can retry a retryable one and, when patience ends,
turn it into a report with `failed_report`. An error of a single page never ends the feed: it becomes a fault.
"""

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Literal, Protocol

from content.errors import BadInputError, PressroomError
from content.recipes import sha256_of
from content.values import AssetRef, FeedReport, SourceEntry
from sources.feeds import ParsedEntry, ParsedFeed, parse_feed
from sources.fetch import Fetched, GuardedFetcher
from sources.pages import PageText, extract_article, text_of_fragment
from sources.plain_text import is_cut_off, language_of, weight
from sources.urls import parse_url

WHOLE_FROM = 800
"""A feed's own text of this weight, and not cut off, is the article; under it the page is asked."""

ENOUGH_FROM = 300
"""Under this weight there is nothing to write from."""

MAX_TEXT = 100_000
"""Characters that are kept of a text: a short book. What follows is left out, and said."""


@dataclass(frozen=True)
class Remembered:
    """What an earlier visit to a URL gave. `body` hashes to `sha256`."""

    etag: str
    last_modified: str
    sha256: str
    body: bytes
    charset: str = ""
    final_url: str = ""


class FetchMemory(Protocol):
    """Remembers the last good body of each URL."""

    def recall(self, url: str) -> Remembered | None:
        """Give what is remembered of a URL, or None (also when its bytes are gone)."""
        ...

    def remember(self, url: str, fetched: Fetched) -> None:
        """Keep a new body. `url` is the one that was asked for; never called with `not_modified`."""
        ...


@dataclass(frozen=True)
class Collected:
    """A feed's report; whether any byte was new; the sha256 of every body read, in order of reading."""

    report: FeedReport
    changed: bool
    seen: tuple[str, ...]


@dataclass(frozen=True)
class _Body:
    data: bytes
    charset: str
    final_url: str


@dataclass
class _Reader:
    """Reads through the memory and keeps count of what was new."""

    fetcher: GuardedFetcher
    memory: FetchMemory
    changed: bool = False
    seen: list[str] = field(default_factory=list)

    def read(self, url: str) -> _Body:
        known = self.memory.recall(url)
        fetched = self.fetcher.fetch(
            url, etag=known.etag if known else "", last_modified=known.last_modified if known else ""
        )
        if fetched.not_modified and known is not None:
            self.seen.append(known.sha256)
            return _Body(known.body, known.charset, known.final_url or url)
        digest = sha256_of(fetched.body)
        self.seen.append(digest)
        self.changed = self.changed or known is None or known.sha256 != digest
        self.memory.remember(url, fetched)
        return _Body(fetched.body, fetched.charset, fetched.final_url)


def collect_feed(
    url: str,
    *,
    fetcher: GuardedFetcher,
    window: tuple[dt.datetime, dt.datetime],
    memory: FetchMemory,
    keep_text: Callable[[str], AssetRef],
    max_entries: int = 40,
) -> Collected:
    """Read a feed's entries published within the window, both ends included, newest first.

    Raises whatever the fetch of the feed itself raises, and BadInputError when it is no feed.
    """
    reader = _Reader(fetcher, memory)
    body = reader.read(url)
    feed = parse_feed(body.data, body.final_url, body.charset)
    begin, end = window
    current = sorted(
        (entry for entry in feed.entries if begin <= entry.published <= end),
        key=lambda entry: (-entry.published.timestamp(), entry.url),
    )
    faults = list(feed.faults)
    if len(current) > max_entries:
        faults.append(f"{len(current) - max_entries} older entries of the window were left out (at most {max_entries})")
    entries: list[SourceEntry] = []
    for parsed in current[:max_entries]:
        try:
            text, notes = _full_text(parsed, reader)
            text = _bounded(text, parsed.url, notes)
            faults.extend(notes)
            entries.append(_source_entry(parsed, text, feed=feed, feed_url=url, keep_text=keep_text))
        except BadInputError as error:
            faults.append(error.message)
    report = FeedReport(
        url=url,
        title=feed.title,
        status="ok" if entries else "empty",
        detail="" if entries else _why_empty(feed, len(current), begin, end),
        entries=tuple(entries),
        faults=tuple(faults),
    )
    return Collected(report=report, changed=reader.changed, seen=tuple(reader.seen))


def failed_report(url: str, error: PressroomError) -> FeedReport:
    """Give the report of a feed that could not be read: one line that says why."""
    return FeedReport(url=url, status="failed", detail=" ".join(error.message.split()))


@dataclass(frozen=True)
class _Text:
    page: PageText
    via: Literal["feed", "page"]


def _full_text(entry: ParsedEntry, reader: _Reader) -> tuple[_Text, list[str]]:
    """Give an entry's text and what went wrong on the way. Raise BadInputError when there is too little of it."""
    notes: list[str] = []
    own = max((_fragment(html, entry, notes) for html in (entry.content_html, entry.summary_html)), key=weight)
    own_text = _Text(PageText(title=entry.title, text=own, language=""), "feed")
    if weight(own) >= WHOLE_FROM and not is_cut_off(own):
        return own_text, notes
    found: PageText | None = None
    try:
        body = reader.read(entry.url)
        found = extract_article(body.data, entry.url, body.charset)
    except PressroomError as error:
        notes.append(error.message)
    if found is not None and weight(found.text) >= max(ENOUGH_FROM, weight(own) // 2):
        return _Text(found, "page"), notes
    if weight(own) >= ENOUGH_FROM:
        notes.append(f"{entry.url}: the feed's own text is used, because its page gives no more")
        return own_text, notes
    raise BadInputError("; ".join([*notes, f"{entry.url} is left out: too short to write from"]))


def _bounded(text: _Text, url: str, notes: list[str]) -> _Text:
    if len(text.page.text) <= MAX_TEXT:
        return text
    notes.append(f"{url}: only the first {MAX_TEXT} characters are read")
    whole_lines = text.page.text[: MAX_TEXT + 1].rpartition("\n")[0]
    if weight(whole_lines) < ENOUGH_FROM:
        raise BadInputError(f"{url} is left out: it is one line of {len(text.page.text)} characters")
    return replace(text, page=replace(text.page, text=whole_lines))


def _fragment(html: str | None, entry: ParsedEntry, notes: list[str]) -> str:
    try:
        return text_of_fragment(html) if html else ""
    except BadInputError as error:
        notes.append(f"{entry.url}: {error.message}")
        return ""


def _source_entry(
    entry: ParsedEntry, text: _Text, *, feed: ParsedFeed, feed_url: str, keep_text: Callable[[str], AssetRef]
) -> SourceEntry:
    title = entry.title or text.page.title
    if not title:
        raise BadInputError(f"{entry.url} is left out: neither the feed nor the page gives it a title")
    return SourceEntry(
        url=entry.url,
        title=title,
        publisher=feed.title or parse_url(feed_url).host,
        feed_url=feed_url,
        published=entry.published,
        language=language_of(text.page.text, text.page.language or feed.language),
        text=keep_text(text.page.text),
        via=text.via,
        author=entry.author or text.page.author,
    )


def _why_empty(feed: ParsedFeed, in_window: int, begin: dt.datetime, end: dt.datetime) -> str:
    if in_window:
        return "no entry could be used; see the faults"
    if not feed.entries:
        return "the feed has no usable entries" if feed.faults else "the feed has no entries"
    newest = max(entry.published for entry in feed.entries)
    first, last, newest_one = (f"{moment:%Y-%m-%d %H:%M}" for moment in (begin, end, newest))
    return f"no entry between {first} and {last} UTC; the newest is of {newest_one}"
