"""Drawn frames to H.264 with the house's settings and colours, captions laid over them on the way.

Sound is copied beside them. A fixed number of threads, because another one gives other bytes.
"""

import contextlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from models.assembler.planes import Frame, lay
from models.deadline import Deadline
from models.editor.edit_captions import EditCaptions
from models.editor.edit_pictures import Framing, framed_frames
from models.editor.edit_plan import Plan
from models.media import ffmpeg
from models.media.foreign_video import Film
from models.media.limited_process import writing

_BT709 = ("-color_range", "tv", "-colorspace", "bt709", "-color_primaries", "bt709", "-color_trc", "bt709")
_KEYFRAME_S = 2
"""A player seeks to a keyframe, and a browser's scrubbing shows nothing else."""


@dataclass(frozen=True)
class Settings:
    """How frames are encoded: x264's quality (lower is better), how much work it takes, and on how many threads."""

    crf: int = 23
    preset: str = "veryfast"
    threads: int = 3


def encoded_film(
    plan: Plan,
    films: Sequence[Film],
    framing: Framing,
    captions: EditCaptions,
    sound: Path | None,
    movie: Path,
    *,
    settings: Settings,
    deadline: Deadline,
    drawn: Callable[[float], None],
) -> Frame:
    """Write a plan's film, and give the frame that stands for it, a third on, without its caption.

    `drawn` is told the share that is done, twice a second of film. Raises what decoding and drawing raise,
    TimedOutError, and BadInputError when ffmpeg refuses the settings.
    """
    poster: Frame | None = None
    step = max(1, round(plan.rate / 2))
    arguments = _arguments(plan.rate, framing, sound, movie, settings)
    with (
        writing(arguments, what="encoding the video", deadline=deadline) as pipe,
        contextlib.closing(framed_frames(plan, films, framing, deadline)) as frames,
    ):
        for number, frame in enumerate(frames):
            if number == plan.frames // 3:
                poster = frame.copy()
            if patch := captions.at(number):
                lay(patch, frame)
            pipe.write(frame.data)
            if number % step == 0:
                drawn(number / plan.frames)
    assert poster is not None
    return poster


def _arguments(rate: Fraction, framing: Framing, sound: Path | None, movie: Path, settings: Settings) -> list[str]:
    size = f"{framing.size[0]}x{framing.size[1]}"
    frames_in = ["-f", "rawvideo", "-pixel_format", "yuv420p", "-video_size", size]
    frames_in += ["-framerate", f"{rate.numerator}/{rate.denominator}"]
    picture = ["-c:v", "libx264", "-preset", settings.preset, "-crf", str(settings.crf), "-profile:v", "high"]
    picture += ["-pix_fmt", "yuv420p", "-threads:v", str(settings.threads), "-g", str(round(rate * _KEYFRAME_S))]
    heard = [*ffmpeg.input_file(sound)] if sound else []
    return [
        *("-y", *frames_in, *_BT709, *ffmpeg.BEFORE_INPUT, "-i", "pipe:0", *heard, "-map", "0:v:0"),
        *(*(("-map", "1:a:0", "-c:a", "copy") if sound else ()), *picture, "-flags", "+cgop", *_BT709),
        *("-chroma_sample_location", "left", *ffmpeg.REPEATABLE, "-movflags", "+faststart"),
        *("-f", "mp4", f"file:{movie}"),
    ]
