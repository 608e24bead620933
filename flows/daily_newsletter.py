"""The daily newsletter: from feeds to a published edition."""

import datetime as dt
from typing import Annotated

from prefect import flow
from prefect.client.schemas.objects import State
from pydantic import Field

from content.values import Step
from tasks import editions, report
from tasks.formats import Telling, film_of
from tasks.gate import moderate_article, moderate_edition, verdicts_or_hold
from tasks.newsroom import collect, draft, draft_or_reason, drafting_style, entries_of, feed_items, ideate, report_of
from tasks.publishing import compose, edition_view, publication, publish, published_or_reason
from tasks.results import on_object_store, pool, run_name
from tasks.stories import judged, stories_of, written
from tasks.studio import (
    article_cover,
    edition_covers,
    illustrate_article,
    illustrate_edition,
    moving,
    narrate,
)
from tasks.telling import telling_of


@on_object_store
@flow(
    name="daily-newsletter",
    flow_run_name=run_name,
    task_runner=pool(),
)
async def daily_newsletter(
    newsletter: Annotated[str, Field(min_length=1, max_length=80)],
    edition_date: dt.date | None = None,
    articles: Annotated[int | None, Field(ge=1, le=30)] = None,
    lookback_days: Annotated[int | None, Field(ge=1, le=365)] = None,
    feeds: list[str] | None = None,
    profile: Annotated[str | None, Field(max_length=40)] = None,
    redo: list[Step] | None = None,
    redo_article: Annotated[int | None, Field(ge=1)] = None,
) -> State:
    """Collect, ideate, draft, illustrate, narrate and assemble, compose, moderate, publish.

    Args:
        newsletter: Slug of a newsletter in pressroom.toml.
        edition_date: Date of the edition; empty means today, where the newsletter is.
        articles: How many articles to aim at; empty means as the newsletter says.
        lookback_days: How many days old an entry may be; empty means as the newsletter says.
        feeds: Read these feeds instead of the newsletter's own.
        profile: Bundle of engines; empty means as the settings or the newsletter say.
        redo: Steps to compute again; everything else that is finished is reused.
        redo_article: Redo the chosen steps for this article only (its number in the edition).
    """
    plan = editions.plan_edition(
        newsletter,
        edition_date=edition_date,
        feeds=feeds or (),
        articles=articles,
        lookback_days=lookback_days,
        profile=profile or "",
        redo=redo or (),
        redo_article=redo_article,
    )
    job, style = plan.job, plan.newsletter
    with editions.failure_on_record(plan):
        reading = [(feed, collect.submit(item, feed=feed, newsletter=style)) for feed, item in feed_items(plan)]
        reports = [report_of(pending, feed) for feed, pending in reading]
        memory = editions.recall(plan)
        agenda = ideate.submit(job, entries=entries_of(plan, reports), memory=memory, newsletter=style).result()
        if not agenda.briefs:
            return await report.skipped(plan, agenda.reason)

        stories = stories_of(agenda)
        drafting = [draft.submit(s.job(job), brief=s.brief, **drafting_style(style)) for s in stories]
        stories, thin = written(stories, [draft_or_reason(pending) for pending in drafting])
        art = illustrate_edition.submit(job, **edition_covers(plan))
        drawing = [illustrate_article.submit(s.job(job), **article_cover(plan, s)) for s in stories]
        stories = tuple(s.with_cover(pending.result()) for s, pending in zip(stories, drawing, strict=True))
        judging = [moderate_article.submit(s.job(job), draft=s.draft, cover=s.cover) for s in stories]
        verdicts = [verdicts_or_hold(p, s.pictures) for p, s in zip(judging, stories, strict=True)]
        stories, held = judged(stories, verdicts)
        if len(stories) < style.minimum_articles:
            return await report.held(plan, f"{len(stories)} articles are left of {len(agenda.briefs)}", (*held, *thin))

        finished = tuple(story.article for story in stories)
        script = telling_of(plan, finished)
        narration = narrate.submit(job, script=script).result()
        telling = Telling(script=script, narration=narration, articles=finished, art=art.result())
        film = film_of(plan, telling, style.video_formats, moving(plan, stories))
        view = edition_view(
            plan, stories, (*held, *thin), art=art.result(), script=script, video=film.video, reports=reports
        )
        composed = compose.submit(job, view=view).result()
        shown = composed.for_the_gate(view, stories, art.result(), film.drawn, script, narration)
        verdict = verdicts_or_hold(moderate_edition.submit(job, **shown), composed.refs)
        if not verdict.passed:
            return await report.held(plan, verdict.outcome_detail, (*held, *thin))
        edition = publication(plan, view, composed, stories, (*held, *thin))
        if objection := published_or_reason(publish.submit(job, publication=edition)):
            return await report.held(plan, objection, (*held, *thin))
        return await report.published(plan, stories)
