"""What every engine can do, as small protocols over value types.

An engine is loaded once, works with an explicit seed, and is released.
It lives as long as the process that owns it; the registry hands out one per name and process.
It knows nothing of Prefect, of storage or of the network, and takes and gives bytes, paths and values only.
`identity` is everything about it that can change its output, and must be cheap: no weights are read for it.
"""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from content.recipes import EngineIdentity, Value
from content.timeline import Timeline
from content.values import Brand, Brief, Draft, ModerationRequest, Script, SpokenWord, Verdict

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


class Embedder(Engine, Protocol):
    """Sentences to vectors."""

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Give (N, D) float32 rows of unit length, one a text, in order."""
        ...


class Writer(Engine, Protocol):
    """A brief and its sources to an article."""

    def write(self, brief: Brief, texts: Mapping[str, str], *, max_source_share: float, seed: int) -> Draft:
        """Write one article. `texts` holds each source's plain text by its sha256.

        Raises BadInputError when the sources hold too little to write an article.
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
    """What a cover has to show. `kicker` is the small line over the headline, `byline` the one under it."""

    headline: str
    kicker: str = ""
    byline: str = ""
    language: str = "en"
    brand: Brand = Brand()
    width: int
    height: int


class Illustrator(Engine, Protocol):
    """A headline to a picture."""

    def illustrate(self, request: CoverRequest, *, seed: int) -> RenderedPicture:
        """Draw one cover. Raises MissingGlyphError when no typeface can draw the headline."""
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


class Assembler(Engine, Protocol):
    """A timeline and its media to a video."""

    def assemble(self, timeline: Timeline, media: Mapping[str, Path], work: Path, progress: Progress) -> RenderedVideo:
        """Render a timeline. `media` holds a local file for each sha256 the timeline names."""
        ...


class Moderator(Engine, Protocol):
    """Texts to a verdict."""

    def judge(self, request: ModerationRequest) -> Verdict:
        """Judge what will be read or heard in some bytes; the verdict is bound to their sha256."""
        ...
