"""A timeline: everything that shapes a video, as one small frozen value.

Seconds from the start; scenes follow each other without gaps and overlap by `crossfade_s`.
"""

from typing import Literal

from pydantic import Field

from content.recipes import Value
from content.values import AssetRef, Brand


class Scene(Value):
    """One picture on screen from `start_s` for `duration_s`, moved gently (`motion`)."""

    picture: AssetRef
    start_s: float = Field(ge=0)
    duration_s: float = Field(gt=0)
    motion: Literal["push-in", "pull-out", "pan-left", "pan-right", "still"] = "push-in"


class Caption(Value):
    """Words on screen while they are heard; at most two lines."""

    text: str
    start_s: float = Field(ge=0)
    end_s: float = Field(ge=0)


class Timeline(Value):
    """A video before it is rendered."""

    scenes: tuple[Scene, ...] = Field(min_length=1)
    captions: tuple[Caption, ...] = ()
    narration: AssetRef
    duration_s: float = Field(gt=0)
    brand: Brand = Brand()
    language: str = "en"
    width: int = 1920
    height: int = 1080
    fps: int = 30
    crossfade_s: float = 0.5
    loudness_lufs: float = -16.0
