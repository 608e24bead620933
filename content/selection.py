"""Choosing an article's sentences from their vectors: the lead, the key points by MMR, the quotation.

Pure arithmetic over candidates; the same input gives the same choice on any machine (gains are compared
to the thousandth, so the last bits of a processor's floats do not decide).
"""

import math
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from content.quotations import Quotation
from content.sentences import Sentence

MOST_POINTS, FEWEST_POINTS = 5, 2
# An article's length, least and most: words, or characters in Chinese.
_LENGTH = {False: (90, 220), True: (150, 400)}
_LEAD_LENGTH = {False: (9, 38), True: (18, 90)}
# Two sentences tell the same above the first cosine, or above the second when they share that part of their words.
# Two sources word one fact differently, so between them less is enough. Measured on pairs of reports of one event:
# MiniLM's cosines for English, those of character n-grams for Chinese, which lie lower.
_SAME_SOURCE = {False: (0.84, 0.70, 0.5), True: (0.60, 0.30, 0.5)}
_OTHER_SOURCE = {False: (0.66, 0.55, 0.3), True: (0.40, 0.15, 0.4)}
# How strongly MMR holds likeness to what is already chosen against a sentence.
_AGAINST_REPEATING = 0.45

_NEWS = re.compile(
    r"\b(?:announc|launch|releas|open|publish|unveil|introduc|award|sign|approv|complet|start|beg[ai]n|clos|join|"
    r"select|partner|creat|build|built|develop|won|vot|elect|agree|plan|contract|order|will|[Tt]oday|"
    r"this (?:week|month|year))\w*"
)
_NEWS_HAN = re.compile(
    r"宣布|启动|开放|开通|发布|推出|举行|完成|通过|建成|关闭|开业|将于|将在|启用|投入|获批|批准|决定|上线"
)
_NAME = re.compile(r"(?<=[\w,’'”)] )(?:[A-Z][\w’.-]*[\w]|\d+[A-Z]\w*)|\b[A-Z]{2,}\b|\b\d+[A-Z]\b")
# "The guide is …", "The kit will …": which one, a reader asks who starts here.
_BARE = re.compile(r"The [a-z]+ (?:is|are|was|were|has|have|will|can|may)\b")
_VAGUE = re.compile(r"(?:The|Our|We|Each|Every|Many|Most|Some|People|When|If|As|At (?:last|the|this))\b")


@dataclass(frozen=True, slots=True)
class Candidate:
    """A sentence that may stand in the article; `order` counts the source's sentences from 0."""

    sentence: Sentence
    source: int
    order: int
    length: int
    weakness: float
    quotation: Quotation | None


@dataclass(frozen=True)
class Material:
    """What there is to choose from.

    `relevant` (N,) is each candidate's cosine to the headline, `worth` (N,) its general worth,
    `likeness` (N, N) the cosines between candidates.
    """

    candidates: Sequence[Candidate]
    relevant: NDArray[np.float64]
    worth: NDArray[np.float64]
    likeness: NDArray[np.float64]
    chinese: bool

    @property
    def plain(self) -> list[int]:
        """The candidates that are nobody's direct speech."""
        return [index for index, each in enumerate(self.candidates) if each.quotation is None]


@dataclass(frozen=True)
class Quota:
    """How much may be chosen: `points` sentences, `per_source` sentences a source in all, `longest` in length."""

    points: int
    per_source: int
    longest: int


def weigh(
    candidates: Sequence[Candidate],
    vectors: NDArray[np.float32],
    headline_vector: NDArray[np.float32],
    *,
    chinese: bool,
) -> Material:
    """Weigh the candidates: what is central to the story, near its headline, early and not weak is worth most.

    `vectors` (N, D) and `headline_vector` (D,) are of unit length. The centre is the mean of the sources' means,
    so that a long source does not drown a short one.
    """
    rows = vectors.astype(np.float64)
    by_source: dict[int, list[int]] = {}
    for index, each in enumerate(candidates):
        by_source.setdefault(each.source, []).append(index)
    centre = np.mean([rows[indices].mean(axis=0) for indices in by_source.values()], axis=0)
    central = rows @ (centre / (float(np.linalg.norm(centre)) or 1.0))
    relevant = rows @ headline_vector.astype(np.float64).ravel()
    early = np.array([math.exp(-each.order / 12) for each in candidates])
    weak = np.array([each.weakness for each in candidates])
    worth = 0.55 * central + 0.30 * relevant + 0.10 * early - weak
    return Material(candidates, relevant, worth, rows @ rows.T, chinese)


