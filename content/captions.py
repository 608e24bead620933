"""Captions: spoken words to short stretches of text on screen, and those to WebVTT.

A caption has at most two lines, starts with its first word, never leaves before its last, never spans two segments,
and breaks where the sentence does. Where to break is one shortest path through each segment, not a greedy fill,
so that a sentence's last word is not left alone on screen.
"""

import re
from collections.abc import Sequence
from itertools import groupby
from math import inf

from pydantic import Field

from content.recipes import Value
from content.values import SpokenWord

LINE_CELLS = 126
"""A line's room: 42 Latin characters of 3 cells or 18 Chinese ones of 7 (the usual figures of broadcasters)."""

SHORTEST_S = 0.8
LONGEST_S = 6.5
BRIDGED_S = 0.5
"""A pause up to this long inside a segment keeps its caption on screen: a blank flash reads worse than a late leave."""

_CJK = re.compile(r"[\u2e80-\u303f\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff\uff00-\uff60\U00020000-\U0003ffff]")
_SENTENCE_END = re.compile(r"[.!?。！？…][\"'”’»)\]」』）]*$")
_CLAUSE_END = re.compile(r"[,;:，；：、—–][\"'”’»)\]」』）]*$")
_ABBREVIATION = re.compile(r"^(?:(?:[A-Za-z]\.)+|(?:Mr|Mrs|Ms|Dr|St|vs|etc|No|Inc|Jr|Sr)\.)$")
# A line that ends on one of these leaves its noun to the next.
_CLINGS_TO_NEXT = re.compile(
    r"an?|the|of|to|in(to)?|on|at|by|for|from|with|about|and|or|but|nor|than|as|is|are|was|were|be|been|ha[sd]|have|will|would"
    r"|can|could|that|which|who(se)?|their|its|his|her|our|your|my|this|these|those|not?",
    re.IGNORECASE,
)
_OPENS_A_PHRASE = re.compile(
    r"and|but|or|because|so|while|when|where|which|who|that|if|to|in|on|at|by|for|from|with|of|as|than", re.IGNORECASE
)
_CJK_NEVER_FIRST = frozenset("的了着过吗呢吧们地得")


class Caption(Value):
    """Words on screen while they are heard; at most two lines."""

    text: str
    start_s: float = Field(ge=0)
    end_s: float = Field(ge=0)


def lay_captions(words: Sequence[SpokenWord], *, language: str = "en") -> tuple[Caption, ...]:
    """Set words as captions in order; every word is in exactly one of them.

    A caption lasts at least 0.8 s, except where the next segment's first word comes sooner than that.
    """
    del language  # the words' own characters say how wide they are and where they may break
    captions: list[Caption] = []
    segments = [list(group) for _, group in groupby(words, key=lambda word: word.segment)]
    for index, segment in enumerate(segments):
        last = index + 1 == len(segments)
        limit = inf if last else max(segments[index + 1][0].start_s, segment[-1].end_s)
        captions += _lay_segment(segment, limit)
    return tuple(captions)


def webvtt(captions: Sequence[Caption]) -> str:
    """Write captions as a WebVTT file."""
    blocks = ["WEBVTT"]
    for number, caption in enumerate(captions, start=1):
        start = round(caption.start_s * 1000)
        end = max(start + 1, round(caption.end_s * 1000))
        lines = (" ".join(line.split()) for line in caption.text.split("\n"))
        text = "\n".join(line for line in lines if line)
        text = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
        blocks.append(f"{number}\n{_clock(start)} --> {_clock(end)}\n{text}")
    return "\n\n".join(blocks) + "\n"


def cells(text: str) -> int:
    """Give a text's width on a caption line; `LINE_CELLS` fill one."""
    return sum(7 if _CJK.match(character) else 3 for character in text)


def join_words(texts: Sequence[str]) -> str:
    """Join words as they are written: a space between them, none beside a Chinese character."""
    joined = ""
    for text in texts:
        tight = not joined or _CJK.match(joined[-1]) or _CJK.match(text[:1])
        joined += text if tight else f" {text}"
    return joined


