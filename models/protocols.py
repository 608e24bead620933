"""What every engine can do, as small protocols over value types.

An engine is loaded once, works with an explicit seed, and is released.
It lives as long as the process that owns it; the registry hands out one per name and process.
It knows nothing of Prefect, of storage or of the network, and takes and gives bytes, paths and values only.
`identity` is everything about it that can change its output, and must be cheap: no weights are read for it.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from content.captions import Caption
from content.edits import EditList
from content.recipes import EngineIdentity, Value
from content.timeline import Timeline
from content.values import (
    Brand,
    Brief,
    Draft,
    Genre,
    ModerationRequest,
    Piece,
    Script,
    SpokenWord,
    Verdict,
    Voice,
)
from models.naming import EngineName

Progress = Callable[[int, int], None]
"""Called with (done, total) while a long piece of work goes on; total stays the same through one call."""


@runtime_checkable
class Engine(Protocol):
    """The whole contract of an engine's life."""

    @property
    def identity(self) -> EngineIdentity:
        """Everything that can change the output; cheap."""
        ...

    def load(self) -> None:
        """Take weights, voices or typefaces into memory; do nothing when they are there already.

        Raises MissingEngineError, naming the command that installs what is missing.
        """
        ...

    def release(self) -> None:
        """Give memory and devices back; `load` may be called again."""
        ...


class HeavyEngine(Engine, Protocol):
    """An engine with weights worth counting: it shares a device with others, a room decides who is loaded.

    An engine without these two, or whose device is "", is light: a processor and a little memory are all it needs.
    """

    @property
    def device(self) -> str:
        """The device its weights go to: `cpu`, `cuda:0`; `server` for work that is done elsewhere."""
        ...

    @property
    def footprint(self) -> int:
        """About how many bytes of the device it takes when loaded and at work; cheap, and callable before `load`."""
        ...


@dataclass(frozen=True)
class ApiAccess:
    """How to reach an OpenAI-compatible server, how gently, and what its tokens cost.

    Prices are for a million tokens, in one currency; 0 is free. `model` is for names that have none.
    """

    url: str = ""
    key: str = field(default="", repr=False)
    model: str = ""
    concurrency: int = 8
    timeout_s: float = 120.0
    price_in: float = 0.0
    price_out: float = 0.0


@dataclass(frozen=True)
class Order:
    """What a backend is built from: its name, and what the house has for it.

    `weights` is the folder of pulled weights, `device` where models go ("" is the best there is),
    `engine` gives other engines by medium, `trusted_hosts` are private hosts that may be linked to.
    """

    name: EngineName
    weights: Path
    engine: Callable[[str], Engine]
    device: str = ""
    trusted_hosts: Collection[str] = ()
    api: ApiAccess = ApiAccess()


class Embedder(Engine, Protocol):
    """Sentences to vectors."""

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Give (N, D) float32 rows of unit length, one a text, in order."""
        ...


class Message(Value):
    """One turn of a conversation with a model."""

    role: Literal["system", "user", "assistant"]
    text: str


class Question(Value):
    """What a completer is asked.

    `answer_schema` is the JSON schema its answer has to satisfy (canonical JSON).
    The first `shared` messages are the same in many questions, so that their work can be shared.
    """

    messages: tuple[Message, ...] = Field(min_length=1)
    answer_schema: str
    max_tokens: int = Field(2048, ge=1)
    temperature: float = Field(0.7, ge=0)
    top_p: float = Field(0.95, gt=0, le=1)
    shared: int = Field(1, ge=0)


class Completer(Engine, Protocol):
    """A question to a typed answer. Threads may ask side by side; what they ask is put in one batch where it helps."""

    def complete(self, question: Question, *, seed: int) -> str:
        """Give one whole JSON document that satisfies the question's schema.

        Raises BadAnswerError when the model ends without one, OverBudgetError before a call that cannot be paid,
        and the retryable errors of the house when a device or server is busy, full or silent.
        """
        ...


class Writer(Engine, Protocol):
    """A brief and its sources to texts. `texts` holds each source's plain text by its sha256."""

    def write(
        self, brief: Brief, texts: Mapping[str, str], *, voice: Voice, max_source_share: float, seed: int
    ) -> Draft:
        """Write one article.

        Raises BadInputError when the sources hold too little to write an article,
        and BadAnswerError when what a model wrote does not rest on them.
        """
        ...

    def tell(self, genre: Genre, brief: Brief, texts: Mapping[str, str], *, voice: Voice, seed: int) -> Piece:
        """Write in another genre, traced the same way.

        Raises what `write` raises, and BadConfigurationError when this writer knows articles only.
        """
        ...


class RenderedPicture(Value):
    """A finished picture in memory. `alt` says what it shows; an engine that cannot tell leaves it empty."""

    data: bytes
    media_type: str
    width: int
    height: int
    alt: str = ""


class CoverRequest(Value):
    """What a cover has to show. `kicker` is the small line over the headline, `byline` the one under it.

    A `quote` shows its headline as a quotation with the speaker as byline, a `figure` one number and what it counts, a
    `point` a sentence and its source; only engines that draw words know these three.
    `scene` says in plain words what a painting engine should show (empty: the headline), `style` how it should look.
    `kept_free` is the share of the height at the foot where no word may stand, because a video puts its captions there.
    """

    kind: Literal["cover", "quote", "figure", "point"] = "cover"
    headline: str
    kicker: str = ""
    byline: str = ""
    language: str = "en"
    brand: Brand = Brand()
    width: int
    height: int
    scene: str = ""
    style: str = ""
    kept_free: float = Field(0.0, ge=0, lt=1)


