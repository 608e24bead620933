"""Pictures to order for an article: new ones, its cover in another style, or a part of it painted over."""

import datetime as dt
from typing import Annotated

from prefect import flow
from prefect.client.schemas.objects import State
from pydantic import Field

from content.values import Step
from tasks import report
from tasks.editions import plan_piece
from tasks.gate import verdicts_or_hold
from tasks.painting import Way, moderate_pictures, paint, pictures_of, wish_of
from tasks.results import on_object_store, pool, run_name


@on_object_store
@flow(
    name="produce-picture",
    flow_run_name=run_name,
    task_runner=pool(),
)
async def produce_picture(
    newsletter: Annotated[str, Field(min_length=1, max_length=80)],
    edition_date: dt.date,
    article: Annotated[int, Field(ge=1)] = 1,
    way: Way = "new",
    prompt: Annotated[str, Field(max_length=500)] = "",
    negative: Annotated[str, Field(max_length=500)] = "",
    count: Annotated[int, Field(ge=1, le=16)] = 4,
    strength: Annotated[float, Field(ge=0, le=1)] = 0.6,
    region: Annotated[list[float] | None, Field(min_length=4, max_length=4)] = None,
    redo: list[Step] | None = None,
) -> State:
    """Paint pictures for a published article and have them checked. Needs a painting model; publishes nothing.

    Args:
        newsletter: Slug of the newsletter.
        edition_date: Date of an edition that is published.
        article: Number of one of its articles.
        way: A new picture, the cover restyled, a part of the cover painted over, or a new one in the cover's style.
        prompt: What the pictures show; empty means the article's own subject in the newsletter's style.
        negative: What they must not show.
        count: How many to choose from.
        strength: For restyling, how far to go from the cover, 0 to 1.
        region: For painting over, left, top, right and bottom of the part, each from 0 to 1.
        redo: Steps to compute again; everything else that is finished is reused.
    """
    plan = plan_piece(newsletter, edition_date, item="picture", article=article, redo=redo or ())
    wish = wish_of(
        plan, article, way=way, prompt=prompt, negative=negative, count=count, strength=strength, region=region
    )
    painted = paint.submit(plan.job, wish=wish).result()
    judging = moderate_pictures.submit(plan.job, wish=wish, painted=painted)
    verdict = verdicts_or_hold(judging, pictures_of(painted))
    return await report.pictures_made(plan, painted, verdict)
