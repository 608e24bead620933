"""Copying a film's packets instead of encoding them again: when that gives exactly the planned frames, and how."""

from pathlib import Path

import numpy as np

from models.assembler.planes import Frame
from models.deadline import Deadline
from models.editor.edit_pictures import Framing
from models.editor.edit_plan import Plan
from models.editor.film_reader import planes
from models.media import ffmpeg
from models.media.foreign_video import Film, FilmLimits, input_of, look_at, process_limits
from models.media.limited_process import reading

_LARGEST = 1 << 40


def copies(plan: Plan, film: Film, framing: Framing) -> bool:
    """Say whether a plan's pictures are a stretch of packets of its first film, shown as they are."""
    if len(plan.pictures) != 1 or plan.pictures[0].film or (plan.burned and plan.captions):
        return False
    facts, stretch = film.facts, plan.pictures[0]
    as_it_is = facts.plays_as_it_is and facts.is_even and framing.size == (facts.width, facts.height)
    return as_it_is and framing.size == framing.canvas and film.packets.copyable(stretch.first, stretch.end)


def copied_film(
    plan: Plan, film: Film, sound: Path | None, movie: Path, *, deadline: Deadline, own_sound: bool
) -> None:
    """Copy the planned packets into an MP4, beginning at 0, with a sound file's packets or, if wanted, the film's own.

    Raises BadInputError for a film that breaks on the way, TimedOutError.
    """
    stretch, facts = plan.pictures[0], film.facts
    seek, moved = [], []
    if stretch.first:
        # A little late, because seeking goes to the keyframe before; then times are made to begin at 0.
        at = film.packets.starts_s(stretch.first) + 0.25 / float(plan.rate)
        seek, moved = ["-ss", f"{at:.6f}"], ["-bsf:v", "setts=pts=PTS-STARTPTS:dts=DTS-STARTPTS"]
    heard = [*ffmpeg.input_file(sound)] if sound else []
    streams = ["-map", "0:V:0", *(["-map", "1:a:0"] if sound else ["-map", "0:a:0?"] if own_sound else [])]
    arguments = [
        *("-y", *seek, *input_of(facts.container, film.limits), *heard, *streams, "-c", "copy", *moved),
        *("-frames:v", str(stretch.frames), *ffmpeg.REPEATABLE, "-movflags", "+faststart", "-f", "mp4"),
        f"file:{movie}",
    ]
    limits = process_limits(film.limits, cpu_s=deadline.left() * 4, file_bytes=_LARGEST)
    with reading(arguments, film.path, what=f"copying {film.path.name}", deadline=deadline, limits=limits):
        pass


def checked_copy(movie: Path, plan: Plan, limits: FilmLimits, deadline: Deadline) -> Frame:
    """Decode a copied film once, so that nothing broken is passed on; give the poster's frame."""
    film = look_at(movie, limits, deadline)
    size = (film.facts.width, film.facts.height)
    poster: Frame | None = None
    for number, frame in enumerate(
        planes(film, first=0, count=plan.frames, rate=plan.rate, size=size, deadline=deadline)
    ):
        if number == plan.frames // 3:
            poster = np.array(frame)
    assert poster is not None
    return poster
