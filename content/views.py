"""What readers are shown: frozen views that the pages, the e-mail and the feeds are drawn from.

A view holds everything a renderer needs and nothing that changes by itself:
the moment an edition appeared follows from its date and the newsletter's schedule, never from a clock,
so that an edition rendered twice gives the same bytes.
"""

import datetime as dt
import math
import re
from collections.abc import Iterable
from typing import Literal
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AwareDatetime

from content import paths
from content.errors import BadConfigurationError
from content.foreign import presentable
from content.recipes import EngineIdentity, Value
from content.values import (
    Article,
    AssetRef,
    Cover,
    Draft,
    Edition,
    FeedReport,
    Link,
    Newsletter,
    SourceEntry,
    Video,
)

Part = Literal["text", "pictures", "voice", "video", "check"]

_WIDE = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]")


class EngineCredit(Value):
    """Which engine made a part of the edition; `trained` when a trained model generated it."""

    part: Part
    engine: EngineIdentity
    trained: bool = False


class FeedLine(Value):
    """What became of a feed, as far as it is a reader's business; the reason of a failure is for the record."""

    name: str
    url: str
    status: Literal["ok", "empty", "failed"]
    entries: int = 0


class Reference(Value):
    """A cited source with the number it carries in its article."""

    number: int
    cited: str
    title: str
    publisher: str
    published: AwareDatetime | None = None

    @property
    def url(self) -> str:
        """The address to link to; empty when what was cited is no web address."""
        return web_address(self.cited)


class EditionView(Value):
    """An edition as its readers get it.

    `sources` names what the claims cite (a source that is missing there is named by its host),
    `left_out` says in whole sentences which articles the gate held, `script_text` is the video's transcript.
    """

    newsletter: Newsletter
    edition: Edition
    title: str
    articles: tuple[Article, ...]
    cover: Cover
    video: Video | None = None
    script_text: str = ""
    left_out: tuple[str, ...] = ()
    feeds: tuple[FeedLine, ...] = ()
    made: tuple[EngineCredit, ...] = ()
    sources: tuple[Link, ...] = ()
    site_url: str = ""

    @property
    def published_at(self) -> dt.datetime:
        """When the edition is dated."""
        return issued_at(self.newsletter, self.edition.date)

    @property
    def opens_with_lead(self) -> bool:
        """Whether the edition bears its first article's headline, which then needs no second showing."""
        return bool(self.articles) and self.title == self.articles[0].draft.headline

    @property
    def minutes(self) -> int:
        """How long the whole edition takes to read."""
        return reading_minutes(text for article in self.articles for text in draft_texts(article.draft))

    @property
    def is_quoted(self) -> bool:
        """Whether every sentence of the edition is its source's, word for word."""
        credit = self.engine("text")
        trained = credit is not None and credit.trained
        own = any(claim.wording == "own" for article in self.articles for claim in article.draft.claims)
        return not (trained or own)

    def references(self, article: Article) -> dict[str, Reference]:
        """Give an article's sources by what its claims cite, numbered in the order in which they are first cited."""
        # A draft's own links come last and count: their titles were looked at when it was written.
        known = {link.url: link for link in (*self.sources, *article.draft.further)}
        cited = dict.fromkeys(place.url for claim in article.draft.claims for place in claim.passages)
        return {url: _reference(number, url, known.get(url)) for number, url in enumerate(cited, 1)}

    def engine(self, part: Part) -> EngineCredit | None:
        """Give the engine that made a part, where it is known."""
        return next((credit for credit in self.made if credit.part == part), None)


class ArticleSummary(Value):
    """An article in a list: its headline, its lead and the path of its page."""

    headline: str
    lead: str
    page: str


class EditionSummary(Value):
    """An edition in a list of editions or a feed."""

    edition: Edition
    title: str
    lead: str
    articles: tuple[ArticleSummary, ...]
    cover: Cover
    published_at: AwareDatetime
    minutes: int
    video: Video | None = None

    @property
    def further(self) -> tuple[ArticleSummary, ...]:
        """The articles whose headlines the title does not give away already."""
        return tuple(article for article in self.articles if article.headline != self.title)

    @property
    def page(self) -> str:
        """The path of the edition's front page in the site."""
        return paths.edition_page(self.edition)


