"""Edit lists: what is to be done to a video that exists already, as small frozen values.

Edits are done in order, and each one's times are those of the film as it stands when its turn comes:
captions that stand before a cut are cut along with the picture. However long a list is, pixels are encoded once.
"""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from content.captions import Caption, lay_captions
from content.recipes import Value
from content.values import AssetRef, Brand, Shape, SpokenWord

Filling = Literal["auto", "crop", "whole"]

_SIDES: dict[Shape, tuple[int, int]] = {"16:9": (16, 9), "9:16": (9, 16), "1:1": (1, 1)}


class Trim(Value):
    """Keep what lies between two moments, to the nearest frame; without an end, up to the film's own."""

    kind: Literal["trim"] = "trim"
    start_s: float = Field(0.0, ge=0)
    end_s: float | None = Field(None, gt=0)

    @model_validator(mode="after")
    def _keeps_something(self) -> Self:
        if self.end_s is not None and self.end_s <= self.start_s:
            raise ValueError(f"a trim from {self.start_s:g} s to {self.end_s:g} s keeps nothing; the end comes later")
        return self


class Concatenate(Value):
    """Put other videos behind this one, fitted into its size and pace."""

    kind: Literal["concatenate"] = "concatenate"
    others: tuple[AssetRef, ...] = Field(min_length=1, max_length=50)


class Reformat(Value):
    """Give the film another shape: a shape, sized by the film's shorter side, or a width and height.

    `crop` follows what matters with a window; `whole` shows everything, over its own blurred enlargement;
    `auto` crops unless the matter of the picture is wider than the window.
    """

    kind: Literal["reformat"] = "reformat"
    shape: Shape | None = None
    width: int | None = Field(None, ge=16, le=4096, multiple_of=2)
    height: int | None = Field(None, ge=16, le=4096, multiple_of=2)
    filling: Filling = "auto"

    @model_validator(mode="after")
    def _has_one_size(self) -> Self:
        if (self.width is None) != (self.height is None) or (self.shape is None) == (self.width is None):
            raise ValueError("a reformat needs a shape (16:9, 9:16 or 1:1), or both a width and a height")
        return self

    def size(self, width: int, height: int) -> tuple[int, int]:
        """Give the size in pixels, both sides even, for a film that is `width` × `height`."""
        if self.width and self.height:
            return self.width, self.height
        assert self.shape is not None
        across, down = _SIDES[self.shape]
        scale = min(width, height) / min(across, down)
        return max(16, round(across * scale / 2) * 2), max(16, round(down * scale / 2) * 2)


class AddCaptions(Value):
    """Show captions: burned into the picture, or beside it as WebVTT only.

    They are given as captions, or as the words of a transcript, which are then set as captions.
    """

    kind: Literal["captions"] = "captions"
    captions: tuple[Caption, ...] = ()
    words: tuple[SpokenWord, ...] = ()
    burned: bool = True

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if bool(self.captions) == bool(self.words):
            raise ValueError("give captions, or the words of a transcript to make them of: one of the two")
        return self

    @property
    def laid(self) -> tuple[Caption, ...]:
        """The captions as they are shown, in order of time."""
        found = self.captions or lay_captions(self.words)
        return tuple(sorted(found, key=lambda caption: (caption.start_s, caption.end_s)))


class ReplaceAudio(Value):
    """Put another sound in the place of the film's own; without `audio` its own one is kept and only levelled.

    The whole comes to `loudness_lufs` (EBU R128) with true peaks of at most −1 dBTP.
    Without a loudness the sound keeps its own level, moved by `gain_db`. Shorter sound is followed by silence.
    """

    kind: Literal["audio"] = "audio"
    audio: AssetRef | None = None
    gain_db: float = Field(0.0, ge=-60, le=30)
    loudness_lufs: float | None = Field(-16.0, ge=-40, le=-5)

    @model_validator(mode="after")
    def _has_one_level(self) -> Self:
        if self.gain_db and self.loudness_lufs is not None:
            raise ValueError("a gain would be undone by the loudness; give one of the two, the other as 0 or null")
        return self


class Highlights(Value):
    """Keep the best of the film, in order, never longer than `target_s`.

    By `transcript` whole sentences are kept that say the most of what the film speaks of; the words are those given,
    or those of the captions that were added before. By `shots` the liveliest parts of the liveliest shots are kept.
    """

    kind: Literal["highlights"] = "highlights"
    target_s: float = Field(gt=0, le=3600)
    by: Literal["shots", "transcript"] = "shots"
    words: tuple[SpokenWord, ...] = ()


Edit = Annotated[Trim | Concatenate | Reformat | AddCaptions | ReplaceAudio | Highlights, Field(discriminator="kind")]


class EditList(Value):
    """What is to be done to one video, and how its captions look."""

    edits: tuple[Edit, ...] = Field(min_length=1, max_length=50)
    brand: Brand = Brand()
    language: str = "en"

    @model_validator(mode="after")
    def _does_nothing_twice(self) -> Self:
        for kind in ("reformat", "captions", "audio"):
            if sum(edit.kind == kind for edit in self.edits) > 1:
                raise ValueError(f"an edit list has at most one {kind} edit; the second would undo the first")
        return self

    @property
    def assets(self) -> tuple[AssetRef, ...]:
        """Everything it takes besides the video, each once."""
        found: list[AssetRef] = []
        for edit in self.edits:
            if isinstance(edit, Concatenate):
                found += edit.others
            elif isinstance(edit, ReplaceAudio) and edit.audio:
                found.append(edit.audio)
        return tuple(dict.fromkeys(found))


__all__ = [
    "AddCaptions", "Caption", "Concatenate", "Edit", "EditList", "Filling", "Highlights", "Reformat", "ReplaceAudio",
    "Shape", "Trim",
]  # fmt: skip
