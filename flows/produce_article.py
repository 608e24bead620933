"""One article by itself, from pages somebody chose."""

import datetime as dt
from typing import Annotated

from prefect import flow
from prefect.client.schemas.objects import State
from pydantic import Field

from content.values import Step
from tasks import report
from tasks.editions import plan_piece
from tasks.gate import moderate_article, verdicts_or_hold
from tasks.newsroom import brief_of_pages, draft, drafting_style, read_page
from tasks.results import on_object_store, pool, run_name
from tasks.stories import story_of
from tasks.studio import article_cover, illustrate_article


@on_object_store
@flow(
    name="produce-article",
    flow_run_name=run_name,
    task_runner=pool(),
)
async def produce_article(
    newsletter: Annotated[str, Field(min_length=1, max_length=80)],
    urls: Annotated[list[str], Field(min_length=1, max_length=10)],
    edition_date: dt.date | None = None,
    redo: list[Step] | None = None,
) -> State:
    """Read the pages, write the article, draw its cover and have both checked.

    Args:
        newsletter: Slug of the newsletter whose language and looks the article gets.
        urls: Addresses of the pages to write from.
        edition_date: The day it is written for; empty means today, where the newsletter is.
        redo: Steps to compute again; everything else that is finished is reused.
    """
    plan = plan_piece(newsletter, edition_date, item="article", redo=redo or ())
    reading = [read_page.submit(plan.job.of(url), url=url, newsletter=plan.newsletter) for url in urls]
    brief = brief_of_pages([pending.result() for pending in reading])
    story = story_of(brief, draft.submit(plan.job, brief=brief, **drafting_style(plan.newsletter)).result())
    cover = illustrate_article.submit(plan.job, **article_cover(plan, story)).result()
    judging = moderate_article.submit(plan.job, draft=story.draft, cover=cover)
    verdict = verdicts_or_hold(judging, ((cover.wide, "image"),))
    return await report.article_made(story.with_cover(cover), verdict)
