"""A text in another genre than the article: posts, a summary, an interview, a script."""

import datetime as dt
from typing import Annotated

from prefect import flow
from prefect.client.schemas.objects import State
from pydantic import Field

from content.values import Genre, Step
from tasks import report
from tasks.editions import plan_piece
from tasks.gate import verdicts_or_hold
from tasks.pieces import brief_of, keep_piece, moderate_piece, tell
from tasks.results import on_object_store, pool, run_name


@on_object_store
@flow(
    name="produce-text",
    flow_run_name=run_name,
    task_runner=pool(),
)
async def produce_text(
    newsletter: Annotated[str, Field(min_length=1, max_length=80)],
    genre: Genre = Genre.SOCIAL,
    edition_date: dt.date | None = None,
    article: Annotated[int | None, Field(ge=1)] = None,
    urls: Annotated[list[str] | None, Field(max_length=10)] = None,
    redo: list[Step] | None = None,
) -> State:
    """Write a text in a genre from an edition's sources or from pages, and have it checked. Needs a writing model.

    Args:
        newsletter: Slug of the newsletter whose language, tone and audience the text gets.
        genre: What to write.
        edition_date: Date of the edition whose sources are written from; empty means today.
        article: Number of one of its articles; empty means all of them.
        urls: Write from these pages instead.
        redo: Steps to compute again; everything else that is finished is reused.
    """
    plan = plan_piece(newsletter, edition_date, item=genre.value, article=article, redo=redo or ())
    brief = brief_of(plan, article, urls or ())
    piece = tell.submit(plan.job, genre=genre, brief=brief, voice=plan.newsletter.voice).result()
    kept = keep_piece(piece)
    verdict = verdicts_or_hold(moderate_piece.submit(plan.job, piece=piece), ((kept, "text"),))
    return await report.piece_made(piece, kept, verdict)
