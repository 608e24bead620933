"""Captions: spoken words to short stretches of text on screen, and those to WebVTT and SubRip.

A caption has at most two lines, starts with its first word, never leaves before its last, never spans two segments,
and breaks where the sentence does. Where to break is one shortest path through each segment, not a greedy fill,
so that a sentence's last word is not left alone on screen.
"""

import re
from collections.abc import Sequence
from functools import lru_cache
from itertools import groupby
from math import inf
from typing import Literal

from pydantic import Field

from content.recipes import Value
from content.values import SpokenWord

LINE_CELLS = 126
"""A line's room: 42 Latin characters of 3 cells or 18 Chinese ones of 7 (the usual figures of broadcasters)."""

SQUARE_CELLS = 90
TALL_CELLS = 66
"""On a phone type is larger: 30 Latin characters (12 Chinese) on a square picture, 22 (9) on an upright one."""

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
_JOINTS = frozenset("-–—/_.")
_MARKUP = re.compile(r"<([^<>]*)>")
_CJK_NEVER_FIRST = frozenset("的了着过吗呢吧们地得")


class Caption(Value):
    """Words on screen while they are heard; at most two lines.

    `words` are those of the text, in order and in the caption's own time, so that the one being spoken can be marked;
    without them, or where they are not those of the text, none is. A caption that is not `burned` stands in caption
    files only, because the picture shows its words already; one at the `head` leaves the picture's foot free.
    """

    text: str
    start_s: float = Field(ge=0)
    end_s: float = Field(ge=0)
    words: tuple[SpokenWord, ...] = ()
    burned: bool = True
    at: Literal["foot", "head"] = "foot"

    def shifted(self, by_s: float, *, last_s: float = inf) -> "Caption":
        """Give the caption and its words `by_s` later, kept between 0 and `last_s`."""

        def moved(at_s: float) -> float:
            return round(min(last_s, max(0.0, at_s + by_s)), 4)

        words = (
            word.model_copy(update={"start_s": moved(word.start_s), "end_s": moved(word.end_s)}) for word in self.words
        )
        times = {"start_s": moved(self.start_s), "end_s": moved(self.end_s)}
        return self.model_copy(update={**times, "words": tuple(words)})


def line_cells(width: int, height: int) -> int:
    """Give the room of a caption line on a picture of a shape: wide, about square, or upright."""
    shape = width / height
    if shape >= 1.2:
        return LINE_CELLS
    return SQUARE_CELLS if shape >= 0.75 else TALL_CELLS


def lay_captions(words: Sequence[SpokenWord], *, language: str = "en", room: int = LINE_CELLS) -> tuple[Caption, ...]:
    """Set words as captions in order; every word is in exactly one of them. `room` is a line's width in cells.

    A caption lasts at least 0.8 s, except where the next segment's first word comes sooner than that.
    """
    del language  # the words' own characters say how wide they are and where they may break
    captions: list[Caption] = []
    segments = [list(group) for _, group in groupby(words, key=lambda word: word.segment)]
    for index, segment in enumerate(segments):
        last = index + 1 == len(segments)
        limit = inf if last else max(segments[index + 1][0].start_s, segment[-1].end_s)
        captions += _lay_segment(segment, limit, room)
    return tuple(captions)


def webvtt(captions: Sequence[Caption]) -> str:
    """Write captions as a WebVTT file."""
    blocks = ["WEBVTT"]
    for number, (start, end, text) in enumerate(map(_cue, captions), start=1):
        escaped = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
        blocks.append(f"{number}\n{_clock(start)} --> {_clock(end)}\n{escaped}")
    return "\n\n".join(blocks) + "\n"


def srt(captions: Sequence[Caption]) -> str:
    """Write captions as a SubRip file.

    SubRip cannot say that brackets are meant as text: what players would take for markup gets other ones.
    """
    blocks = []
    for number, (start, end, text) in enumerate(map(_cue, captions), start=1):
        plain = _MARKUP.sub(r"‹\1›", text.replace("-->", "→")).replace("{\\", "(\\")
        blocks.append(f"{number}\n{_clock(start, ',')} --> {_clock(end, ',')}\n{plain}\n")
    return "\n".join(blocks)


def cells(text: str) -> int:
    """Give a text's width on a caption line; `LINE_CELLS` fill one."""
    return 3 * len(text) + 4 * len(_CJK.findall(text))


