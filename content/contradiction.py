"""What turns a statement round while most of its words stay: a negation, an opposite, another time, an accusation.

A list of signs for English and Chinese, meant to be grown on. A sign that source and sentence share says nothing.
"""

import re
from collections.abc import Sequence

from content.facts import plain_line
from content.sentences import is_chinese, word_set
from content.wordstems import WORD, content_words, is_new, stem, weighty_words

_NOT = re.compile(
    r"\b(?:not|no|never|none|nobody|nothing|neither|nor|without|cannot|\w+n't|den(?:y|ies|ied)|refus\w+|fail\w+)\b",
    re.IGNORECASE,
)
# What is denied stands right behind these.
_DENYING = re.compile(r"\b(?:not|no|never|without|cannot|\w+n't)\s([^.,;:!?“”\"]{2,60})", re.IGNORECASE)
_NOT_HAN = re.compile(r"不(?![少仅久过但管论断]|锈钢|动产)|没有?|未(?!来)|并非|绝非|拒绝|否认|无(?!论|数|线|人机)")

_OPPOSITES = tuple(
    (word_set(one), word_set(other))
    for one, other in (
        (
            "rise rises rose risen raise raises raised increase increases increased grow grows grew grown",
            "fall falls fell fallen drop drops dropped decrease decreased shrink shrinks shrank shrunk cut cuts",
        ),
        (
            "approve approves approved accept accepted agree agreed back backs backed",
            "reject rejects rejected refuse refused oppose opposed",
        ),
        ("open opens opened opening reopen reopens reopened", "close closes closed closing closure shut shuts"),
        ("keep keeps kept stay stays remain remains unchanged", "raise raises raised scrap scrapped abolish abolished"),
        ("keep keeps kept stay stays remain remains unchanged", "end ends ended"),
        ("spring", "autumn fall summer winter"),
        ("summer", "winter spring autumn fall"),
        ("autumn", "spring summer winter"),
        ("winter", "summer spring autumn fall"),
        ("flood flooded floods", "fire burnt burned"),
        ("north", "south"),
        ("east", "west"),
        ("win wins won", "lose loses lost"),
        ("start starts started begin begins began", "end ends ended stop stops stopped"),
        ("free", "paid"),
        ("double doubled doubles twice", "half halve halved halves triple tripled treble trebled"),
        ("half halve halved halves", "double doubled doubles twice"),
        ("triple tripled treble trebled", "double doubled twice half halved"),
        ("before", "after"),
        ("safe", "dangerous unsafe"),
        ("guilty", "innocent"),
        ("alive", "dead"),
    )
)
_OPPOSITES_HAN = tuple(
    (tuple(one.split()), tuple(other.split()))
    for one, other in (
        ("上涨 增加 提高 上升 增长", "下跌 减少 降低 下降 下滑"),
        ("开放 开馆 开通 恢复", "关闭 停馆 停运 停止"),
        ("批准 通过 同意", "否决 拒绝 反对"),
        ("春天 春季", "秋天 秋季 夏天 夏季 冬天 冬季"),
        ("夏天 夏季", "春天 春季 秋天 秋季 冬天 冬季"),
        ("秋天 秋季", "春天 春季 夏天 夏季 冬天 冬季"),
        ("冬天 冬季", "春天 春季 夏天 夏季 秋天 秋季"),
        ("免费", "收费"),
        ("不变", "上调 下调"),
    )
)
_WHEN = re.compile(
    r"\b(?P<which>last|past|previous|next|coming|following|this)\s(?P<what>week|month|year|spring|summer|autumn|fall|"
    r"winter|weekend|decade|century|night|season|term)s?\b",
    re.IGNORECASE,
)
_WHEN_HAN = re.compile(r"[去今明后]年|[上本下]个?[月周]|[昨今明][天日]")
_BEFORE_THINGS = word_set("on of with by from in for at into against a an the its their his her")
_RATE = re.compile(
    r"\d[\d.,]*\s(?:\w+\s){0,2}(?:a|an|per|each|every)\s(second|minute|hour|day|night|week|month|year)\b", re.IGNORECASE
)
_SAME_TIME = {"coming": "next", "following": "next", "past": "last", "previous": "last"}


