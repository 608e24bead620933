"""Scripted stand-ins for every engine, shipped so that users can test flows of their own without weights or waiting.

Each gives small but real bytes (a PNG, a WAV, an MP4) that depend on its input and seed only.
`enqueue` scripts the next answers or errors, first in, first out; `history` is what it was asked.
A fake lives as long as the test that made it.
"""

import hashlib
import io
import math
import re
import struct
import wave
import zlib
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

from content.errors import BadInputError
from content.recipes import EngineIdentity, digest_of
from content.timeline import Timeline
from content.values import (
    Brief,
    Claim,
    Decision,
    Draft,
    Link,
    ModerationRequest,
    Reason,
    Script,
    SourceEntry,
    SpokenWord,
    Verdict,
)
from models import ffmpeg
from models.protocols import CoverRequest, Progress, RenderedNarration, RenderedPicture, RenderedVideo

Request = TypeVar("Request")
Answer = TypeVar("Answer")

_WORD = re.compile(r"[a-z0-9]+|[\u4e00-\u9fff]", re.IGNORECASE)
_SENTENCE = re.compile(r"[^.!?。！？\n]{15,}[.!?。！？]+[”\"]?")
_SPOKEN = re.compile(r"[\u4e00-\u9fff]|[^\s\u4e00-\u9fff]+")
_SAMPLE_RATE = 16_000


class Scripted(Generic[Request, Answer]):
    """What all fakes share: a queue of scripted answers, a record of requests, and a life that can be watched."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._queue: deque[Answer | BaseException] = deque()
        self.history: list[Request] = []
        self.loaded = False

    @property
    def identity(self) -> EngineIdentity:
        """Say that this is a fake, and of what."""
        return EngineIdentity(backend="fake", model=self._name, revision="1")

    def load(self) -> None:
        """Note that the engine is in use."""
        self.loaded = True

    def release(self) -> None:
        """Note that the engine was let go."""
        self.loaded = False

    def enqueue(self, *answers: Answer | BaseException) -> None:
        """Script the next calls: a value is given back, an error is raised."""
        self._queue.extend(answers)

    def _answer(self, request: Request, otherwise: Callable[[], Answer]) -> Answer:
        self.history.append(request)
        if not self._queue:
            return otherwise()
        answer = self._queue.popleft()
        if isinstance(answer, BaseException):
            raise answer
        return answer


class FakeEmbedder(Scripted[tuple[str, ...], NDArray[np.float32]]):
    """Bags of hashed words: texts that share words are near, others are not."""

    def __init__(self, *, dimensions: int = 64) -> None:
        super().__init__("embedder")
        self._dimensions = dimensions

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Give (N, D) float32 rows of unit length; a text without words counts as one empty word."""
        return self._answer(tuple(texts), lambda: self._rows(texts))

    def _rows(self, texts: Sequence[str]) -> NDArray[np.float32]:
        rows = np.zeros((len(texts), self._dimensions), np.float32)
        for row, text in zip(rows, texts, strict=True):
            for word in _WORD.findall(text.lower()) or [""]:
                row[_number(word) % self._dimensions] += 1
        rows /= np.linalg.norm(rows, axis=1, keepdims=True)
        return rows


class FakeWriter(Scripted[Brief, Draft]):
    """Takes each source's first sentences as they stand, so that every claim can be traced."""

    def __init__(self) -> None:
        super().__init__("writer")

    def write(self, brief: Brief, texts: Mapping[str, str], *, max_source_share: float, seed: int) -> Draft:
        """Write one article of at most four sentences; the share and the seed make no difference.

        Raises BadInputError when the sources hold fewer than three sentences.
        """
        del max_source_share, seed
        return self._answer(brief, lambda: _draft(brief, texts))


class FakeIllustrator(Scripted[CoverRequest, RenderedPicture]):
    """One plain colour, told by the request and the seed."""

    def __init__(self) -> None:
        super().__init__("illustrator")

    def illustrate(self, request: CoverRequest, *, seed: int) -> RenderedPicture:
        """Give a PNG of the size asked for."""
        return self._answer(request, lambda: _picture(f"{digest_of(request)} {seed}", request.width, request.height))


class FakeNarrator(Scripted[Script, RenderedNarration]):
    """A quiet tone, a quarter of a second for every word."""

    def __init__(self, *, word_s: float = 0.25) -> None:
        super().__init__("narrator")
        self._word_s = word_s

    def narrate(self, script: Script, *, seed: int) -> RenderedNarration:
        """Give a mono 16-bit WAV with every word of the script in time; the seed sets the pitch."""
        return self._answer(script, lambda: _narration(script, self._word_s, seed))


