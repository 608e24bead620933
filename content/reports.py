"""Independent reports out of feed entries: what was read twice or syndicated is one report."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from content.clustering import Closeness, copies
from content.values import SourceEntry


@dataclass(frozen=True)
class Report:
    """One independent text: the entry kept, all entries that carry it, and the position of its vector."""

    entry: SourceEntry
    carriers: tuple[SourceEntry, ...]
    text: str
    at: int


def merge(
    entries: Sequence[SourceEntry], texts: Mapping[str, str], similar: NDArray[np.float64], closeness: Closeness
) -> list[Report]:
    """Merge entries that carry one text; the earliest nearly complete copy speaks for them. Sorted as the entries."""
    bodies = [texts[entry.text.sha256] for entry in entries]
    found: list[Report] = []
    newest_at: dict[str, int] = {}
    for at, entry in enumerate(entries):
        newest_at.setdefault(entry.url, at)
    # Of one address read twice only the newest state counts: entries come newest first.
    current = sorted(newest_at.values())
    for group in copies([bodies[at] for at in current], similar[np.ix_(current, current)], closeness):
        members = [current[at] for at in group]
        longest = max(len(bodies[at]) for at in members)
        whole = [at for at in members if len(bodies[at]) >= 0.8 * longest]
        chosen = min(whole, key=lambda at: (entries[at].published, -len(bodies[at]), entries[at].url))
        found.append(Report(entries[chosen], tuple(entries[at] for at in members), bodies[chosen], chosen))
    return found
