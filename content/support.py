"""Does a sentence in a model's own words rest on the passages it is said to rest on? A check without a model.

`doubts` is the whole of it: what can be looked up (`content.facts`), how many of its words are in the passages, whether
each figure stands among the same words there, whether it turns what is there round, whom it makes speak.
It errs towards cutting. What it cannot see is a wrong statement made of one passage's own words.
"""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from decimal import Decimal
from itertools import pairwise

from content.contradiction import swapped, turned, weighty
from content.facts import plain_line, untraceable
from content.figures import Figure, figures_in
from content.quotations import quotation_in
from content.sentences import is_chinese, split
from content.wordstems import WORD, akin, content_words, known_marks, pairs, stem

# Measured on tests/fixtures/paraphrases.toml: at most a third of a faithful sentence's words are its own and two of
# them in a row (in Chinese a sixth of its characters, three in a row); of a short sentence two are a large share.
MOST_OWN = {False: 0.34, True: 0.30}
LONGEST_RUN = {False: 2, True: 3}
_FREE, _SHORT = 2, 5

# How many words (in Chinese: four times as many characters) on either side of a figure tell what it counts.
_AROUND = 3
# What stands between two figures that are measured against each other, and how far apart they may be (characters).
_JOINT = re.compile(
    r"\b(?:to|rather than|instead of|than|against|versus|compared (?:with|to))\b|而不是|对比|[比对至到]"
)
_NEAR = 40
_HAN = re.compile(r"[\u3400-\u9fff]")
_IN_MARKS = re.compile(r"“([^“”]+)”|\"([^\"]+)\"|「([^「」]+)」|『([^『』]+)』|«([^«»]+)»")
_SPEECH_LENGTH = {False: 4, True: 8}
_EDGES = " ,.!?;:…，。！？；："


def doubts(sentence: str, passages: Sequence[str], language: str) -> tuple[str, ...]:
    """Say why a sentence does not rest on these passages, whole sentences of a source; empty when it does."""
    chinese = is_chinese(language)
    source = "\n".join(passages)
    found = [f"{each!r} is not in what it cites" for each in untraceable(sentence, source)]
    marks = known_marks(sentence, source, language)
    own, run = marks.count(False), _longest_run(marks)
    few = not chinese and own <= _FREE and len(marks) >= _SHORT
    if not marks or (own > MOST_OWN[chinese] * len(marks) and not few):
        found.append(f"{own} of its {len(marks)} words are not in what it cites")
    elif run > LONGEST_RUN[chinese]:
        found.append(f"{run} words in a row are not in what it cites")
    if not chinese and _babbles(sentence):
        found.append("says the same words over and over")
    found += _misplaced(sentence, passages, language)
    found += _reversed(sentence, passages)
    found += turned(sentence, passages, language)
    found += swapped(sentence, passages, language)
    found += [f"{word!r} is too much to say without a source" for word in weighty(sentence, source, language)]
    found += _misquoted(sentence, passages, language)
    return tuple(dict.fromkeys(found))


def _babbles(sentence: str) -> bool:
    words = Counter(map(stem, content_words(sentence)))
    return max(words.values(), default=0) >= max(3, words.total() / 3)


def _longest_run(marks: Sequence[bool]) -> int:
    run = longest = 0
    for known in marks:
        run = 0 if known else run + 1
        longest = max(longest, run)
    return longest


def _misplaced(sentence: str, passages: Sequence[str], language: str) -> Iterator[str]:
    """Name figures that the passages give, but for something else."""
    there = [each for passage in passages for each in _with_neighbours(passage, language, 2 * _AROUND)]
    for figure, around in _with_neighbours(sentence, language, _AROUND):
        same = [near for other, near in there if figure.value in {other.value, *other.parts}]
        if around and same and not any(_meet(around, near, language) for near in same):
            yield f"{figure.words!r} counts something else in what it cites"


def _reversed(sentence: str, passages: Sequence[str]) -> Iterator[str]:
    """Name two figures that the passages give the other way round, such as the votes on either side."""
    there = {each for passage in passages for each in _measured_against(passage)}
    for first, joint, second in _measured_against(sentence):
        if first != second and (second, joint, first) in there and (first, joint, second) not in there:
            yield f"{first:f} {joint} {second:f} is the other way round in what it cites"


def _measured_against(text: str) -> Iterator[tuple[Decimal, str, Decimal]]:
    line = plain_line(text)
    figures = sorted(figures_in(line), key=lambda each: each.start)
    for first, second in pairwise(figures):
        between = line[first.end : second.start]
        if len(between) <= _NEAR and (joint := _JOINT.search(between.lower())):
            yield first.value, joint[0], second.value


def _with_neighbours(text: str, language: str, reach: int) -> Iterator[tuple[Figure, frozenset[str]]]:
    """Give each figure with the words near it, as far as the next figure: beyond, they belong to that one."""
    line = plain_line(text)
    figures = sorted(figures_in(line), key=lambda each: each.start)
    for index, figure in enumerate(figures):
        if is_chinese(language):  # too few characters stand between two figures to tell them apart by
            near = [*pairs(line[: figure.start][-4 * reach :]), *pairs(line[figure.end :][: 4 * reach])]
        else:
            low = figures[index - 1].end if index else 0
            high = figures[index + 1].start if index + 1 < len(figures) else len(line)
            before, after = line[low : figure.start], line[figure.end : high]
            near = [*map(stem, (*content_words(before)[-reach:], *content_words(after)[:reach]))]
        yield figure, frozenset(near)


def _meet(one: frozenset[str], other: frozenset[str], language: str) -> bool:
    if is_chinese(language):
        return bool(one & other)
    return any(akin(word, other) for word in one)


def _misquoted(sentence: str, passages: Sequence[str], language: str) -> list[str]:
    """Name direct speech that nobody speaks in the passages, or somebody else."""
    chinese = is_chinese(language)
    source = "\n".join(passages)
    found: list[str] = []
    spoken = [plain_line(words).lower() for words in _in_marks(source)]
    for words in _in_marks(sentence):
        length = len(_HAN.findall(words)) if chinese else len(WORD.findall(words))
        bare = plain_line(words).strip(_EDGES).lower()
        if length >= _SPEECH_LENGTH[chinese] and not any(bare in each for each in spoken):
            found.append(f"nobody is quoted with {words!r} in what it cites")
    said = quotation_in(sentence, language)
    if said and said.speaker:
        quoted = [
            other
            for passage in passages
            for each in split(passage, language)
            if (other := quotation_in(each.text, language, source)) and _overlap(said.words, other.words)
        ]
        surname = said.speaker.split()[-1]
        if quoted and not any(surname in other.speaker for other in quoted):
            found.append(f"what it cites does not quote {said.speaker} with these words")
    return found


def _in_marks(text: str) -> list[str]:
    return [next(filter(None, match.groups())) for match in _IN_MARKS.finditer(text)]


def _overlap(one: str, other: str) -> bool:
    left, right = (plain_line(words).lower().strip(_EDGES) for words in (one, other))
    return left in right or right in left
