"""The steps that make films: from a script, its narration and its shots, or from a timeline that somebody edited."""

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Final

from content.captions import srt, webvtt
from content.chapters import chapters_of
from content.timeline import Shot, Timeline, lay_timeline
from content.timeline_file import write_timeline
from content.values import AssetRef, Brand, Narration, Script, Shape, Step, Video
from models.assembler.subject import captions_go_to, subject_of
from tasks.jobs import Job
from tasks.progress import shown_progress
from tasks.shelf import ObjectShelf
from tasks.steps import step
from wiring.container import container

VIDEO_SIZES: Final[dict[Shape, tuple[int, int]]] = {"16:9": (1920, 1080), "9:16": (1080, 1920), "1:1": (1080, 1080)}


@step(Step.ASSEMBLE, version=3, returns=Video, engine="assembler", tags=["gpu"])
def assemble(
    job: Job,
    *,
    script: Script,
    narration: Narration,
    shots: Sequence[Shot],
    brand: Brand,
    shape: Shape,
    music: AssetRef | None = None,
    music_gain_db: float = -14.0,
) -> Video:
    """Render the video: pictures in motion or clips, under captions timed to the voice, over music where there is some.

    Pictures that were not drawn with words are looked at: the camera goes to their subject, and captions leave it free.
    """
    width, height = VIDEO_SIZES[shape]
    looked_at = [shot if shot.card or shot.clip else _looked_at(shot) for shot in shots]
    timeline = lay_timeline(
        narration,
        script,
        looked_at,
        brand=brand,
        language=job.language,
        width=width,
        height=height,
        music=music,
        music_gain_db=music_gain_db,
    )
    return _rendered(job, timeline)


@step(Step.ASSEMBLE, version=1, returns=Video, engine="assembler", tags=["gpu"])
def render_timeline(job: Job, *, timeline: Timeline) -> Video:
    """Render a timeline that somebody laid or edited."""
    return _rendered(job, timeline)


def _looked_at(shot: Shot) -> Shot:
    subject = subject_of(container().library.read(shot.picture))
    return shot.model_copy(update={"focus": subject.focus, "captions_at": captions_go_to(subject)})


def _rendered(job: Job, timeline: Timeline) -> Video:
    house, captions = container(), timeline.captions
    with tempfile.TemporaryDirectory(prefix="pressroom-video-") as folder, _local_media(timeline) as media:
        with (
            house.assembler(job.profile, job.language) as assembler,
            shown_progress(f"Rendering {job.edition} · {job.item}") as progress,
        ):
            work, shelf = Path(folder) / "work", Path(folder) / "pieces"
            work.mkdir()
            shelf.mkdir()
            made = assembler.assemble(timeline, media, work, progress, pieces=ObjectShelf(shelf))
        return Video(
            movie=house.library.keep("video", made.movie, "video/mp4"),
            captions=house.library.keep("captions", webvtt(captions).encode(), "text/vtt"),
            subtitles=house.library.keep("subtitles", srt(captions).encode(), "application/x-subrip"),
            poster=house.library.keep("poster", made.poster, _media_type(made.poster)),
            timeline=house.library.keep("timeline", write_timeline(timeline).encode(), "application/json"),
            chapters=chapters_of(timeline),
            duration_s=made.duration_s,
            width=made.width,
            height=made.height,
        )


@contextmanager
def _local_media(timeline: Timeline) -> Iterator[dict[str, Path]]:
    """Have every object of a timeline as a file while the block runs."""
    refs = {scene.picture.sha256: scene.picture for scene in timeline.scenes}
    refs |= {scene.clip.sha256: scene.clip for scene in timeline.scenes if scene.clip}
    refs |= {sound.sha256: sound for sound in (timeline.narration, timeline.music) if sound}
    with ExitStack() as stack:
        yield {digest: stack.enter_context(container().library.local(ref)) for digest, ref in refs.items()}


def _media_type(poster: Path) -> str:
    return "image/png" if poster.suffix == ".png" else "image/jpeg"
