"""One video by itself: of a published edition, or of one of its articles."""

import datetime as dt
from typing import Annotated

from prefect import flow
from prefect.client.schemas.objects import State
from pydantic import Field

from content.edits import Shape
from content.values import Step
from tasks import report
from tasks.editions import plan_piece, recorded_articles
from tasks.formats import shown_in, sized
from tasks.gate import moderate_video, verdicts_or_hold
from tasks.results import on_object_store, pool, run_name
from tasks.studio import assemble, edition_covers, illustrate_edition, narrate
from tasks.telling import telling_of


@on_object_store
@flow(
    name="produce-video",
    flow_run_name=run_name,
    task_runner=pool(),
)
async def produce_video(
    newsletter: Annotated[str, Field(min_length=1, max_length=80)],
    edition_date: dt.date,
    article: Annotated[int | None, Field(ge=1)] = None,
    shape: Shape = "16:9",
    redo: list[Step] | None = None,
) -> State:
    """Write the script, speak it, assemble the video and have it checked.

    Args:
        newsletter: Slug of the newsletter.
        edition_date: Date of an edition that is published.
        article: Number of one of its articles; empty means the whole edition.
        shape: Format of the picture: wide, tall for phones, or square.
        redo: Steps to compute again; everything else that is finished is reused.
    """
    plan = plan_piece(newsletter, edition_date, item="video", article=article, redo=redo or ())
    articles = recorded_articles(plan, article)
    art = illustrate_edition.submit(plan.job, **edition_covers(plan)).result()
    script = telling_of(plan, articles, alone=article is not None)
    narration = narrate.submit(plan.job, script=script).result()
    shown = shown_in(plan, shape, script, articles, art)
    told = {"script": script, "narration": narration, "pictures": shown.scenes, "brand": plan.newsletter.brand}
    video = assemble.submit(plan.job, **told, **sized(shape)).result()
    seen = {"words": (*art.words, *shown.drawn.words), "pictures": (*art.pictures, *shown.drawn.pictures)}
    judging = moderate_video.submit(
        plan.job, **seen, scenes=shown.scenes, script=script, narration=narration, video=video
    )
    verdict = verdicts_or_hold(judging, ((video.movie, "video"),))
    return await report.video_made(plan, video, verdict)