class FakeAssembler(Scripted[Timeline, RenderedVideo]):
    """A small H.264 film of one colour, as long as the timeline says, one picture a second."""

    def __init__(self) -> None:
        super().__init__("assembler")

    def assemble(self, timeline: Timeline, media: Mapping[str, Path], work: Path, progress: Progress) -> RenderedVideo:
        """Write the film and its poster into `work`. Raises BadInputError when a file the timeline names is missing."""
        return self._answer(timeline, lambda: _video(timeline, media, work, progress))


class FakeModerator(Scripted[ModerationRequest, Verdict]):
    """Passes everything, but for what was scripted and for the words it was told to stop."""

    def __init__(self, stops: Mapping[str, Decision] | None = None) -> None:
        super().__init__("moderator")
        self._stops = dict(stops or {})

    @property
    def identity(self) -> EngineIdentity:
        """Name the words it stops, since they change its verdicts."""
        return EngineIdentity(backend="fake", model="moderator", revision=digest_of(self._stops)[:16])

    def judge(self, request: ModerationRequest) -> Verdict:
        """Give the scripted verdict, or one of its own bound to the request's bytes."""
        return self._answer(request, lambda: self._verdict(request))

    def _verdict(self, request: ModerationRequest) -> Verdict:
        found = [word for word in self._stops if any(word in text for text in request.texts)]
        decisions: list[Decision] = [self._stops[word] for word in found]
        return Verdict(
            sha256=request.sha256,
            modality=request.modality,
            decision=max(decisions, key=("pass", "hold", "block").index, default="pass"),
            moderator=str(self.identity),
            reasons=tuple(Reason(hazard="scripted", rule="fake.stops", excerpt=word) for word in found),
        )


def _number(text: str) -> int:
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8])


def _draft(brief: Brief, texts: Mapping[str, str]) -> Draft:
    spans = [
        (source, found) for source in brief.sources for found in list(_SENTENCE.finditer(texts[source.text.sha256]))[:4]
    ][:4]
    if len(spans) < 3:
        raise BadInputError(f"the sources of {brief.working_headline!r} hold {len(spans)} sentences; three are needed")
    lead, *points = [_claim(source, found, first=index == 0) for index, (source, found) in enumerate(spans)]
    further = tuple(
        Link(url=entry.url, title=entry.title, publisher=entry.publisher, published=entry.published)
        for entry in brief.sources
    )
    return Draft(
        story_id=brief.story_id,
        headline=brief.working_headline,
        language=brief.sources[0].language,
        lead=lead,
        points=tuple(points),
        further=further,
        why_now=brief.why_now,
        update_of=brief.update_of,
    )


def _claim(source: SourceEntry, found: re.Match[str], *, first: bool) -> Claim:
    # A sentence starts behind the blanks that part it from the one before.
    start = found.start() + len(found[0]) - len(found[0].lstrip())
    return Claim(
        role="lead" if first else "point",
        text=found.string[start : found.end()],
        url=source.url,
        source=source.text.sha256,
        start=start,
        end=found.end(),
    )


def _picture(key: str, width: int, height: int) -> RenderedPicture:
    colour = hashlib.sha256(key.encode()).digest()[:3]
    # PNG: signature, header (8 bits, indexed), palette, one deflated stream of zero bytes, end.
    header = struct.pack(">IIBBBBB", width, height, 8, 3, 0, 0, 0)
    pixels = zlib.compress(bytes((width + 1) * height), 9)
    chunks = ((b"IHDR", header), (b"PLTE", colour), (b"IDAT", pixels), (b"IEND", b""))
    data = b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body)) for name, body in chunks
    )
    return RenderedPicture(data=data, media_type="image/png", width=width, height=height)


def _narration(script: Script, word_s: float, seed: int) -> RenderedNarration:
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


def _video(timeline: Timeline, media: Mapping[str, Path], work: Path, progress: Progress) -> RenderedVideo:
    named = [timeline.narration.sha256, *(scene.picture.sha256 for scene in timeline.scenes)]
    if lost := [sha256 for sha256 in named if sha256 not in media or not media[sha256].is_file()]:
        raise BadInputError(f"the timeline names {lost[0]}, but no file of it was given")
    picture = _picture(digest_of(timeline), 64, 36)
    movie, poster = work / "movie.mp4", work / "poster.png"
    poster.write_bytes(picture.data)
    progress(0, 1)
    still = ("-loop", "1", "-framerate", "1", *ffmpeg.input_file(poster))
    sound = ffmpeg.input_file(media[timeline.narration.sha256])
    codecs = ("-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", "-threads", "1", "-c:a", "aac")
    length = ("-af", "apad", "-t", f"{timeline.duration_s:.3f}", "-movflags", "+faststart")
    ffmpeg.run(
        [*still, *sound, *codecs, *length, *ffmpeg.REPEATABLE, "-y", f"file:{movie}"],
        what="making a fake film",
        deadline_s=60,
    )
    progress(1, 1)
    return RenderedVideo(movie=movie, poster=poster, duration_s=timeline.duration_s, width=64, height=36)