def join_words(texts: Sequence[str]) -> str:
    """Join words as they are written: a space between them, none beside a Chinese character."""
    joined = ""
    for text in texts:
        tight = not joined or _CJK.match(joined[-1]) or _CJK.match(text[:1])
        joined += text if tight else f" {text}"
    return joined


def _lay_segment(words: list[SpokenWord], limit: float, room: int) -> list[Caption]:
    """Break one segment's words; nothing may stand on screen after `limit`."""
    words = [piece for word in words for piece in _split_long(word, room)]
    count = len(words)
    texts = [word.text for word in words]
    breaks = [0.0, *(_break_cost(texts, at) for at in range(1, count + 1))]
    best = [inf] * count + [0.0]
    follow = [count] * (count + 1)
    for first in range(count - 1, -1, -1):
        for end in range(first + 1, count + 1):
            lines = _lines(texts[first:end], room)
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
        lines = _lines(texts[first:end], room)
        assert lines is not None
        captions.append(
            Caption(
                text="\n".join(lines[0]),
                start_s=start_s,
                end_s=max(end_s, spoken_s),
                words=tuple(words[first:end]),
            )
        )
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
    return _parting_cost(texts[at - 1], texts[at])


@lru_cache(maxsize=4096)
def _parting_cost(before: str, after: str) -> float:
    if _SENTENCE_END.search(before) and not _ABBREVIATION.match(before):
        return 0.0
    if _CLAUSE_END.search(before):
        return 2.0
    if after[:1] in _CJK_NEVER_FIRST or not (_CJK.match(before[-1:]) or before[-1:].isalnum() or before[-1:] in ')”’"'):
        return 14.0
    if _CLINGS_TO_NEXT.fullmatch(before) or re.fullmatch(r"[$€£]?[\d.,]+", before):
        return 12.0
    return 5.0 if _OPENS_A_PHRASE.fullmatch(after) else 8.0


def _lines(texts: Sequence[str], room: int) -> tuple[list[str], float] | None:
    """Set words on one line, or on the two that look best, with what that costs; None when they do not fit."""
    whole = join_words(texts)
    width = cells(whole)
    if width <= room:
        return [whole], 0.0
    if width > 2 * room + cells(" "):
        return None
    options = []
    for at in range(1, len(texts)):
        top = cells(join_words(texts[:at]))
        if top > room:
            break
        bottom = cells(join_words(texts[at:]))
        if bottom <= room:
            options.append((_break_cost(texts, at) + abs(top - bottom) / 12, at))
    if not options:
        return None
    cost, at = min(options)
    return [join_words(texts[:at]), join_words(texts[at:])], cost


def _split_long(word: SpokenWord, room: int) -> list[SpokenWord]:
    """Cut a word wider than a line (an address) into pieces that fit, sharing its time by length.

    It is cut after a hyphen or a stroke of its own where one stands far enough to the right.
    """
    if cells(word.text) <= room:
        return [word]
    pieces: list[str] = [""]
    for character in word.text:
        if cells(pieces[-1] + character) > room:
            joints = [at for at, sign in enumerate(pieces[-1], start=1) if sign in _JOINTS and at > len(pieces[-1]) / 2]
            at = joints[-1] if joints else len(pieces[-1])
            pieces[-1:] = [pieces[-1][:at], pieces[-1][at:]]
        pieces[-1] += character
    length, span = cells(word.text), word.end_s - word.start_s
    parts, start = [], word.start_s
    for piece in pieces:
        end = start + span * cells(piece) / length
        parts.append(word.model_copy(update={"text": piece, "start_s": start, "end_s": end}))
        start = end
    return parts


def _cue(caption: Caption) -> tuple[int, int, str]:
    """Give when a caption comes and goes, in milliseconds, and its text without empty lines."""
    start = round(caption.start_s * 1000)
    lines = (" ".join(line.split()) for line in caption.text.split("\n"))
    return start, max(start + 1, round(caption.end_s * 1000)), "\n".join(line for line in lines if line)


def _clock(milliseconds: int, point: str = ".") -> str:
    seconds, milliseconds = divmod(milliseconds, 1000)
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours:02}:{minutes:02}:{seconds:02}{point}{milliseconds:03}"
