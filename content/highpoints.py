"""What deserves a scene of its own in a video: a figure that tells something, or somebody's own words.

Years, dates, times, ordinals, versions, addresses, ends of a range and numbers that are names are no such figures.
What is shown are always characters of the sentence, with the word that keeps it honest ("about", "up to") where one
stands before the figure.
"""

import functools
import re
from typing import Final

from content.card_words import HighPoint
from content.figures import figures_in
from content.highpoints_chinese import chinese_figure
from content.highpoints_english import english_figure
from content.quotations import quotation_in
from content.sentences import is_chinese, reading_length
from content.values import Claim

__all__ = ["HighPoint", "own_words", "telling_figure"]

# More than this nobody reads off a screen while it is spoken: words, or Chinese characters.
_LONGEST_QUOTE: Final = {False: 45, True: 80}
_QUOTED: Final = re.compile(r"“([^“”]+)”|\"([^\"]+)\"|「([^「」]+)」|‘([^‘’]{20,})’")


@functools.lru_cache(maxsize=4096)
def telling_figure(sentence: str, language: str) -> HighPoint | None:
    """Give the figure of a sentence that tells most, the first of equals; None when none deserves a scene."""
    read = chinese_figure if is_chinese(language) else english_figure
    found = [
        point
        for figure in sorted(figures_in(sentence), key=lambda each: each.start)
        if (point := read(sentence, figure))
    ]
    return max(found, key=lambda point: point.weight, default=None)


@functools.lru_cache(maxsize=4096)
def own_words(claim: Claim, language: str) -> HighPoint | None:
    """Give what somebody says in a sentence, without its marks, and who says it.

    None when nobody is quoted, when it is too much to read, or when a reader would not know whose words these are.
    """
    quotation = quotation_in(claim.text, language)
    if quotation is None and claim.role != "quotation":
        return None
    speaker = claim.speaker or (quotation.speaker if quotation else "")
    stretches = ["".join(filter(None, match.groups())) for match in _QUOTED.finditer(claim.text)]
    # Of words torn apart by "she said", those that can begin.
    stretches = [each for each in stretches if not each[:1].islower()] or stretches
    words = max(stretches, key=len, default="" if quotation or not speaker else claim.text).strip().rstrip(",，;；—–")
    if not words or not speaker or reading_length(words, language) > _LONGEST_QUOTE[is_chinese(language)]:
        return None
    return HighPoint(words, speaker)
