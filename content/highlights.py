"""The best of a film: which sentences or which parts of which shots are kept when only so much time is left.

Pure arithmetic over words and shots in time; nothing is decoded here. What is kept is in order, does not overlap,
and is never longer than asked for.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from content.captions import join_words
from content.errors import BadInputError
from content.sentences import is_chinese, split
from content.values import SpokenWord
from content.wordstems import content_words, pairs, stem

Stretch = tuple[float, float]
"""From and to, seconds."""

_BEFORE_S, _AFTER_S = 0.08, 0.16
"""How much is kept before a sentence's first word and after its last: a breath, so that no sound is bitten off."""

_OPENING = 1.25
"""How much more the first sentence is worth: it says what the rest is about."""

_SAID_ONCE = 0.3

_EXCERPT_S = 3.0
"""About how long a part of a shot is shown before another has its turn."""

_SHORTEST_S = 0.8
_EDGE_S = 0.25
"""Left out at both ends of a shot where there is room: half a cross-fade lies there."""


@dataclass(frozen=True)
class Shot:
    """A stretch of film without a cut, and how lively it is in each equal part of its time."""

    start_s: float
    end_s: float
    liveliness: tuple[float, ...]

    @property
    def length_s(self) -> float:
        """How long it is."""
        return self.end_s - self.start_s

    @property
    def worth(self) -> float:
        """How lively it is, all in all."""
        return sum(self.liveliness) / max(1, len(self.liveliness))


def by_transcript(
    words: Sequence[SpokenWord], target_s: float, duration_s: float, language: str
) -> tuple[Stretch, ...]:
    """Choose whole sentences that together say the most and take at most `target_s`.

    A sentence is worth as much as its words on average, a word as often as the film says it; half of that once it is
    heard. What is said only once is hardly what a film is about.
    When even the best sentence is too long, it is cut after the last word that fits.
    """
    sentences = [sentence for sentence in _sentences(words, language) if sentence]
    if not sentences:
        raise BadInputError("there is no transcript to choose highlights from; add captions first, or choose by shots")
    times = _with_breath(sentences, duration_s)
    matter = [_matter(join_words([word.text for word in sentence]), language) for sentence in sentences]
    weight = {
        term: count if count > 1 else _SAID_ONCE
        for term, count in Counter(term for terms in matter for term in terms).items()
    }

    chosen: set[int] = set()
    left = target_s
    while True:
        fitting = [at for at in range(len(sentences)) if at not in chosen and times[at][1] - times[at][0] <= left]
        if not fitting:
            break
        best = max(fitting, key=lambda at: (_worth(matter[at], weight, first=at == 0), -at))
        chosen.add(best)
        left -= times[best][1] - times[best][0]
        for term in set(matter[best]):
            weight[term] /= 2
    if chosen:
        return _joined([times[at] for at in sorted(chosen)])
    best = max(range(len(sentences)), key=lambda at: (_worth(matter[at], weight, first=at == 0), -at))
    start = times[best][0]
    ends = [word.end_s for word in sentences[best] if word.end_s - start <= target_s]
    return ((start, ends[-1] if ends else min(duration_s, start + target_s)),)


def by_shots(shots: Sequence[Shot], target_s: float) -> tuple[Stretch, ...]:
    """Choose the liveliest shots, so many that each has about three seconds, and of each its liveliest part.

    Where shots are short there are more of them.
    """
    whole = sum(shot.length_s for shot in shots)
    if whole <= target_s:
        return _joined([(shot.start_s, shot.end_s) for shot in shots])
    long_enough = [shot for shot in shots if shot.length_s >= min(_SHORTEST_S, target_s)] or list(shots)
    count = min(len(long_enough), max(1, round(target_s / _EXCERPT_S)))
    ranked = sorted(long_enough, key=lambda shot: (-shot.worth, shot.start_s))
    while count < len(ranked) and sum(shot.length_s for shot in ranked[:count]) < target_s:
        count += 1
    chosen = sorted(ranked[:count], key=lambda shot: shot.start_s)
    lengths = _shared_out(target_s, [shot.length_s for shot in chosen])
    return _joined([_liveliest(shot, length) for shot, length in zip(chosen, lengths, strict=True)])


