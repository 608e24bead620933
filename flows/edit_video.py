"""An existing video edited: an edition's, or a file that was kept for it."""

import datetime as dt
from typing import Annotated

from prefect import flow
from prefect.client.schemas.objects import State
from pydantic import Field

from content.values import Shape, Step
from tasks import report
from tasks.editing import edit, moderate_edit, wanted
from tasks.editions import plan_piece
from tasks.gate import verdicts_or_hold
from tasks.results import on_object_store, pool, run_name


@on_object_store
@flow(
    name="edit-video",
    flow_run_name=run_name,
    task_runner=pool(),
)
async def edit_video(
    newsletter: Annotated[str, Field(min_length=1, max_length=80)],
    edition_date: dt.date | None = None,
    source: Annotated[str, Field(max_length=80)] = "",
    trim_start_s: Annotated[float, Field(ge=0)] = 0.0,
    trim_end_s: Annotated[float | None, Field(gt=0)] = None,
    format: Shape | None = None,  # noqa: A002 - what people who fill in the form call it
    captions: bool = False,
    caption_file: Annotated[str, Field(max_length=80)] = "",
    audio: Annotated[str, Field(max_length=80)] = "",
    highlight_s: Annotated[float | None, Field(gt=0, le=3600)] = None,
    redo: list[Step] | None = None,
) -> State:
    """Cut a video, give it another format, captions or sound, and have it checked. Publishes nothing.

    Args:
        newsletter: Slug of the newsletter whose language and looks the captions get.
        edition_date: Date of the edition whose video is edited; empty means today's.
        source: A kept file to edit instead, by the 64 digits that `pressroom edit FILE --keep` prints.
        trim_start_s: Keep what comes after this many seconds.
        trim_end_s: Keep what comes before this many seconds; empty means up to the end.
        format: The picture's new shape; a window follows what matters, or all of it is shown when it is too wide.
        captions: Draw the captions into the picture. An edition's own video shows them already.
        caption_file: A kept WebVTT or SubRip file with captions, by its 64 digits; empty means the edition's.
        audio: A kept sound file to put in the place of the video's sound, by its 64 digits.
        highlight_s: Keep only the best, at most this many seconds: whole sentences where captions tell, else shots.
        redo: Steps to compute again; everything else that is finished is reused.
    """
    plan = plan_piece(newsletter, edition_date, item="edit", redo=redo or ())
    wish = wanted(
        plan,
        source=source,
        trim_start_s=trim_start_s,
        trim_end_s=trim_end_s,
        shape=format,
        captions=captions,
        caption_file=caption_file,
        audio=audio,
        highlight_s=highlight_s,
    )
    told = {"source": wish.source, "edits": wish.edits}
    edited = edit.submit(plan.job, **told).result()
    verdict = verdicts_or_hold(moderate_edit.submit(plan.job, **told, edited=edited), ((edited.video.movie, "video"),))
    return await report.video_made(plan, edited.video, verdict)
