"""What is handed over to publish an edition, and what can be read back of one.

`Publication` goes in, `EditionRecord` comes out; neither knows how or where anything is kept.
Paths are site paths (`slug/2026-01-31/index.html`), empty for what has no place on the site.
"""

from collections.abc import Iterable
from typing import Literal

from pydantic import AwareDatetime, Field

from content.recipes import Value
from content.usage import NOTHING, Usage
from content.values import (
    Article,
    AssetRef,
    Claim,
    Cover,
    Draft,
    Edition,
    Modality,
    Newsletter,
    Sha256,
    Slug,
    SourceEntry,
    Verdict,
    Video,
)

EditionStatus = Literal["running", "published", "held", "skipped", "failed"]
ArticleStatus = Literal["published", "held", "failed"]
StepOutcome = Literal["computed", "reused", "failed", "held"]


class ShownAsset(Value):
    """Bytes that a reader will see or hear, and as what they were judged."""

    role: str
    path: str = ""
    ref: AssetRef
    modality: Modality


class ArticleRecord(Value):
    """What became of one article. Held and failed ones are kept too, as far as they got, with the reason."""

    position: int = Field(ge=1)
    story_id: Sha256
    slug: Slug
    headline: str
    status: ArticleStatus = "published"
    reason: str = ""
    draft: Draft | None = None
    cover: Cover | None = None
    page: AssetRef | None = None
    page_path: str = ""
    words: int = Field(0, ge=0)
    claims_traced: int = Field(0, ge=0)
    sources: tuple[SourceEntry, ...] = ()

    @classmethod
    def of(
        cls,
        article: Article,
        *,
        status: ArticleStatus = "published",
        reason: str = "",
        page: AssetRef | None = None,
        page_path: str = "",
        words: int = 0,
        claims_traced: int = 0,
        sources: tuple[SourceEntry, ...] = (),
    ) -> "ArticleRecord":
        """Give the record of an article that was written and illustrated."""
        return cls(
            position=article.position,
            story_id=article.draft.story_id,
            slug=article.slug,
            headline=article.draft.headline,
            status=status,
            reason=reason,
            draft=article.draft,
            cover=article.cover,
            page=page,
            page_path=page_path,
            words=words,
            claims_traced=claims_traced,
            sources=sources,
        )

    @property
    def claims(self) -> tuple[Claim, ...]:
        """Every sentence of the article, in reading order; none when it was never written."""
        return self.draft.claims if self.draft else ()


class Publication(Value):
    """An edition, complete and ready to be shown.

    `content_digest` names everything a reader would see: the same digest again is the same publication.
    `sources` may repeat what the articles name themselves.
    """

    edition: Edition
    title: str
    run_id: str
    content_digest: Sha256
    page_path: str = ""
    reason: str = ""
    cover: Cover
    articles: tuple[ArticleRecord, ...] = ()
    sources: tuple[SourceEntry, ...] = ()
    shown: tuple[ShownAsset, ...] = ()
    email: AssetRef | None = None
    video: Video | None = None

    @property
    def parts(self) -> tuple[tuple[str, AssetRef], ...]:
        """Everything named here that a reader gets, as (what it is, reference): all of it has to be in `shown`."""
        named: list[tuple[str, AssetRef | None]] = [
            (f"page of article {article.position}", article.page)
            for article in self.articles
            if article.status == "published"
        ]
        named.append(("e-mail", self.email))
        if self.video:
            named += [(f"{ref.kind} {ref.sha256[:12]}", ref) for ref in self.video.published]
        return tuple((what, ref) for what, ref in named if ref is not None)


# ---- what can be read back -------------------------------------------------------------------------------------------


class StepRecord(Value):
    """One execution, or one reuse, of a step, and what it used up; a reuse uses nothing."""

    run_id: str
    step: str
    item: str
    outcome: StepOutcome
    seconds: float
    engine: str
    recipe: str
    detail: str
    started_at: AwareDatetime
    usage: Usage = NOTHING


def usage_by_item(steps: Iterable[StepRecord]) -> dict[str, Usage]:
    """Add up what was used for each item: articles first and by number, the edition as a whole last."""
    found: dict[str, Usage] = {}
    for step in steps:
        found[step.item] = found.get(step.item, NOTHING) + step.usage
    return dict(sorted(found.items(), key=lambda pair: _place(pair[0])))


def _place(item: str) -> tuple[int, str, int]:
    kind, _, number = item.partition("-")
    rank = {"article": 0, "edition": 2}.get(kind, 1)
    return rank, kind, int(number) if number.isdecimal() else 0


class RecordedArticle(Value):
    """One article as it is on record; `sources` are the addresses it was written from."""

    position: int
    story_id: str
    slug: str
    headline: str
    lead: str
    status: ArticleStatus
    reason: str
    page: str
    page_sha256: str
    words: int
    claims: int
    claims_traced: int
    sources: tuple[str, ...]
    update_of: str
    cover: Cover | None
    draft: Draft | None


class FeedOutcome(Value):
    """What became of a feed in this edition."""

    url: str
    title: str
    status: Literal["ok", "empty", "failed"]
    detail: str
    entries: int
    faults: tuple[str, ...]


class RecordedAsset(Value):
    """An asset an edition shows, as what and where."""

    role: str
    path: str
    modality: Modality
    ref: AssetRef


class EditionRecord(Value):
    """Everything known about an edition. `runs` are the flow runs that worked on it, oldest first."""

    edition: Edition
    status: EditionStatus
    title: str
    reason: str
    newsletter: Newsletter
    variants: dict[str, int]
    run_id: str
    runs: tuple[str, ...]
    started_at: AwareDatetime
    finished_at: AwareDatetime | None
    published_at: AwareDatetime | None
    content_digest: str
    page: str
    email_sha256: str
    video: Video | None
    cover: Cover | None
    articles: tuple[RecordedArticle, ...]
    sources: tuple[SourceEntry, ...]
    assets: tuple[RecordedAsset, ...]
    steps: tuple[StepRecord, ...]
    verdicts: tuple[Verdict, ...]
    feeds: tuple[FeedOutcome, ...]

    @property
    def usage(self) -> Usage:
        """What all runs of the edition used up."""
        return sum((step.usage for step in self.steps), NOTHING)

    @property
    def usage_by_item(self) -> dict[str, Usage]:
        """What was used for each item: article-1, article-2, … and the edition last."""
        return usage_by_item(self.steps)