class Illustrator(Engine, Protocol):
    """A headline to a picture."""

    def illustrate(self, request: CoverRequest, *, seed: int) -> RenderedPicture:
        """Draw one cover. Raises MissingGlyphError when no typeface can draw the headline."""
        ...


class PaintRequest(Value):
    """One picture to paint. Sizes are pixels; what a pipeline cannot do in that size is painted near it and cropped.

    With `picture` (encoded bytes) it is repainted: `strength` 0 keeps it, 1 forgets it. With `mask` as well only the
    white part of the mask is painted anew. `reference` is a picture whose style is kept, where the pipeline can.
    """

    prompt: str
    negative: str = ""
    width: int = Field(1024, ge=64, le=4096)
    height: int = Field(1024, ge=64, le=4096)
    seed: int = 0
    picture: bytes | None = None
    mask: bytes | None = None
    reference: bytes | None = None
    strength: float = Field(0.6, ge=0, le=1)


class Painter(Illustrator, Protocol):
    """An illustrator that paints what it is told, in batches."""

    def paint(self, requests: Sequence[PaintRequest], progress: Progress) -> tuple[RenderedPicture, ...]:
        """Paint N pictures and give N, in order. Raises BadInputError when the pipeline cannot do what is asked."""
        ...


class ClipRequest(Value):
    """A few seconds of moving picture; with `picture` (encoded bytes) it starts from that."""

    prompt: str
    width: int = Field(768, ge=64, le=1920)
    height: int = Field(432, ge=64, le=1920)
    seconds: float = Field(3.0, gt=0, le=10)
    picture: bytes | None = None


class RenderedClip(Value):
    """A silent H.264 MP4 on disk (the caller's work folder)."""

    movie: Path
    duration_s: float
    width: int
    height: int
    fps: float


class Animator(Engine, Protocol):
    """A prompt or a picture to a clip."""

    def animate(self, request: ClipRequest, work: Path, progress: Progress, *, seed: int) -> RenderedClip:
        """Make one clip."""
        ...


class RenderedNarration(Value):
    """Speech in memory: mono 16-bit WAV, every word in time, and where each segment starts (seconds)."""

    wav: bytes
    words: tuple[SpokenWord, ...]
    segment_starts_s: tuple[float, ...]
    duration_s: float


class Narrator(Engine, Protocol):
    """A script to speech."""

    def narrate(self, script: Script, *, seed: int) -> RenderedNarration:
        """Speak a script. Every segment of the script is heard, in order."""
        ...


class RenderedVideo(Value):
    """A finished video on disk (the caller's work folder) with its poster."""

    movie: Path
    poster: Path
    duration_s: float
    width: int
    height: int


class PieceShelf(Protocol):
    """Where an assembler keeps what it has finished, by a key that says everything about it. Threads may share it."""

    def find(self, key: str) -> Path | None:
        """Give a kept piece's file, there to be read until the rendering ends, or None."""
        ...

    def keep(self, key: str, piece: Path) -> None:
        """Keep a copy of a finished piece."""
        ...


class Assembler(Engine, Protocol):
    """A timeline and its media to a video."""

    def assemble(
        self,
        timeline: Timeline,
        media: Mapping[str, Path],
        work: Path,
        progress: Progress,
        pieces: PieceShelf | None = None,
    ) -> RenderedVideo:
        """Render a timeline. `media` holds a local file for each sha256 the timeline names.

        What is on the shelf already is not made again, and what is finished goes there at once.
        """
        ...


class RenderedEdit(RenderedVideo):
    """An edited video on disk.

    `captions` are those of the result, in its time. `copied`: no pixel was encoded anew; `is_silent`: without sound.
    """

    frames: int
    captions: tuple[Caption, ...] = ()
    copied: bool = False
    is_silent: bool = False


class Editor(Engine, Protocol):
    """An existing video and a list of edits to a video."""

    def edit(
        self, source: Path, edits: EditList, media: Mapping[str, Path], work: Path, progress: Progress
    ) -> RenderedEdit:
        """Edit a video into `work`. `media` holds a local file for each sha256 the edits name.

        Raises BadInputError, saying what is wrong, for a file that is not a video, too long, too large, encrypted or
        broken, and for edits that leave nothing of it.
        """
        ...


class Moderator(Engine, Protocol):
    """Texts to a verdict."""

    def judge(self, request: ModerationRequest) -> Verdict:
        """Judge what will be read or heard in some bytes; the verdict is bound to their sha256."""
        ...


class PictureModerator(Engine, Protocol):
    """Pixels to a verdict."""

    def judge_picture(self, sha256: str, picture: bytes) -> Verdict:
        """Judge one encoded picture; what cannot be decoded within the limits is a hold."""
        ...


class VideoModerator(Engine, Protocol):
    """Moving pictures to a verdict."""

    def judge_video(self, sha256: str, movie: Path, cuts_s: Sequence[float], progress: Progress) -> Verdict:
        """Judge a film: one frame per shot (`cuts_s` are where shots begin), one per second, and the motion in it."""
        ...