def _sentences(words: Sequence[SpokenWord], language: str) -> list[list[SpokenWord]]:
    """Put words together as sentences; a new segment begins one, too."""
    found: list[list[SpokenWord]] = []
    segment: list[SpokenWord] = []
    for word, following in [*pairwise(words), *(((words[-1], None),) if words else ())]:
        segment.append(word)
        if following is None or following.segment != word.segment:
            found += _split(segment, language)
            segment = []
    return found


def _split(segment: list[SpokenWord], language: str) -> list[list[SpokenWord]]:
    """Split a segment's words where its text splits into sentences."""
    ends, text = [], ""
    for word in segment:
        text = join_words([text, word.text]) if text else word.text
        ends.append(len(text))
    found, at = [], 0
    for sentence in split(text, language):
        count = sum(end <= sentence.end for end in ends[at:])
        found.append(segment[at : at + count])
        at += count
    return [*found, segment[at:]]


def _with_breath(sentences: Sequence[Sequence[SpokenWord]], duration_s: float) -> list[Stretch]:
    """Give each sentence's time with a breath around it, half of the pause at most."""
    plain = [(sentence[0].start_s, max(sentence[-1].end_s, sentence[0].start_s)) for sentence in sentences]
    times = []
    for at, (start, end) in enumerate(plain):
        before = (plain[at - 1][1] + start) / 2 if at else 0.0
        after = (end + plain[at + 1][0]) / 2 if at + 1 < len(plain) else duration_s
        times.append(
            (min(start, max(before, start - _BEFORE_S)), min(duration_s, max(end, min(after, end + _AFTER_S))))
        )
    return times


def _matter(text: str, language: str) -> list[str]:
    return pairs(text) if is_chinese(language) else [stem(word) for word in content_words(text)]


def _worth(terms: Sequence[str], weight: dict[str, float], *, first: bool) -> float:
    worth = sum(weight[term] for term in terms) / max(1, len(terms))
    return worth * _OPENING if first else worth


def _shared_out(target_s: float, lengths: Sequence[float]) -> list[float]:
    """Share time out evenly; what a short shot cannot use goes to the longer ones."""
    given = [0.0] * len(lengths)
    left, open_ = target_s, sorted(range(len(lengths)), key=lengths.__getitem__)
    for rank, index in enumerate(open_):
        given[index] = min(lengths[index], left / (len(open_) - rank))
        left -= given[index]
    return given


def _liveliest(shot: Shot, length_s: float) -> Stretch:
    """Give the part of a shot in which the most happens, away from its edges where there is room."""
    edge = min(_EDGE_S, (shot.length_s - length_s) / 2)
    first, last = shot.start_s + edge, shot.end_s - edge - length_s
    count = len(shot.liveliness)
    if count < 2 or last <= first:
        return (first, first + length_s)
    step = shot.length_s / count

    def happening(start: float) -> float:
        held = [
            value
            * max(0.0, min(start + length_s, shot.start_s + (at + 1) * step) - max(start, shot.start_s + at * step))
            for at, value in enumerate(shot.liveliness)
        ]
        return sum(held)

    starts = [first + (last - first) * at / 20 for at in range(21)]
    middle = (first + last) / 2
    start = max(starts, key=lambda start: (round(happening(start), 9), -abs(start - middle)))
    return (start, start + length_s)


def _joined(stretches: Sequence[Stretch]) -> tuple[Stretch, ...]:
    """Join stretches that touch."""
    found: list[Stretch] = []
    for start, end in stretches:
        if found and start - found[-1][1] < 1e-6:
            found[-1] = (found[-1][0], max(end, found[-1][1]))
        else:
            found.append((start, end))
    return tuple(found)
