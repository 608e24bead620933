"""The same film by MoviePy's own means, for `benchmarks/video.py`: as its documentation teaches, and with care.

Both show a timeline's first seconds: pictures in motion, cross-fades, captions, the narration; same encoder settings.
"""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from content.timeline import Timeline
from models.illustrator.typefaces import Typecase

_ENCODER = {"codec": "libx264", "audio_codec": "aac", "preset": "veryfast", "ffmpeg_params": ["-crf", "23"]}


def as_taught(line: Timeline, media: Mapping[str, Path], movie: Path, seconds: float) -> float:
    """Compose clips of clips, each scene resized by a function of time; give the film's length."""
    from moviepy import AudioFileClip, CompositeVideoClip, ImageClip, TextClip, vfx

    font = str(Typecase().typeface("sans", "semibold").path)
    clips: list[Any] = []
    for scene in line.scenes:
        if scene.start_s >= seconds:
            break
        still = ImageClip(str(media[scene.picture.sha256])).with_duration(scene.duration_s).resized((2016, 1134))
        moved = still.resized(lambda t, length=scene.duration_s: (1 + 0.05 * t / length) / 1.05).with_position("center")
        faded = moved.with_effects([vfx.CrossFadeIn(line.crossfade_s)]) if clips else moved
        clips.append(faded.with_start(scene.start_s))
    for caption in line.captions:
        if caption.start_s < seconds:
            text = TextClip(
                font=font, text=caption.text, font_size=47, color="white", bg_color="#14213d", margin=(20, 12)
            )
            stands = text.with_start(caption.start_s).with_duration(caption.end_s - caption.start_s)
            clips.append(stands.with_position(("center", 900)))
    film = CompositeVideoClip(clips, size=(line.width, line.height)).with_duration(seconds)
    return _written(film, AudioFileClip(str(media[line.narration.sha256])), line, movie, seconds)


def with_care(line: Timeline, media: Mapping[str, Path], movie: Path, seconds: float) -> float:
    """Draw every frame in one function, with OpenCV and numpy, and let MoviePy encode it; give the film's length."""
    import cv2
    from moviepy import AudioFileClip, VideoClip
    from PIL import Image, ImageDraw, ImageFont

    size = (line.width, line.height)
    stills = {
        scene.picture.sha256: cv2.resize(
            np.asarray(Image.open(media[scene.picture.sha256]).convert("RGB")),
            (2016, 1134),
            interpolation=cv2.INTER_AREA,
        )
        for scene in line.scenes
    }
    font = ImageFont.truetype(str(Typecase().typeface("sans", "semibold").path), 47)
    patches = []
    for caption in line.captions:
        box = ImageDraw.Draw(Image.new("RGB", size)).multiline_textbbox((0, 0), caption.text, font=font)
        patch = Image.new("RGB", (int(box[2]) + 40, int(box[3]) + 24), "#14213d")
        ImageDraw.Draw(patch).multiline_text((20, 8), caption.text, font=font, fill="white")
        patches.append((caption, np.asarray(patch)))

    def seen(index: int, t: float) -> NDArray[Any]:
        scene = line.scenes[index]
        scale = 1.05 / (1 + 0.05 * (t - scene.start_s) / scene.duration_s)
        left, top = (2016 - size[0] * scale) / 2, (1134 - size[1] * scale) / 2
        place = np.array([[scale, 0, left], [0, scale, top]])
        return cv2.warpAffine(stills[scene.picture.sha256], place, size, flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP)

    def frame(t: float) -> NDArray[Any]:
        shown = [i for i, scene in enumerate(line.scenes) if scene.start_s <= t < scene.start_s + scene.duration_s]
        drawn = seen(shown[-1], t)
        if len(shown) > 1:
            share = (t - line.scenes[shown[-1]].start_s) / line.crossfade_s
            drawn = cv2.addWeighted(seen(shown[-2], t), 1 - share, drawn, share, 0)
        for caption, patch in patches:
            if caption.start_s <= t < caption.end_s:
                height, width = patch.shape[:2]
                drawn[900 : 900 + height, (size[0] - width) // 2 :][:, :width] = patch
        return drawn

    film = VideoClip(frame, duration=seconds)
    return _written(film, AudioFileClip(str(media[line.narration.sha256])), line, movie, seconds)


def _written(film: Any, voice: Any, line: Timeline, movie: Path, seconds: float) -> float:
    sound = voice.with_start(line.narration_start_s).with_duration(min(voice.duration, seconds))
    film = film.with_audio(sound.subclipped(0, seconds - line.narration_start_s).with_start(line.narration_start_s))
    film.write_videofile(str(movie), fps=line.fps, threads=os.cpu_count(), logger=None, **_ENCODER)
    film.close()
    voice.close()
    return seconds
