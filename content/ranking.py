"""How much a story is worth to an edition: carried by many, fresh, not told before, and with something to tell.

The weights order an agenda and go no further: no brief carries a score, so another story's worth never changes it.
"""

import datetime as dt
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar
from urllib.parse import urlsplit

import numpy as np
from numpy.typing import NDArray

from content.clustering import grouped, join
from content.values import SourceEntry

Story = TypeVar("Story")

# Reading length (words; characters in Chinese) at which a story has all it needs, and under which there is no article.
_AMPLE = {"en": 250, "zh": 400}
_TOO_LITTLE = {"en": 40, "zh": 60}


@dataclass(frozen=True)
class Standing:
    """What a story's worth is made of.

    `sources` counts independent publishers, `newest` is its latest report, `nearness` the greatest cosine to anything
    published before (0 when nothing was), `length` the reading length of its texts together.
    """

    sources: int
    newest: dt.datetime
    nearness: float
    length: int


@dataclass(frozen=True)
class Candidate(Generic[Story]):
    """A story that may be chosen: its worth, the address that breaks ties, and the position of its leading report."""

    story: Story
    worth: float
    url: str
    at: int


def worth(standing: Standing, *, until: dt.datetime, lookback_days: int, language: str) -> float:
    """Weigh a story: one fresh, new, ample report of one publisher is worth 1, a second source adds half of that."""
    carried = 1 + 0.5 * math.log2(max(standing.sources, 1))
    age_days = max((until - standing.newest) / dt.timedelta(days=1), 0)
    fresh = math.exp2(-age_days / max(lookback_days / 2, 1))
    unlike = 1 - 0.5 * min(max(standing.nearness, 0), 1)
    ample = 0.5 + 0.5 * min(standing.length / _AMPLE.get(language, 250), 1)
    return round(carried * fresh * unlike * ample, 6)


def choose(candidates: Sequence[Candidate[Story]], similar: NDArray[np.float64], count: int) -> list[Story]:
    """Choose the worthiest stories one by one; likeness to one already chosen, by (N, N) cosines, costs up to half."""
    left = sorted(candidates, key=lambda each: each.url)
    nearest = [0.0] * len(left)
    chosen: list[Story] = []
    while left and len(chosen) < count:
        values = [round(each.worth * (1 - 0.5 * near), 6) for each, near in zip(left, nearest, strict=True)]
        best = values.index(max(values))
        taken = left.pop(best)
        nearest.pop(best)
        chosen.append(taken.story)
        nearest = [max(near, float(similar[each.at, taken.at])) for each, near in zip(left, nearest, strict=True)]
    return chosen


def too_little(length: int, language: str) -> bool:
    """Say whether a reading length is too little for any article."""
    return length < _TOO_LITTLE.get(language, 40)


def host_of(url: str) -> str:
    """Give a URL's host without `www.`; empty when it has none."""
    return (urlsplit(url).hostname or "").removeprefix("www.")


def publishers_of(entries: Sequence[SourceEntry]) -> list[str]:
    """Name each entry's independent publisher: entries share one when their name or their host is the same.

    A paper's sections share a host, an aggregator's links share a name: counting either twice would flatter a story.
    """
    parents = list(range(len(entries)))
    first: dict[str, int] = {}
    for at, entry in enumerate(entries):
        for mark in (f"host {host_of(entry.url)}", f"name {' '.join(entry.publisher.casefold().split())}"):
            if mark in {"host ", "name "}:
                continue
            join(parents, first.setdefault(mark, at), at)
    names = [""] * len(entries)
    for group in grouped(parents):
        for at in group:
            names[at] = entries[group[0]].publisher or host_of(entries[group[0]].url)
    return names
