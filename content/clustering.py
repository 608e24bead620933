"""Which reports tell one story: copies recognised, the rest joined by what their vectors say.

Positions in, positions out: nothing here knows what an entry is.
How near two reports of one story lie depends on the embedder, so the thresholds travel with its name.
Cosines are rounded to four decimals, so that no decision hangs on the last bits of another processor's arithmetic.
"""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

_TOKEN = re.compile(r"[\u3400-\u9fff]|[^\W_]+")
_SHINGLE = 5
_DECIMALS = 4

# Of the shorter text's shingles, this share stands in the longer one too when a text was syndicated;
# with vectors that are almost one, less will do (a rewritten opening, a cut ending).
_COPIED_SHARE = 0.7
_COPIED_SHARE_OF_TWINS = 0.3


@dataclass(frozen=True)
class Closeness:
    """From which cosine on two texts belong together, for the vectors of one embedder.

    `same_story` joins reports of different publishers, `same_publisher` two of one publisher, who seldom tells a thing
    twice; `apart` keeps two reports apart whatever stands between them; `twins` may be copies; `remembered` continues
    a published story, `akin` does when the names of that story return too.
    """

    same_story: float
    same_publisher: float
    apart: float
    twins: float
    remembered: float
    akin: float


# Measured on title and opening of the example press packs. MiniLM: the 8 pairs that belong together lie at 0.69 and
# above, all others at 0.56 and below; against remembered headlines and leads 12 of 16 at 0.66 and above, others at 0.54
# and below, so what lies between needs the names. Of 276 posts of one publisher's blog, two weeks apart at most, two
# pairs of a series with one preamble pass 0.88. Chinese n-grams: 0.31 against 0.09, remembered 0.23 against 0.08.
CLOSENESS = {
    "minilm": Closeness(same_story=0.64, same_publisher=0.88, apart=0.5, twins=0.95, remembered=0.66, akin=0.56),
    "ngram": Closeness(same_story=0.17, same_publisher=0.45, apart=0.08, twins=0.8, remembered=0.16, akin=0.12),
    # Hashed words: related stories and unrelated ones overlap, so only what shares most of its words is joined.
    "fake": Closeness(same_story=0.86, same_publisher=0.95, apart=0.6, twins=0.97, remembered=0.9, akin=0.9),
}


def cosines(rows: NDArray[np.floating], others: NDArray[np.floating]) -> NDArray[np.float64]:
    """Give the (N, M) cosines of unit rows (N, D) with unit rows (M, D), rounded to four decimals."""
    product: NDArray[np.float64] = rows.astype(np.float64) @ others.astype(np.float64).T
    return np.round(product, _DECIMALS)


def shingles(text: str) -> frozenset[str]:
    """Give a text's runs of five words (in Chinese five characters), spelt and spaced alike."""
    tokens = _TOKEN.findall(unicodedata.normalize("NFKC", text).casefold())
    last = max(len(tokens) - _SHINGLE + 1, 1)
    return frozenset(" ".join(tokens[at : at + _SHINGLE]) for at in range(last)) if tokens else frozenset()


def copies(texts: Sequence[str], similar: NDArray[np.float64], closeness: Closeness) -> list[list[int]]:
    """Group the positions of texts that are one text, by their (N, N) cosines and their shingles; each group in order.

    A text that is nobody's copy is a group of its own. Groups come in the order of their first members.
    """
    parents = list(range(len(texts)))
    cache: dict[int, frozenset[str]] = {}

    def shingled(at: int) -> frozenset[str]:
        if at not in cache:
            cache[at] = shingles(texts[at])
        return cache[at]

    # Copies open alike, so only pairs as near as a story are worth comparing word by word.
    for high, low in np.argwhere(np.tril(similar >= closeness.same_story, -1)).tolist():
        ours, theirs = shingled(high), shingled(low)
        shared = len(ours & theirs) / max(min(len(ours), len(theirs)), 1)
        if shared >= (_COPIED_SHARE_OF_TWINS if similar[high, low] >= closeness.twins else _COPIED_SHARE):
            join(parents, high, low)
    return grouped(parents)


def stories(similar: NDArray[np.float64], publishers: Sequence[str], closeness: Closeness) -> list[list[int]]:
    """Group positions into stories by average linkage over their (N, N) cosines; groups and members in order.

    Average linkage does not chain the way single linkage does; two reports under `apart` never share a story even so.
    """
    count = len(publishers)
    if count < 2:
        return [[at] for at in range(count)]
    from sklearn.cluster import AgglomerativeClustering

    names = {name: number for number, name in enumerate(dict.fromkeys(publishers))}
    codes = np.array([names[name] for name in publishers])
    distances = 1 - similar
    distances += (codes[:, None] == codes[None, :]) * (closeness.same_publisher - closeness.same_story)
    # Far beyond any cosine: one such pair outweighs every good one in a story's average.
    distances[similar < closeness.apart] = count * 2.0
    np.fill_diagonal(distances, 0)
    labels = AgglomerativeClustering(
        n_clusters=None,
        metric="precomputed",
        linkage="average",
        distance_threshold=1 - closeness.same_story + 10**-_DECIMALS / 2,
    ).fit_predict((distances + distances.T) / 2)
    return [[int(at) for at in np.flatnonzero(labels == label)] for label in dict.fromkeys(labels.tolist())]


def join(parents: list[int], one: int, other: int) -> None:
    """Say that two positions belong to one group, in a forest that began as `list(range(n))`."""
    low, high = sorted((_root(parents, one), _root(parents, other)))
    parents[high] = low


def grouped(parents: list[int]) -> list[list[int]]:
    """Read the groups out of a forest of joined positions, in the order of their first members."""
    groups: dict[int, list[int]] = {}
    for at in range(len(parents)):
        groups.setdefault(_root(parents, at), []).append(at)
    return list(groups.values())


def _root(parents: list[int], at: int) -> int:
    while parents[at] != at:
        at = parents[at]
    return at
