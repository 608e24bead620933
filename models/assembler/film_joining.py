"""Pieces and a soundtrack to one film: packets are copied, nothing is encoded again.

Pieces that one encoder made share their stream parameters, so the first one's are the film's. Their frames are counted
and set on the film's own clock; a join that does not give exactly the frames asked for is an error.
"""

import re
from collections.abc import Sequence
from pathlib import Path

from content.chapters import ffmetadata
from content.errors import CorruptAssetError
from content.values import Chapter
from models.assembler.piece_encoding import TICKS
from models.deadline import Deadline
from models.media import ffmpeg


def join(
    pieces: Sequence[tuple[Path, int]],
    soundtrack: Path,
    chapters: tuple[Chapter, ...],
    movie: Path,
    *,
    fps: int,
    deadline: Deadline,
) -> None:
    """Write `movie` from pieces (each with its number of frames), in order. Lists are written beside it.

    Raises CorruptAssetError when a piece does not hold its frames.
    """
    listed, titles = movie.with_suffix(".list"), movie.with_suffix(".chapters")
    lines = ["ffconcat version 1.0"]
    at = 0
    for path, frames in pieces:
        # Microseconds are all the list can say; rounding where pieces begin keeps their sum from drifting.
        lasts = round((at + frames) * 1_000_000 / fps) - round(at * 1_000_000 / fps)
        lines += [f"file {_quoted(path.resolve())}", f"duration {lasts}us"]
        at += frames
    listed.write_text("\n".join(lines) + "\n", "utf-8")
    titles.write_text(ffmetadata(chapters), "utf-8")
    # Decoding order is at most two frames ahead of what is shown; whole frames take the list's rounding away.
    clock = f"setts=pts=round(PTS/{TICKS})*{TICKS}:dts=(N-2)*{TICKS}"
    reading = ["-f", "concat", "-safe", "0", "-auto_convert", "0", *ffmpeg.input_file(listed)]
    reading += [*ffmpeg.input_file(soundtrack), "-f", "ffmetadata", *ffmpeg.input_file(titles)]
    said, _ = ffmpeg.run(
        [
            *("-y", *reading, "-map", "0:v:0", "-map", "1:a:0", "-c", "copy", "-bsf:v", clock),
            # As `ffmpeg.REPEATABLE`, but for the titles, which are metadata of chapters.
            *(*ffmpeg.BITEXACT, "-map_metadata:g", "-1", "-map_metadata:s", "-1", "-map_chapters", "2"),
            *("-video_track_timescale", str(fps * TICKS)),
            *("-movflags", "+faststart", "-progress", "pipe:1", "-f", "mp4", f"file:{movie}"),
        ],
        what="joining the video",
        deadline_s=deadline.left(),
    )
    counted = re.findall(rb"^frame=(\d+)", said, re.MULTILINE)
    if not counted or int(counted[-1]) != at:
        held = int(counted[-1]) if counted else 0
        raise CorruptAssetError(
            f"the video's pieces hold {held} frames where there should be {at}; one that was kept is damaged: verify "
            "the object store and run the step again"
        )


def _quoted(path: Path) -> str:
    return "'" + str(path).replace("'", "'\\''") + "'"