def choose_lead(material: Material) -> int:
    """Choose the sentence that tells the story: early, near the headline, naming who and what, of readable length."""
    least, most = _LEAD_LENGTH[material.chinese]

    def fitness(index: int) -> tuple[float, int]:
        each = material.candidates[index]
        text = each.sentence.text
        told = 0.03 * bool(re.search(r"\d", text))
        if material.chinese:
            told += 0.07 * min(2, len(_NEWS_HAN.findall(text)))
        else:
            told += 0.06 * min(2, len(_NAME.findall(text))) + 0.05 * min(2, len(_NEWS.findall(text)))
            told -= 0.05 * bool(_VAGUE.match(text)) + 0.08 * bool(_BARE.match(text))
            # A story starts with what happened, not with what happened besides, nor in somebody's mouth.
            told -= 0.08 * bool(re.search(r"\balso\b", text)) + 0.10 * text.startswith(("“", '"'))
        told += 0.35 * float(material.relevant[index]) + 0.30 * math.exp(-each.order / 5)
        beside = 0.10 * (each.length < least) + 0.12 * (each.length > most)
        return round(float(material.worth[index]) + told - each.weakness - beside, 3), -index

    return max(material.plain, key=fitness)


def choose_quotation(material: Material, lead: int) -> int | None:
    """Choose the quotation with a named speaker that says most; a first name alone names nobody to a reader."""

    def fitness(index: int) -> tuple[float, int]:
        # In somebody's own mouth "I" is no weakness.
        return round(float(material.worth[index]) + 0.8 * material.candidates[index].weakness, 3), -index

    usable = [
        index
        for index, each in enumerate(material.candidates)
        if each.quotation and each.quotation.speaker and (material.chinese or " " in each.quotation.speaker)
        if not _repeats(material, lead, index)
    ]
    return max(usable, key=fitness, default=None)


def choose_points(material: Material, lead: int, quoted: int | None, max_source_share: float) -> list[int]:
    """Choose two to five key points: as many as fit the article's length, within the sources' shares.

    Empty when even two cannot be found. Where several sources have something to say, none gives more than
    `max_source_share` of all sentences, or its even part of them if that is more.
    """
    shortest, longest = _LENGTH[material.chinese]
    start = [lead] if quoted is None else [lead, quoted]
    best: tuple[int, list[int]] | None = None
    sources = len({material.candidates[index].source for index in material.plain})
    # A source that only repeats the others has no part to give: then the rest share among themselves.
    for sharing in range(sources, 0, -1):
        for points in range(MOST_POINTS, FEWEST_POINTS - 1, -1):
            total = len(start) + points
            fair = total if sharing == 1 else math.floor(max(max_source_share, 1 / sharing) * total + 1e-9)
            if fair * sharing < total:
                continue
            chosen = _most_worth(material, start, Quota(points, fair, longest))
            if chosen is None:
                continue
            length = sum(material.candidates[index].length for index in (*start, *chosen))
            beside = max(0, shortest - length, length - longest)
            if best is None or beside < best[0]:
                best = (beside, chosen)
            if not beside:
                return chosen
        if best is not None:
            return best[1]
    return []


def _most_worth(material: Material, start: Sequence[int], quota: Quota) -> list[int] | None:
    """Choose exactly the quota's points by maximal marginal relevance; None when that cannot be."""
    candidates = material.candidates
    chosen = list(start)
    per_source = Counter(candidates[index].source for index in start)
    if max(per_source.values()) > quota.per_source:
        return None
    room = quota.longest - sum(candidates[index].length for index in start)
    for left in range(quota.points, 0, -1):
        gains = [
            (_gain(material, index, chosen, room / left), -index)
            for index in material.plain
            if index not in chosen
            and per_source[candidates[index].source] < quota.per_source
            and not any(_repeats(material, index, other) for other in chosen)
        ]
        if not gains:
            return None
        index = -max(gains)[1]
        chosen.append(index)
        per_source[candidates[index].source] += 1
        room -= candidates[index].length
    return chosen[len(start) :]


def _gain(material: Material, index: int, chosen: Sequence[int], fair_length: float) -> float:
    """Give what a sentence adds to those chosen: its worth, less what it repeats and the room it takes from others."""
    each = material.candidates[index]
    beside = [material.candidates[other] for other in chosen]
    nearest = max(float(material.likeness[index][other]) for other in chosen)
    gain = float(material.worth[index]) - _AGAINST_REPEATING * max(0.0, nearest)
    gain += 0.08 * all(other.source != each.source for other in beside)
    gain -= 0.2 * max(0.0, each.length - 1.5 * fair_length) / max(1, each.length)
    neighbours = ((other.source, other.sentence.paragraph) for other in beside)
    gain -= 0.06 * ((each.source, each.sentence.paragraph) in neighbours)
    return round(gain, 3)


def _repeats(material: Material, index: int, other: int) -> bool:
    """Say whether a sentence tells again what another tells."""
    mine, theirs = material.candidates[index], material.candidates[other]
    limits = _SAME_SOURCE if mine.source == theirs.source else _OTHER_SOURCE
    same, close, shared = limits[material.chinese]
    near = float(material.likeness[index][other])
    if near <= close:
        return False
    words, others = _content_words(mine.sentence.text), _content_words(theirs.sentence.text)
    return near > same or len(words & others) > shared * min(len(words), len(others))


def _content_words(text: str) -> frozenset[str]:
    pairs = re.findall(r"(?=([\u4e00-\u9fff]{2}))", text)
    return frozenset(pairs or re.findall(r"[^\W_]{4,}", text.lower()))
