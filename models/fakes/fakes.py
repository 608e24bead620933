"""Scripted stand-ins for every engine, shipped so that users can test flows of their own without weights or waiting.

Each gives small but real bytes (a PNG, a WAV, an MP4) or texts that depend on its input and seed only.
`enqueue` scripts the next answers or errors, first in, first out; `history` is what it was asked.
A fake lives as long as the test that made it.
"""

import hashlib
import re
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

from content.recipes import EngineIdentity, digest_of
from content.timeline import Timeline
from content.values import (
    Brief,
    Decision,
    Draft,
    Genre,
    Modality,
    ModerationRequest,
    Piece,
    Reason,
    Script,
    Verdict,
    Voice,
)
from models.fakes.fakes_answers import minimal_answer
from models.fakes.fakes_bytes import plain_clip, plain_picture, plain_video, tone_narration
from models.fakes.fakes_texts import copied_draft, copied_piece
from models.protocols import (
    ClipRequest,
    CoverRequest,
    PieceShelf,
    Progress,
    Question,
    RenderedClip,
    RenderedNarration,
    RenderedPicture,
    RenderedVideo,
)

Request = TypeVar("Request")
Answer = TypeVar("Answer")

_WORD = re.compile(r"[a-z0-9]+|[\u4e00-\u9fff]", re.IGNORECASE)


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
        self.pieces: deque[Piece | BaseException] = deque()

    def write(
        self, brief: Brief, texts: Mapping[str, str], *, voice: Voice, max_source_share: float, seed: int
    ) -> Draft:
        """Write one article of at most four sentences; voice, share and seed make no difference.

        Raises BadInputError when the sources hold fewer than three sentences.
        """
        del voice, max_source_share, seed
        return self._answer(brief, lambda: copied_draft(brief, texts))

    def tell(self, genre: Genre, brief: Brief, texts: Mapping[str, str], *, voice: Voice, seed: int) -> Piece:
        """Write in another genre: the article's sentences, as they stand, each a part; scripted by `pieces`.

        Raises BadInputError when the sources hold fewer than three sentences.
        """
        del voice, seed
        self.history.append(brief)
        if not self.pieces:
            return copied_piece(genre, copied_draft(brief, texts))
        piece = self.pieces.popleft()
        if isinstance(piece, BaseException):
            raise piece
        return piece


class FakeCompleter(Scripted[Question, str]):
    """Answers with a small document that satisfies the schema, made of the sentences its prompt shows."""

    def __init__(self) -> None:
        super().__init__("completer")

    def complete(self, question: Question, *, seed: int) -> str:
        """Give one JSON document; the seed decides where in the sources it begins."""
        return self._answer(question, lambda: minimal_answer(question, seed))


class FakeIllustrator(Scripted[CoverRequest, RenderedPicture]):
    """One plain colour, told by the request and the seed."""

    def __init__(self) -> None:
        super().__init__("illustrator")

    def illustrate(self, request: CoverRequest, *, seed: int) -> RenderedPicture:
        """Give a PNG of the size asked for."""
        return self._answer(
            request, lambda: plain_picture(f"{digest_of(request)} {seed}", request.width, request.height)
        )


class FakeAnimator(Scripted[ClipRequest, RenderedClip]):
    """A small silent H.264 clip of one colour, told by the request and the seed."""

    def __init__(self) -> None:
        super().__init__("animator")

    def animate(self, request: ClipRequest, work: Path, progress: Progress, *, seed: int) -> RenderedClip:
        """Write the clip into `work`, as large and as long as it was asked for."""
        return self._answer(request, lambda: plain_clip(request, work, progress, seed))


class FakeNarrator(Scripted[Script, RenderedNarration]):
    """A quiet tone, a quarter of a second for every word."""

    def __init__(self, *, word_s: float = 0.25) -> None:
        super().__init__("narrator")
        self._word_s = word_s

    def narrate(self, script: Script, *, seed: int) -> RenderedNarration:
        """Give a mono 16-bit WAV with every word of the script in time; the seed sets the pitch."""
        return self._answer(script, lambda: tone_narration(script, self._word_s, seed))


class FakeAssembler(Scripted[Timeline, RenderedVideo]):
    """A small H.264 film of one colour, as long as the timeline says, one picture a second."""

    def __init__(self) -> None:
        super().__init__("assembler")

    def assemble(
        self,
        timeline: Timeline,
        media: Mapping[str, Path],
        work: Path,
        progress: Progress,
        pieces: PieceShelf | None = None,
    ) -> RenderedVideo:
        """Write the film and its poster into `work`. Raises BadInputError when a file the timeline names is missing."""
        return self._answer(timeline, lambda: plain_video(timeline, media, work, progress))


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


class FakePictureModerator(Scripted[str, Verdict]):
    """Passes every picture, but for what was scripted; `history` holds their sha256."""

    def __init__(self) -> None:
        super().__init__("picture_moderator")

    def judge_picture(self, sha256: str, picture: bytes) -> Verdict:
        """Give the scripted verdict, or a pass bound to the picture; no bytes are a hold."""
        decision: Decision = "pass" if picture else "hold"
        return self._answer(sha256, lambda: _verdict(sha256, "image", decision, str(self.identity)))


class FakeVideoModerator(Scripted[str, Verdict]):
    """Passes every film, but for what was scripted; `history` holds their sha256."""

    def __init__(self) -> None:
        super().__init__("video_moderator")

    def judge_video(self, sha256: str, movie: Path, cuts_s: Sequence[float], progress: Progress) -> Verdict:
        """Give the scripted verdict, or a pass bound to the film; one that is not there is a hold."""
        progress(0, 1)
        decision: Decision = "pass" if movie.is_file() else "hold"
        verdict = self._answer(sha256, lambda: _verdict(sha256, "video", decision, str(self.identity)))
        progress(1, 1)
        return verdict


def _number(text: str) -> int:
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8])


def _verdict(sha256: str, modality: Modality, decision: Decision, moderator: str) -> Verdict:
    return Verdict(sha256=sha256, modality=modality, decision=decision, moderator=moderator)