def _lay_segment(words: list[SpokenWord], limit: float) -> list[Caption]:
    """Break one segment's words; nothing may stand on screen after `limit`."""
    words = [piece for word in words for piece in _split_long(word)]
    count = len(words)
    texts = [word.text for word in words]
    breaks = [0.0, *(_break_cost(texts, at) for at in range(1, count + 1))]
    best = [inf] * count + [0.0]
    follow = [count] * (count + 1)
    for first in range(count - 1, -1, -1):
        for end in range(first + 1, count + 1):
            lines = _lines(texts[first:end])
            if lines is None:
                break
            leaves = words[end].start_s if end < count else limit
            cost = (
                0.5 * lines[1]
                + _time_cost(words[first].start_s, words[end - 1].end_s, leaves)
                + breaks[end]
                + best[end]
            )
            cost += 4.0 + 5.0 * breaks[first + 1 : end].count(
                0.0
            )  # fewer captions, and no sentence starting inside one
            if cost < best[first]:
                best[first], follow[first] = cost, end
    captions = []
    first = 0
    while first < count:
        end = follow[first]
        leaves = words[end].start_s if end < count else limit
        start_s, spoken_s = words[first].start_s, words[end - 1].end_s
        end_s = min(leaves, max(spoken_s, start_s + SHORTEST_S))
        if end < count and leaves - spoken_s <= BRIDGED_S:
            end_s = leaves
        lines = _lines(texts[first:end])
        assert lines is not None
        captions.append(Caption(text="\n".join(lines[0]), start_s=start_s, end_s=max(end_s, spoken_s)))
        first = end
    return captions


def _time_cost(start_s: float, spoken_s: float, leaves: float) -> float:
    """Price a caption's stay on screen: hardly ever too short to read, seldom too long."""
    cost = 0.0
    room = leaves - start_s
    if room < SHORTEST_S:
        cost += 1000.0
    elif room < 1.4:
        cost += 12.0 * (1.4 - room)
    return cost + 10.0 * max(0.0, spoken_s - start_s - LONGEST_S)


def _break_cost(texts: Sequence[str], at: int) -> float:
    """Price a break before word `at`: 0 at a sentence's end, more the closer the two words belong together."""
    if at >= len(texts):
        return 0.0
    before, after = texts[at - 1], texts[at]
    if _SENTENCE_END.search(before) and not _ABBREVIATION.match(before):
        return 0.0
    if _CLAUSE_END.search(before):
        return 2.0
    if after[:1] in _CJK_NEVER_FIRST or not (_CJK.match(before[-1:]) or before[-1:].isalnum() or before[-1:] in ')”’"'):
        return 14.0
    if _CLINGS_TO_NEXT.fullmatch(before) or re.fullmatch(r"[$€£]?[\d.,]+", before):
        return 12.0
    return 5.0 if _OPENS_A_PHRASE.fullmatch(after) else 8.0


def _lines(texts: Sequence[str]) -> tuple[list[str], float] | None:
    """Set words on one line, or on the two that look best, with what that costs; None when they do not fit."""
    whole = join_words(texts)
    if cells(whole) <= LINE_CELLS:
        return [whole], 0.0
    if cells(whole) > 2 * LINE_CELLS + cells(" "):
        return None
    options = []
    for at in range(1, len(texts)):
        top, bottom = join_words(texts[:at]), join_words(texts[at:])
        if cells(top) <= LINE_CELLS and cells(bottom) <= LINE_CELLS:
            unevenness = abs(cells(top) - cells(bottom)) / 12
            options.append((_break_cost(texts, at) + unevenness, at, [top, bottom]))
    if not options:
        return None
    cost, _, lines = min(options)
    return lines, cost


def _split_long(word: SpokenWord) -> list[SpokenWord]:
    """Cut a word wider than a line (an address) into pieces that fit, sharing its time by length."""
    if cells(word.text) <= LINE_CELLS:
        return [word]
    pieces: list[str] = [""]
    for character in word.text:
        if cells(pieces[-1] + character) > LINE_CELLS:
            pieces.append("")
        pieces[-1] += character
    length, span = cells(word.text), word.end_s - word.start_s
    parts, start = [], word.start_s
    for piece in pieces:
        end = start + span * cells(piece) / length
        parts.append(word.model_copy(update={"text": piece, "start_s": start, "end_s": end}))
        start = end
    return parts


def _clock(milliseconds: int) -> str:
    seconds, milliseconds = divmod(milliseconds, 1000)
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours:02}:{minutes:02}:{seconds:02}.{milliseconds:03}"
