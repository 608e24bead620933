"""One video by itself: of a published edition, of one of its articles, or of a timeline that somebody edited."""

import datetime as dt
from typing import Annotated, Literal

from prefect import flow
from prefect.client.schemas.objects import State
from pydantic import Field

from content.values import Shape, Step
from tasks import report
from tasks.editions import plan_piece, recorded_articles
from tasks.formats import Telling, film_of
from tasks.gate import moderate_video, spoken_in, verdicts_or_hold
from tasks.results import on_object_store, pool, run_name
from tasks.storyboards import video_of_file
from tasks.studio import edition_covers, illustrate_edition, narrate
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
    shape: Literal["auto", Shape] = "auto",
    timeline: Annotated[str, Field(pattern="^([0-9a-f]{64})?$")] = "",
    redo: list[Step] | None = None,
) -> State:
    """Write the script, speak it, assemble the video and have it checked; or render a timeline and have that checked.

    Args:
        newsletter: Slug of the newsletter.
        edition_date: Date of an edition that is published.
        article: Number of one of its articles; empty means the whole edition.
        shape: Format of the picture: wide, tall for phones, or square; auto means wide, or as the timeline says.
        timeline: The sha256 of a kept timeline file to render; empty means that a timeline is laid here.
        redo: Steps to compute again; everything else that is finished is reused.
    """
    plan = plan_piece(newsletter, edition_date, item="video", article=article, redo=redo or ())
    if timeline:
        video, seen = video_of_file(plan, timeline, None if shape == "auto" else shape)
    else:
        articles = recorded_articles(plan, article)
        art = illustrate_edition.submit(plan.job, **edition_covers(plan)).result()
        script = telling_of(plan, articles, alone=article is not None)
        narration = narrate.submit(plan.job, script=script).result()
        telling = Telling(script=script, narration=narration, articles=articles, art=art)
        film = film_of(plan, telling, ["16:9" if shape == "auto" else shape])
        video = film.video
        seen = {
            "words": (*art.words, *film.drawn.words),
            "pictures": (*art.pictures, *film.drawn.pictures),
            "others": film.scenes,
            "spoken": spoken_in(script),
            "voice": narration.audio,
            "cuts_s": narration.segment_starts_s,
        }
    judging = moderate_video.submit(plan.job, **seen, video=video)
    verdict = verdicts_or_hold(judging, ((video.movie, "video"),))
    return await report.video_made(plan, video, verdict)
