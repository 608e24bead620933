"""The newsroom's steps: collect what the feeds say, decide what is worth an article, write it."""

import datetime as dt
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit

from content.closeness import closeness_of, unrelated
from content.clustering import CLOSENESS
from content.errors import BadAnswerError, BadInputError, OverBudgetError, PressroomError, UnreachableError
from content.ideation import ideation_text, make_agenda, window
from content.memory import memory_text
from content.pitches import clean_title
from content.recipes import Value, digest_of
from content.values import (
    Agenda,
    AssetRef,
    Brief,
    Draft,
    FeedReport,
    Newsletter,
    PublishedStory,
    SourceEntry,
    Step,
    Voice,
)
from sources.collect import collect_feed, failed_report
from sources.pages import extract_article
from tasks.editions import Plan, remember
from tasks.jobs import Job
from tasks.steps import Pending, step
from wiring.container import container


class Gathered(Value):
    """A feed's report, and whether anything in it is new to us."""

    report: FeedReport
    changed: bool

    @property
    def outcome(self) -> str:
        """A feed that answered with what we know cost a glance and no work."""
        return "computed" if self.changed else "reused"


@step(Step.COLLECT, version=1, returns=Gathered, once_per_run=True, network=True)
def collect(job: Job, *, feed: str, newsletter: Newsletter) -> Gathered:
    """Read one feed and the pages behind it, within the newsletter's window.

    It looks at the world in every run (conditionally), and once in a run: a retry goes on from what was seen.
    """
    house = container()
    collected = collect_feed(
        feed,
        fetcher=house.fetcher(newsletter.press_pack, job.edition.date),
        window=window(newsletter, job.edition.date),
        memory=house.memory,
        keep_text=_keep_text,
    )
    return Gathered(report=collected.report, changed=collected.changed)


def report_of(pending: Pending[Gathered], feed: str) -> FeedReport:
    """Join a feed: a dead or hostile one becomes a line in the record, and the others go on."""
    try:
        return pending.result().report
    except PressroomError as error:
        return failed_report(feed, error)


@step(Step.COLLECT, version=1, returns=SourceEntry, once_per_run=True, network=True)
def read_page(job: Job, *, url: str, newsletter: Newsletter) -> SourceEntry:
    """Read one page somebody chose; without a date of its own it counts as the edition's day."""
    fetched = container().fetcher(newsletter.press_pack, job.edition.date).fetch(url)
    page = extract_article(fetched.body, fetched.final_url, fetched.charset)
    return SourceEntry(
        url=url,
        title=page.title or url,
        publisher=urlsplit(url).hostname or url,
        feed_url=url,
        published=dt.datetime.combine(job.edition.date, dt.time(12), dt.UTC),
        language=newsletter.language,
        text=_keep_text(page.text),
        via="page",
        author=page.author,
    )


def brief_of_pages(entries: Sequence[SourceEntry]) -> Brief:
    """Make one brief of chosen pages, the first of them leading."""
    first = entries[0]
    return Brief(
        story_id=digest_of(sorted(entry.url for entry in entries)),
        working_headline=clean_title(first.title, publisher=first.publisher, host=first.publisher),
        why_now="",
        sources=tuple(entries),
    )


def feed_items(plan: Plan) -> list[tuple[str, Job]]:
    """Give each feed with the job of reading it, named by its address without the scheme."""
    return [(feed, plan.job.of(feed.partition("://")[2] or feed)) for feed in plan.newsletter.feeds]


def entries_of(plan: Plan, reports: Sequence[FeedReport]) -> tuple[SourceEntry, ...]:
    """Put the reports on the edition's record and give what the feeds hold.

    Raises UnreachableError when not one feed could be read.
    """
    remember(plan, reports)
    if all(report.status == "failed" for report in reports):
        lines = "".join(f"\n  {report.url}: {report.detail}" for report in reports)
        raise UnreachableError(f"not one of the {len(reports)} feeds of {plan.edition} could be read:{lines}")
    return tuple(entry for report in reports for entry in report.entries)


@step(Step.IDEATE, version=1, returns=Agenda, engine="embedder", tags=["gpu"])
def ideate(
    job: Job, *, entries: Sequence[SourceEntry], memory: Sequence[PublishedStory], newsletter: Newsletter
) -> Agenda:
    """Group entries into stories, rank them, and leave out what this newsletter has already told."""
    house = container()
    texts = {entry.text.sha256: house.library.text(entry.text) for entry in entries}
    texts |= {sha256: house.library.text(sha256) for story in memory for sha256 in story.sources}
    lines = [ideation_text(entry, texts[entry.text.sha256]) for entry in entries]
    remembered = [memory_text(story) for story in memory]
    with house.embedder(job.profile, job.language) as embedder:
        identity = embedder.identity
        # An embedder nobody has measured shows on these how near it puts what has nothing in common.
        background = () if identity.backend in CLOSENESS else unrelated(job.language)
        vectors = embedder.embed([*lines, *remembered, *background])
    return make_agenda(
        entries,
        texts,
        vectors[: len(lines)],
        memory,
        vectors[len(lines) : len(lines) + len(remembered)],
        newsletter=newsletter,
        edition_date=job.edition.date,
        closeness=closeness_of(identity, vectors[len(lines) + len(remembered) :]),
    )


@step(Step.DRAFT, version=1, returns=Draft, engine="writer", tags=["gpu"])
def draft(job: Job, *, brief: Brief, max_source_share: float, voice: Voice) -> Draft:
    """Write one article from its brief; every sentence is a claim with its place in a source."""
    house = container()
    texts = {entry.text.sha256: house.library.text(entry.text) for entry in brief.sources}
    with house.writer(job.profile, job.language) as writer:
        return writer.write(brief, texts, voice=voice, max_source_share=max_source_share, seed=job.seed(Step.DRAFT))


def drafting_style(letter: Newsletter) -> dict[str, Any]:
    """Say how a newsletter wants to be written."""
    return {"max_source_share": letter.max_source_share, "voice": letter.voice}


def draft_or_reason(pending: Pending[Draft]) -> Draft | str:
    """Join a draft. What only this article lacks costs the edition one article, anything else stops the run.

    That is sources too thin to write from, a model that cannot write from them, or no money left for it.
    """
    try:
        return pending.result()
    except (BadInputError, BadAnswerError, OverBudgetError) as error:
        return error.message


def _keep_text(text: str) -> AssetRef:
    return container().library.keep("source-text", text.encode(), "text/plain; charset=utf-8")
