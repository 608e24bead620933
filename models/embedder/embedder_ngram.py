"""Text vectors from hashed character n-grams: no weights, any language, made for Chinese.

Each text is cut at punctuation and at Chinese function words, and what is left is counted in overlapping n-grams.
A vector depends on its own text only (there is no document frequency over the batch),
so one text that changes cannot move two others closer together or apart.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from content.recipes import EngineIdentity

DIMENSIONS = 8192
SHORTEST, LONGEST = 2, 4
DECIMALS = 6

# Grammar and newsroom routine: they join every story to every other.
_FUNCTION_CHARACTERS = (
    "的了是在和与及或有为对把被将从到向于以而但也都就还又很更最不没这那其之所等着过会能可要让给我你他她它们个"
)
_ROUTINE = (
    "记者|表示|宣布|介绍|报道|消息|今天|今日|昨天|昨日|明天|日前|近日|目前|已经|由于|因此|如果|虽然|因为|同时|以及|其中|"
    "此外|根据|通过|进行|开始|预计|一些|许多|他们|我们|自己|没有|可以|需要|认为|指出|称"
)
_CUT = re.compile(f"{_ROUTINE}|[{_FUNCTION_CHARACTERS}]")
_RUN = re.compile(r"[\u3400-\u9fff]+|[^\W\d_]+|\d+(?:[.,:]\d+)*")


class EmbedderNgram:
    """Hashed character n-grams with logarithmic counts. Holds nothing between calls; safe to share between threads."""

    @property
    def identity(self) -> EngineIdentity:
        """The shape of the n-grams."""
        return EngineIdentity(
            backend="ngram",
            model=f"char-{SHORTEST}-{LONGEST}",
            revision="1",
            parameters={"dimensions": DIMENSIONS, "decimals": DECIMALS},
        )

    def load(self) -> None:
        """Do nothing: there are no weights."""

    def release(self) -> None:
        """Do nothing: there are no weights."""

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Give (N, 8192) float32 rows of unit length; a text without a letter or digit gives the first axis."""
        if not texts:
            return np.zeros((0, DIMENSIONS), dtype=np.float32)
        from sklearn.feature_extraction import FeatureHasher

        hashed = FeatureHasher(DIMENSIONS, input_type="dict", dtype=np.float64).transform(
            {gram: 1 + float(np.log(count)) for gram, count in sorted(Counter(_grams(text)).items())} for text in texts
        )
        rows: NDArray[np.float64] = hashed.toarray()
        lengths = np.linalg.norm(rows, axis=1)
        rows[lengths == 0, 0] = 1
        lengths[lengths == 0] = 1
        rounded: NDArray[np.float32] = np.round(rows / lengths[:, None], DECIMALS).astype(np.float32)
        return rounded


def _grams(text: str) -> Iterator[str]:
    for match in _RUN.finditer(unicodedata.normalize("NFKC", text).casefold()):
        run = match[0]
        if not "\u3400" <= run[0] <= "\u9fff":
            # A word or figure in a Chinese text is a name or a fact: it counts whole, and by its parts.
            yield f" {run} "
            yield from _windows(run, 3, LONGEST) if run[0].isalpha() else ()
            continue
        for piece in _CUT.split(run):
            yield from _windows(piece, SHORTEST, LONGEST)


def _windows(run: str, shortest: int, longest: int) -> Iterator[str]:
    for size in range(shortest, longest + 1):
        for start in range(len(run) - size + 1):
            yield run[start : start + size]
