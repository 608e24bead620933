"""The words a card shows of a sentence, and how figures compare: which one tells a viewer more."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from content.figures import Figure

LONGEST_FIGURE: Final = 24
"""Characters a card has room for in large type."""

HUNDRED: Final = Decimal(100)
"""A smaller number of things is heard well enough."""

SMALL: Final = Decimal(1000)
"""A sum smaller than this says nothing without what it is for."""

_MILLION: Final = Decimal(10) ** 6


@dataclass(frozen=True, slots=True)
class HighPoint:
    """What a card shows large, characters of a sentence, and what stands beside: the speaker, or what is counted.

    `weight` compares figures: the greater tells more.
    """

    shown: str
    beside: str
    weight: float = 0.0


def weight(figure: Figure, *, money: bool, percent: bool, scaled: bool) -> float:
    """Compare figures: great sums first, then great numbers, shares, counts and small sums."""
    if money:
        return 5.0 + figure.value.adjusted() / 20 if figure.value >= SMALL else 2.0
    if scaled or figure.value >= _MILLION:
        return 4.5
    if percent:
        return 4.0
    return 3.5 if figure.value >= 10_000 else 3.0
