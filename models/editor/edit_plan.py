"""What an edited film consists of before a pixel of it is touched: which frames, which sound, which captions.

Times are counted in frames of one rate, so that cuts add up exactly; sounds are in exact fractions of seconds.
Pure arithmetic: every edit of time takes a plan and gives another.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

from content.captions import Caption
from content.edits import Reformat, ReplaceAudio, Trim
from content.errors import BadInputError

_GLIMPSE_S = 0.2
"""A caption of which less is left by a cut goes, too."""


@dataclass(frozen=True)
class Pictures:
    """Frames `first` up to `end` of film number `film`."""

    film: int
    first: int
    end: int

    @property
    def frames(self) -> int:
        """How many there are."""
        return self.end - self.first


@dataclass(frozen=True)
class Sound:
    """A stretch of sound: of film or audio number `source`, from `start` to `end` seconds; None is silence."""

    source: int | None
    start: Fraction
    end: Fraction

    @property
    def length(self) -> Fraction:
        """How long it is, seconds."""
        return self.end - self.start


@dataclass(frozen=True)
class Plan:
    """A film as it will be: pictures and sound are equally long."""

    rate: Fraction
    pictures: tuple[Pictures, ...]
    sounds: tuple[Sound, ...]
    captions: tuple[Caption, ...] = ()
    burned: bool = False
    reformat: Reformat | None = None
    level: ReplaceAudio | None = None

    @property
    def frames(self) -> int:
        """How many frames it has."""
        return sum(stretch.frames for stretch in self.pictures)

    @property
    def duration_s(self) -> float:
        """How long it is."""
        return float(self.frames / self.rate)

    @property
    def joints(self) -> tuple[int, ...]:
        """The frames at which another stretch of pictures begins."""
        found, at = [], 0
        for stretch in self.pictures[:-1]:
            at += stretch.frames
            found.append(at)
        return tuple(found)

    def trimmed(self, edit: Trim) -> "Plan":
        """Keep what lies between two moments. Raises BadInputError when that is nothing."""
        end_s = self.duration_s if edit.end_s is None else min(edit.end_s, self.duration_s)
        first, end = round(Fraction(edit.start_s) * self.rate), min(self.frames, round(Fraction(end_s) * self.rate))
        if edit.end_s is None:
            end = self.frames
        if end <= first:
            raise BadInputError(
                f"a trim from {edit.start_s:g} s to {end_s:g} s keeps nothing of a film of {self.duration_s:.2f} s"
            )
        return self.kept([(first, end)])

    def kept(self, stretches: Sequence[tuple[int, int]]) -> "Plan":
        """Keep some stretches of frames, in order: pictures, sound and captions alike."""
        pictures: list[Pictures] = []
        sounds: list[Sound] = []
        captions: list[Caption] = []
        done = Fraction(0)
        for first, end in stretches:
            pictures += _pictures_within(self.pictures, first, end)
            sounds += _sounds_within(self.sounds, first / self.rate, end / self.rate)
            captions += _captions_within(self.captions, first / self.rate, end / self.rate, done)
            done += (end - first) / self.rate
        return replace(self, pictures=_joined(pictures), sounds=_unbroken(sounds), captions=tuple(_rejoined(captions)))

    def followed_by(self, film: int, frames: int, *, heard: bool) -> "Plan":
        """Put a whole film behind, with its own sound or silence."""
        sound = Sound(film if heard else None, Fraction(0), frames / self.rate)
        return replace(self, pictures=(*self.pictures, Pictures(film, 0, frames)), sounds=(*self.sounds, sound))

    def captioned(self, captions: Sequence[Caption], *, burned: bool) -> "Plan":
        """Show captions instead of those there were; none outlasts the film."""
        whole = _captions_within(captions, Fraction(0), self.frames / self.rate, Fraction(0))
        return replace(self, captions=tuple(whole), burned=burned)

    def with_sound(self, edit: ReplaceAudio, source: int | None) -> "Plan":
        """Put another sound under everything, or keep the one there is, and say how loud it will be."""
        if source is None:
            return replace(self, level=edit)
        return replace(self, sounds=(Sound(source, Fraction(0), self.frames / self.rate),), level=edit)

    def stretch(self, from_s: float, to_s: float) -> tuple[int, int]:
        """Give the frames between two moments, one at least."""
        first = min(self.frames - 1, max(0, round(Fraction(from_s) * self.rate)))
        return first, min(self.frames, max(first + 1, round(Fraction(to_s) * self.rate)))


def _pictures_within(stretches: Sequence[Pictures], first: int, end: int) -> list[Pictures]:
    found, at = [], 0
    for stretch in stretches:
        low, high = max(first, at), min(end, at + stretch.frames)
        if low < high:
            found.append(Pictures(stretch.film, stretch.first + low - at, stretch.first + high - at))
        at += stretch.frames
    return found


def _sounds_within(stretches: Sequence[Sound], start: Fraction, end: Fraction) -> list[Sound]:
    found, at = [], Fraction(0)
    for stretch in stretches:
        low, high = max(start, at), min(end, at + stretch.length)
        if low < high:
            found.append(Sound(stretch.source, stretch.start + low - at, stretch.start + high - at))
        at += stretch.length
    return found


def _captions_within(captions: Sequence[Caption], start: Fraction, end: Fraction, to: Fraction) -> list[Caption]:
    found = []
    for caption in captions:
        low, high = max(float(start), caption.start_s), min(float(end), caption.end_s)
        whole = caption.start_s >= start and caption.end_s <= end
        if high > low and (whole or high - low >= _GLIMPSE_S):
            shift = float(to - start)
            times = {"start_s": max(0.0, low + shift), "end_s": max(0.0, high + shift)}
            found.append(caption.shifted(shift).model_copy(update=times))
    return found


def _joined(stretches: Sequence[Pictures]) -> tuple[Pictures, ...]:
    """Join stretches that follow each other in the same film: there is no cut between them."""
    found: list[Pictures] = []
    for stretch in stretches:
        if found and found[-1].film == stretch.film and found[-1].end == stretch.first:
            found[-1] = Pictures(stretch.film, found[-1].first, stretch.end)
        else:
            found.append(stretch)
    return tuple(found)


def _unbroken(stretches: Sequence[Sound]) -> tuple[Sound, ...]:
    """Join stretches that follow each other in the same sound: there nothing has to be faded."""
    found: list[Sound] = []
    for stretch in stretches:
        if (
            found
            and found[-1].source == stretch.source
            and stretch.source is not None
            and found[-1].end == stretch.start
        ):
            found[-1] = Sound(stretch.source, found[-1].start, stretch.end)
        else:
            found.append(stretch)
    return tuple(found)


def _rejoined(captions: Sequence[Caption]) -> list[Caption]:
    """Join a caption that goes on across a cut."""
    found: list[Caption] = []
    for caption in captions:
        if found and found[-1].text == caption.text and abs(found[-1].end_s - caption.start_s) < 1e-3:
            found[-1] = found[-1].model_copy(update={"end_s": caption.end_s})
        else:
            found.append(caption)
    return found
