"""A story on its way through the house: brief, draft, cover, verdict, and why it was left out if it was."""

from collections.abc import Sequence

from content.paths import article_page, article_slug, article_slugs
from content.publication import ArticleRecord, ArticleStatus
from content.recipes import Value
from content.sentences import reading_length
from content.tracing import trace
from content.values import Agenda, Article, AssetRef, Brief, Cover, Draft, Edition, Modality
from tasks.gate import Verdicts
from tasks.jobs import Job
from wiring.container import container


class Story(Value):
    """What there is of a story so far. `reason` is set when it will not be published."""

    position: int
    brief: Brief
    draft: Draft | None = None
    slug: str = ""
    cover: Cover | None = None
    verdicts: Verdicts | None = None
    reason: str = ""

    def job(self, job: Job) -> Job:
        """Give the edition's job for this story."""
        return job.of(f"article-{self.position}", self.brief.story_id[:8])

    def with_cover(self, cover: Cover) -> "Story":
        """Give the same story, illustrated."""
        return self.model_copy(update={"cover": cover})

    @property
    def article(self) -> Article:
        """The finished article."""
        if self.draft is None or self.cover is None:
            raise ValueError(f"story {self.position} is not finished")
        return Article(position=self.position, slug=self.slug, draft=self.draft, cover=self.cover)

    @property
    def pictures(self) -> tuple[tuple[AssetRef, Modality], ...]:
        """The story's pictures, for a gate that has to hold them."""
        if self.cover is None:
            return ()
        return tuple((picture, "image") for picture in self.cover.pictures)


def article_record(story: Story, edition: Edition, page: AssetRef | None = None) -> ArticleRecord:
    """Give what goes on record of a story, published (with its page) or left out (with the reason)."""
    status: ArticleStatus = "published" if page else ("held" if story.verdicts else "failed")
    if story.draft is None or story.cover is None:
        return ArticleRecord(
            position=story.position,
            story_id=story.brief.story_id,
            slug=article_slug(story.brief.working_headline, story.brief.story_id),
            headline=story.brief.working_headline,
            status="failed",
            reason=story.reason,
            sources=story.brief.sources,
        )
    library = container().library
    texts = {entry.text.sha256: library.text(entry.text) for entry in story.brief.sources}
    return ArticleRecord.of(
        story.article,
        status=status,
        reason=story.reason,
        page=page,
        page_path=article_page(edition, story.slug) if page else "",
        words=sum(reading_length(claim.text, story.draft.language) for claim in story.draft.claims),
        claims_traced=trace(story.draft, texts, story.brief).traced,
        sources=story.brief.sources,
    )


def story_of(brief: Brief, draft: Draft) -> Story:
    """Make the story of an article that is written alone."""
    return Story(position=1, brief=brief, draft=draft, slug=article_slug(draft.headline, draft.story_id))


def stories_of(agenda: Agenda) -> tuple[Story, ...]:
    """Give an agenda's stories, numbered."""
    return tuple(Story(position=position, brief=brief) for position, brief in enumerate(agenda.briefs, 1))


def written(stories: Sequence[Story], drafts: Sequence[Draft | str]) -> tuple[tuple[Story, ...], tuple[Story, ...]]:
    """Give every story its draft: those that can go on, and those whose sources were too thin."""
    slugs = dict(zip(_ids(drafts), article_slugs([d for d in drafts if isinstance(d, Draft)]), strict=True))
    going, thin = [], []
    for story, draft in zip(stories, drafts, strict=True):
        if isinstance(draft, Draft):
            going.append(story.model_copy(update={"draft": draft, "slug": slugs[draft.story_id]}))
        else:
            thin.append(story.model_copy(update={"reason": draft}))
    return tuple(going), tuple(thin)


def judged(stories: Sequence[Story], verdicts: Sequence[Verdicts]) -> tuple[tuple[Story, ...], tuple[Story, ...]]:
    """Give every story its verdicts: those that passed, and those that the gate held."""
    passed, held = [], []
    for story, verdict in zip(stories, verdicts, strict=True):
        if verdict.passed:
            passed.append(story.model_copy(update={"verdicts": verdict}))
        else:
            reason = f"held by the gate: {verdict.outcome_detail or 'nobody judged it'}"
            held.append(story.model_copy(update={"verdicts": verdict, "reason": reason}))
    return tuple(passed), tuple(held)


def _ids(drafts: Sequence[Draft | str]) -> list[str]:
    return [draft.story_id for draft in drafts if isinstance(draft, Draft)]