def turned(sentence: str, passages: Sequence[str], language: str) -> tuple[str, ...]:
    """Name each sign that a sentence says the contrary of its passages."""
    said, source = plain_line(sentence), plain_line("\n".join(passages))
    return tuple(_turned_han(said, source) if is_chinese(language) else _turned(said, source))


def swapped(sentence: str, passages: Sequence[str], language: str) -> tuple[str, ...]:
    """Name a word of a sentence's own that stands where its passages have another: “on hydrogen” for “on batteries”.

    Only what follows a preposition or an article is looked at, which is a thing; verbs may be worded anew.
    """
    if is_chinese(language):
        return ()
    said, source = _tokens(sentence), _tokens(" ¦ ".join(passages))
    known = frozenset(map(stem, source))
    found: list[str] = []
    for at in range(1, len(said)):
        if said[at - 1] not in _BEFORE_THINGS or not is_new(said[at], known):
            continue
        around = (stem(said[at - 2]) if at > 1 else "", said[at - 1], stem(said[at + 1]) if at + 1 < len(said) else "")
        for there in range(2, len(source) - 1):
            before, little, other, after = (source[there - 2], source[there - 1], source[there], source[there + 1])
            same = little == around[1] and (stem(before) == around[0] or stem(after) == around[2])
            if same and is_new(other, frozenset(map(stem, said))):
                found.append(f"{said[at]!r} stands for {other!r}")
    return tuple(dict.fromkeys(found))


def weighty(sentence: str, source: str, language: str) -> tuple[str, ...]:
    """Name the words of a sentence that accuse, ruin, hurt or alarm and that its source does not use."""
    stems, han = weighty_words()
    if is_chinese(language):
        return tuple(sorted(word for word in han if word in sentence and word not in source))
    known = {stem(word) for word in WORD.findall(plain_line(source).lower())}
    words = dict.fromkeys(WORD.findall(plain_line(sentence).lower()))
    return tuple(word for word in words if stem(word) in stems - known)


def _tokens(text: str) -> list[str]:
    return [match.lower() for match in re.findall(rf"{WORD.pattern}|¦", plain_line(text))]


def _turned(said: str, source: str) -> list[str]:
    found: list[str] = []
    if _NOT.search(said):
        if not _NOT.search(source):
            found.append("denies what is not denied in what it cites")
    elif lost := _undenied(said, source):
        found.append(f"leaves out that {lost!r} is denied in what it cites")
    said_words, source_words = set(WORD.findall(said.lower())), set(WORD.findall(source.lower()))
    for one, other in (*_OPPOSITES, *((other, one) for one, other in _OPPOSITES)):
        words = said_words & one - source_words
        if words and not source_words & one and source_words & other:
            found.append(f"{min(words)!r} turns round what it cites")
    times = {_time(match) for match in _WHEN.finditer(source)}
    found += [f"{match[0]!r} is not in what it cites" for match in _WHEN.finditer(said) if _time(match) not in times]
    if rates := _RATE.findall(said):
        per = source.lower()
        found += [f"{rate!r} is not in what it cites" for rate in rates if not re.search(rf"\b{rate.lower()[:3]}", per)]
    return found


def _turned_han(said: str, source: str) -> list[str]:
    found: list[str] = []
    if _NOT_HAN.search(said) and not _NOT_HAN.search(source):
        found.append("denies what is not denied in what it cites")
    for one, other in (*_OPPOSITES_HAN, *((other, one) for one, other in _OPPOSITES_HAN)):
        words = [word for word in one if word in said]
        if words and not any(word in source for word in one) and any(word in source for word in other):
            found.append(f"{words[0]!r} turns round what it cites")
    times = set(_WHEN_HAN.findall(source))
    found += [f"{time!r} is not in what it cites" for time in _WHEN_HAN.findall(said) if times and time not in times]
    return found


def _undenied(said: str, source: str) -> str:
    """Give a word that the source only ever denies and that a sentence without any denial says."""
    denied = {words[0] for match in _DENYING.finditer(source) if (words := content_words(match[1]))}
    affirmed = {stem(word) for word in content_words(_DENYING.sub(" ", source))}
    spoken = {stem(word) for word in content_words(said)}
    return next((word for word in sorted(denied) if stem(word) in spoken - affirmed), "")


def _time(match: re.Match[str]) -> tuple[str, str]:
    which = match["which"].lower()
    return _SAME_TIME.get(which, which), match["what"].lower()
