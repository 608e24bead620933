"""The life of an edition around its steps: planned, and in the end skipped, held, failed or (in publishing) published.

These are plain functions, run once by a flow; nothing of them is cached.
"""

import datetime as dt
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from prefect.runtime import flow_run

from content.errors import BadConfigurationError, BadInputError
from content.publication import ArticleRecord
from content.recipes import Value, sha256_of
from content.values import Article, Edition, FeedReport, Newsletter, PublishedStory, Step
from models.registry import MEDIA, OPTIONAL
from tasks.faults import parse_fault
from tasks.jobs import Job
from wiring.container import container
from wiring.settings import zone_of


class Plan(Value):
    """An edition about to be made: the newsletter as it stands today, and the job its steps are told."""

    newsletter: Newsletter
    job: Job

    @property
    def edition(self) -> Edition:
        """Which edition."""
        return self.job.edition


def plan_edition(
    slug: str,
    *,
    edition_date: dt.date | None = None,
    feeds: Sequence[str] = (),
    articles: int | None = None,
    lookback_days: int | None = None,
    profile: str = "",
    redo: Sequence[Step] = (),
    redo_article: int | None = None,
) -> Plan:
    """Open an edition for this flow run: check everything that can be checked before work starts, and record the run.

    A run that is retried gets the edition it had, also after midnight; its redos count once.
    Raises BadConfigurationError for a newsletter, engine, store or fault that cannot work.
    """
    house = container()
    newsletter = house.newsletter(slug, tuple(feeds))
    wanted = {"articles": articles, "lookback_days": lookback_days, "profile": profile or house.profile(newsletter)}
    newsletter = newsletter.model_copy(update={key: value for key, value in wanted.items() if value})
    fewest = min(newsletter.minimum_articles, newsletter.articles)
    newsletter = newsletter.model_copy(update={"minimum_articles": fewest})
    run_id = str(flow_run.id)
    edition = house.library.edition_of_run(run_id) or Edition(
        newsletter=newsletter.slug, date=edition_date or _today(newsletter)
    )
    if house.settings.fault:
        parse_fault(house.settings.fault)
    house.objects.check()  # a store that cannot be reached would make Prefect compute everything again, without a word
    for medium in MEDIA:
        if medium not in OPTIONAL or house.has(medium, newsletter.profile, newsletter.language):
            house.identity(medium, newsletter.profile, newsletter.language)
    if not house.library.steps(edition):  # what another machine has made can be reused without its weights
        house.check_weights(newsletter.profile, newsletter.language)
    variants = house.library.open_edition(edition, newsletter, run_id, _redos(edition, redo, redo_article))
    job = Job(
        edition=edition, run_id=run_id, profile=newsletter.profile, language=newsletter.language, variants=variants
    )
    return Plan(newsletter=newsletter, job=job)


def plan_piece(
    slug: str, date: dt.date | None, *, item: str, article: int | None = None, redo: Sequence[Step] = ()
) -> Plan:
    """Plan one piece outside an edition's own run: an article or a video that is made alone and published by nobody.

    A redo is a recipe of its own for this run, so that a retry goes on with it.
    """
    house = container()
    known = house.library.edition_record(Edition(newsletter=slug, date=date)) if date else None
    newsletter = known.newsletter if known else house.newsletter(slug)
    newsletter = newsletter.model_copy(update={"profile": house.profile(newsletter)})
    house.objects.check()
    run_id = str(flow_run.id)
    job = Job(
        edition=Edition(newsletter=slug, date=date or _today(newsletter)),
        run_id=run_id,
        profile=newsletter.profile,
        language=newsletter.language,
        item=f"{item} of article {article}" if article else item,
        subject=f"{item}-{article or 'edition'}",
        variants={step.value: 1 + int(sha256_of(run_id.encode())[:6], 16) for step in redo},
    )
    return Plan(newsletter=newsletter, job=job)


def recorded_articles(plan: Plan, number: int | None = None) -> tuple[Article, ...]:
    """Give the published articles of an edition, or the one with this number.

    Raises BadInputError when there is none.
    """
    record = container().library.edition_record(plan.edition)
    found = tuple(
        Article(position=a.position, slug=a.slug, draft=a.draft, cover=a.cover)
        for a in (record.articles if record else ())
        if a.status == "published" and a.draft and a.cover and number in {None, a.position}
    )
    if not found:
        wanted = f"article {number} of {plan.edition}" if number else f"an article of {plan.edition}"
        raise BadInputError(f"{wanted} is not published; `pressroom show {plan.edition}` says what is")
    return found


def recall(plan: Plan) -> tuple[PublishedStory, ...]:
    """Give the stories this newsletter has published before this edition and still remembers."""
    since = plan.edition.date - dt.timedelta(days=plan.newsletter.memory_days)
    return container().library.memory(plan.edition.newsletter, plan.edition.date, since)


@contextmanager
def failure_on_record(plan: Plan) -> Iterator[None]:
    """Put on the edition's record why its run failed, and let the failure go on to Prefect."""
    try:
        yield
    except Exception as error:
        container().library.finish(plan.edition, "failed", f"{type(error).__name__}: {error}")
        raise


def skip(plan: Plan, reason: str) -> None:
    """Record that there was nothing to publish, and why."""
    container().library.finish(plan.edition, "skipped", reason)


def hold(plan: Plan, reason: str, left_out: Sequence[ArticleRecord] = ()) -> None:
    """Record that the gate kept the edition back, and why."""
    container().library.finish(plan.edition, "held", reason, left_out)


def remember(plan: Plan, reports: Sequence[FeedReport]) -> None:
    """Put on the edition's record what became of each feed."""
    container().library.remember_feeds(plan.edition, reports)


def _today(newsletter: Newsletter) -> dt.date:
    """Give the day the run was scheduled for, where the newsletter is."""
    moment = flow_run.scheduled_start_time or dt.datetime.now(dt.UTC)
    return moment.astimezone(zone_of(newsletter)).date()


def _redos(edition: Edition, steps: Sequence[Step], article: int | None) -> list[str]:
    """Name what is redone: a step for every item, or the steps of one article by its story."""
    if article is None:
        return [step.value for step in steps]
    record = container().library.edition_record(edition)
    story = next((a.story_id for a in record.articles if a.position == article), None) if record else None
    if story is None:
        raise BadConfigurationError(
            f"edition {edition} has no article {article}; `pressroom show {edition}` lists them"
        )
    of_article = {Step.DRAFT, Step.ILLUSTRATE, Step.MODERATE}
    return [f"{step.value}:{story[:8]}" if step in of_article else step.value for step in steps]