def summary_of(view: EditionView) -> EditionSummary:
    """Shorten an edition for the newsletter's index, the home page and the feeds."""
    return EditionSummary(
        edition=view.edition,
        title=view.title,
        lead=view.articles[0].draft.lead.text if view.articles else "",
        articles=tuple(
            ArticleSummary(
                headline=article.draft.headline,
                lead=article.draft.lead.text,
                page=paths.article_page(view.edition, article.slug),
            )
            for article in view.articles
        ),
        cover=view.cover,
        published_at=view.published_at,
        minutes=view.minutes,
        video=view.video,
    )


def feed_line(report: FeedReport) -> FeedLine:
    """Shorten a feed's report to the line readers see."""
    return FeedLine(
        name=report.title or host_of(report.url) or report.url,
        url=report.url,
        status=report.status,
        entries=len(report.entries),
    )


def source_link(entry: SourceEntry) -> Link:
    """Give a source entry as the link its citations show; a title that may not be printed gives way to the name."""
    publisher = presentable(entry.publisher, host_of(entry.url))
    return Link(url=entry.url, title=presentable(entry.title), publisher=publisher, published=entry.published)


def draft_texts(draft: Draft) -> tuple[str, ...]:
    """Give everything there is to read in an article."""
    return (draft.headline, draft.why_now, *(claim.text for claim in draft.claims))


def reading_minutes(texts: Iterable[str]) -> int:
    """Estimate reading time: 230 words or 400 Chinese characters a minute, at least one."""
    minutes = 0.0
    for text in texts:
        wide = len(_WIDE.findall(text))
        minutes += wide / 400 + len(_WIDE.sub(" ", text).split()) / 230
    return max(1, math.ceil(minutes))


def issued_at(newsletter: Newsletter, date: dt.date) -> dt.datetime:
    """Give the moment an edition is dated: its day at the hour of the newsletter's schedule, in UTC.

    A schedule without one plain hour and minute counts as six in the morning.
    """
    try:
        zone = ZoneInfo(newsletter.timezone)
    except (ZoneInfoNotFoundError, ValueError):
        raise BadConfigurationError(
            f"newsletter {newsletter.slug!r}: {newsletter.timezone!r} is no timezone; "
            "write an IANA name such as Europe/Berlin in pressroom.toml"
        ) from None
    plain = re.match(r"\s*(\d{1,2})\s+(\d{1,2})\s", newsletter.schedule)
    minute, hour = (int(plain[1]), int(plain[2])) if plain else (0, 6)
    time = dt.time(hour, minute) if hour < 24 and minute < 60 else dt.time(6)
    return dt.datetime.combine(date, time, tzinfo=zone).astimezone(dt.UTC)


def web_address(url: str) -> str:
    """Give a URL that may stand in a link, or nothing: only http and https lead anywhere from our pages."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return ""
    return url if parts.scheme in {"http", "https"} and parts.hostname and not re.search(r"\s", url) else ""


def host_of(url: str) -> str:
    """Give a URL's host without `www.`, or nothing."""
    try:
        return (urlsplit(url).hostname or "").removeprefix("www.")
    except ValueError:
        return ""


def _reference(number: int, cited: str, link: Link | None) -> Reference:
    return Reference(
        number=number,
        cited=cited,
        title=link.title if link else "",
        publisher=(link.publisher if link else "") or host_of(cited) or cited,
        published=link.published if link else None,
    )


def pictures_of(view: EditionView) -> tuple[AssetRef, ...]:
    """Give the pictures that the e-mail carries: the edition's wide cover and its articles', once each."""
    refs = (view.cover.wide, *(article.cover.wide for article in view.articles[view.opens_with_lead :]))
    return tuple({ref.sha256: ref for ref in refs}.values())


def media_of(view: EditionView) -> tuple[AssetRef, ...]:
    """Give every object the edition's pages show, once each: what must be copied to `paths.media`."""
    refs = [view.cover.wide, *(article.cover.wide for article in view.articles)]
    refs += view.video.published if view.video else ()
    return tuple({ref.sha256: ref for ref in refs}.values())
