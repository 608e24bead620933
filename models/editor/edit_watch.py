"""Watching a planned film once, small: where its shots begin, how lively they are, and what matters where."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from content.highlights import Shot
from models.deadline import Deadline
from models.editor.edit_plan import Plan
from models.editor.film_reader import small_frames, small_size
from models.editor.shots import SignatureBook, Signatures, find_cuts, liveliness
from models.editor.tracked_crop import Row, Way, profile_of, way_through
from models.media.foreign_video import Film

_LOOKS_PER_S = 8
_PART_S = 0.5


@dataclass(frozen=True)
class Watched:
    """What was seen of a film: its shots, and profiles of what matters every `every` frames, if they were wanted."""

    frames: int
    fps: float
    cuts: tuple[int, ...]
    signatures: Signatures
    profiles: tuple[Row, ...] = ()
    still_profiles: tuple[Row, ...] = ()
    every: int = 1

    def shots(self) -> tuple[Shot, ...]:
        """Give its shots with their liveliness, half a second a part."""
        bounds = [0, *self.cuts, self.frames]
        found = []
        for first, end in pairwise(bounds):
            parts = max(1, round((end - first) / self.fps / _PART_S))
            lively = liveliness(self.signatures, first, end, parts)
            found.append(Shot(first / self.fps, end / self.fps, lively))
        return tuple(found)

    def way(self, window: float) -> Way:
        """Find the way of a window of this length through the film."""
        profiles = list(self.profiles)
        for cut in self.cuts:  # across a cut everything moves, and nothing of it means anything
            look = -(-cut // self.every)
            if look < len(profiles):
                profiles[look] = self.still_profiles[look]
        return way_through(profiles, window, frames=self.frames, every=self.every, fps=self.fps, cuts=self.cuts)


def watch(
    plan: Plan,
    films: Sequence[Film],
    deadline: Deadline,
    seen: Callable[[float], None],
    *,
    across: bool | None = None,
) -> Watched:
    """Look at every frame of a plan; with `across` also at what matters in its columns (or rows, when false).

    `seen` is told the share that was looked at. Raises what decoding raises.
    """
    book = SignatureBook()
    every = max(1, round(plan.rate / _LOOKS_PER_S))
    size = small_size(films[0].facts.width, films[0].facts.height)
    profiles: list[Row] = []
    still: list[Row] = []
    before = None
    for stretch in plan.pictures:
        film, first, count = films[stretch.film], stretch.first, stretch.frames
        for frame in small_frames(film, first=first, count=count, rate=plan.rate, size=size, deadline=deadline):
            if across is not None and len(book) % every == 0:
                still.append(profile_of(frame, None, across=across))
                profiles.append(still[-1] if before is None else profile_of(frame, before, across=across))
                before = frame
            book.add(frame)
            if len(book) % 64 == 0:
                seen(len(book) / plan.frames)
    fps = float(plan.rate)
    signatures = book.signatures()
    found = [cut for cut in find_cuts(signatures, fps) if all(abs(cut - joint) > 2 for joint in plan.joints)]
    cuts = tuple(sorted({*found, *plan.joints}))
    return Watched(plan.frames, fps, cuts, signatures, tuple(profiles), tuple(still), every)
