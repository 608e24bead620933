"""The small but real bytes fakes give: a PNG, a WAV, an MP4. They depend on their input and seed only."""

import hashlib
import io
import math
import re
import struct
import wave
import zlib
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from content.errors import BadInputError
from content.recipes import digest_of, sha256_of
from content.timeline import Timeline
from content.values import Script, SpokenWord
from models.media import ffmpeg
from models.protocols import ClipRequest, Progress, RenderedClip, RenderedNarration, RenderedPicture, RenderedVideo

_SPOKEN = re.compile(r"[\u4e00-\u9fff]|[^\s\u4e00-\u9fff]+")
_SAMPLE_RATE = 16_000
_CLIP_FPS = 8
_CODEC = ("-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", "-threads", "1")


def plain_picture(key: str, width: int, height: int) -> RenderedPicture:
    """Give a PNG of one colour, told by the key."""
    colour = hashlib.sha256(key.encode()).digest()[:3]
    # PNG: signature, header (8 bits, indexed), palette, one deflated stream of zero bytes, end.
    header = struct.pack(">IIBBBBB", width, height, 8, 3, 0, 0, 0)
    pixels = zlib.compress(bytes((width + 1) * height), 9)
    chunks = ((b"IHDR", header), (b"PLTE", colour), (b"IDAT", pixels), (b"IEND", b""))
    data = b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body)) for name, body in chunks
    )
    return RenderedPicture(data=data, media_type="image/png", width=width, height=height)


def tone_narration(script: Script, word_s: float, seed: int) -> RenderedNarration:
    """Give a quiet tone with every word of the script in time; the seed sets the pitch."""
    words: list[SpokenWord] = []
    starts: list[float] = []
    for index, segment in enumerate(script.segments):
        starts.append(len(words) * word_s)
        for text in _SPOKEN.findall(segment.text):
            at = len(words) * word_s
            words.append(SpokenWord(text=text, start_s=at, end_s=at + word_s, segment=index))
    duration_s = max(len(words), 1) * word_s
    instants = np.arange(math.ceil(duration_s * _SAMPLE_RATE)) / _SAMPLE_RATE
    tone = np.rint(3000 * np.sin(2 * np.pi * (220 + seed % 220) * instants)).astype("<i2")
    file = io.BytesIO()
    with wave.open(file, "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(_SAMPLE_RATE)
        sound.writeframes(tone.tobytes())
    return RenderedNarration(
        wav=file.getvalue(), words=tuple(words), segment_starts_s=tuple(starts), duration_s=duration_s
    )


def plain_video(timeline: Timeline, media: Mapping[str, Path], work: Path, progress: Progress) -> RenderedVideo:
    """Write a film of one colour, as long as its timeline and of its shape.

    Raises BadInputError when a file the timeline names is missing.
    """
    named = [timeline.narration.sha256, *(scene.picture.sha256 for scene in timeline.scenes)]
    named += [scene.clip.sha256 for scene in timeline.scenes if scene.clip]
    if lost := [sha256 for sha256 in named if sha256 not in media or not media[sha256].is_file()]:
        raise BadInputError(f"the timeline names {lost[0]}, but no file of it was given")
    scale = 36 / min(timeline.width, timeline.height)
    width, height = (round(side * scale / 2) * 2 for side in (timeline.width, timeline.height))
    picture = plain_picture(digest_of(timeline), width, height)
    movie, poster = work / "movie.mp4", work / "poster.png"
    poster.write_bytes(picture.data)
    progress(0, 1)
    still = ("-loop", "1", "-framerate", "1", *ffmpeg.input_file(poster))
    sound = ffmpeg.input_file(media[timeline.narration.sha256])
    codecs = (*_CODEC, "-c:a", "aac")
    length = ("-af", "apad", "-t", f"{timeline.duration_s:.3f}", "-movflags", "+faststart")
    ffmpeg.run(
        [*still, *sound, *codecs, *length, *ffmpeg.REPEATABLE, "-y", f"file:{movie}"],
        what="making a fake film",
        deadline_s=60,
    )
    progress(1, 1)
    return RenderedVideo(movie=movie, poster=poster, duration_s=timeline.duration_s, width=width, height=height)


def plain_clip(request: ClipRequest, work: Path, progress: Progress, seed: int) -> RenderedClip:
    """Write a silent clip of one colour, of the size and length asked for (even numbers of pixels)."""
    width, height = request.width // 2 * 2, request.height // 2 * 2
    key = digest_of([request.prompt, sha256_of(request.picture or b""), seed])
    movie, still = work / f"clip-{key[:16]}.mp4", work / f"clip-{key[:16]}.png"
    still.write_bytes(plain_picture(key, width, height).data)
    frames = max(1, round(request.seconds * _CLIP_FPS))
    progress(0, 1)
    picture = ("-loop", "1", "-framerate", str(_CLIP_FPS), *ffmpeg.input_file(still))
    length = ("-frames:v", str(frames), "-an", "-movflags", "+faststart")
    ffmpeg.run(
        [*picture, *_CODEC, *length, *ffmpeg.REPEATABLE, "-y", f"file:{movie}"],
        what="making a fake clip",
        deadline_s=60,
    )
    still.unlink()
    progress(1, 1)
    return RenderedClip(movie=movie, duration_s=frames / _CLIP_FPS, width=width, height=height, fps=_CLIP_FPS)
