"""Sentences with exact places: English and Chinese plain text (one paragraph a line) to spans, and their length.

Contract: `text[start:end] == sentence.text` always, spans never overlap, and no visible character is lost.
A quotation or bracket that closes soon stays in one sentence, so that nobody's words are torn from who said them.
"""

import re
from dataclasses import dataclass

_CLOSERS = "”’\"')]}»」』）】》〉"
_OPENERS = "“‘\"'([{«「『（【《〈"
_PAIRS = {"“": "”", "「": "」", "『": "』", "（": "）", "(": ")", "【": "】", "«": "»"}
_BULLET = re.compile(r"(?:[-*•·‣◦–—]|\(?(?:\d{1,2}|[A-Za-z])[.)])\s+")
_HAN = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]")
_LATIN_WORD = re.compile(r"\w+(?:['’.,:/@&-]\w+)*", re.UNICODE)

# A quotation longer than this is split like any other text: nobody prints it whole.
_KEEP_TOGETHER = 420


def word_set(line: str) -> frozenset[str]:
    """Make a set of the words of a line."""
    return frozenset(line.split())


# After these a full stop never ends a sentence.
_TITLES = word_set(
    "mr mrs ms mx dr prof st rev hon gen sen rep gov lt col capt cpl sgt maj cmdr adm pres supt msgr fr sr messrs "
    "e.g i.e eg ie cf vs v viz approx ca est fig figs vol pp ch sec art ed eds dept univ mt ft"
)
# After these it does when the next word looks like the start of a sentence.
_MAY_END = word_set(
    "inc ltd co corp llc plc bros jr esq al ave blvd rd hwy u.s u.k u.n e.u d.c u.s.a p.s ph.d m.d b.a m.a m.p "
    "jan feb mar apr jun jul aug sept sep oct nov dec no nos p"
)
_HOURS = frozenset({"a.m", "p.m", "am", "pm"})
_AFTER_HOURS = re.compile(
    r"(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day|(?:E|C|M|P)[SD]?T\b|GMT|UTC|BST|CET|Eastern|Central|Pacific"
    r"|(?:Jan|Febr)uary|March|April|May\b|June|July|August|(?:Sept|Nov|Dec)ember|October"
)
_STARTERS = word_set(
    "the a an in on at by for from with it its this that these those they their there he his she her we our you your i "
    "my but and or so yet as if when while where after before since because although though however meanwhile also "
    "what who why how which both each every some many most all no not one two three another other now then today "
    "last next during until under over about to of instead here according"
)
_SAYING = re.compile(
    r"\s*(?:[A-Z][\w’'-]+\s+){1,4}(?:said|says|asked|asks|added|adds|wrote|writes|told|replied|explained|explains)\b"
)
_SAYING_HAN = re.compile(
    r"[^，。！？；：“”「」\n]{0,24}?(?:表示|指出|介绍|告诉|认为|强调|补充|回忆|透露|写道|说道|坦言|[说称道问答])(?=[，。！？；：]|$)"
)


@dataclass(frozen=True, slots=True)
class Sentence:
    """A stretch of a text: `text` is exactly characters `start` to `end`, in line `paragraph` (counted from 0)."""

    text: str
    start: int
    end: int
    paragraph: int


def is_chinese(language: str) -> bool:
    """Say whether a language tag means Chinese (`zh`, `zh-CN`, …)."""
    return language.lower().replace("_", "-").split("-")[0] in {"zh", "cmn", "yue"}


def split(text: str, language: str) -> tuple[Sentence, ...]:
    """Split plain text, one paragraph a line, into its sentences.

    Headings and list items come out as sentences of their own; `content.wholeness` tells them from whole ones.
    """
    found: list[Sentence] = []
    offset = 0
    for number, line in enumerate(text.split("\n")):
        for start, end in _spans(line, chinese=is_chinese(language)):
            found.append(Sentence(line[start:end], offset + start, offset + end, number))
        offset += len(line) + 1
    return tuple(found)


def reading_length(text: str, language: str) -> int:
    """Measure a text as its readers do: words, or in Chinese characters (a Latin word or number counts as two)."""
    if is_chinese(language):
        return len(_HAN.findall(text)) + 2 * len(_LATIN_WORD.findall(_HAN.sub(" ", text)))
    return len(_LATIN_WORD.findall(text))


def _spans(line: str, *, chinese: bool) -> list[tuple[int, int]]:
    """Give the trimmed (start, end) of each sentence of one line."""
    guarded = _guarded(line)
    spans: list[tuple[int, int]] = []
    begin = at = 0
    while at < len(line):
        if line[at] not in ".!?…。！？":
            at += 1
            continue
        first = at
        while at < len(line) and line[at] in ".!?…。！？":
            at += 1
        mark = line[first:at]
        stop = at
        while stop < len(line) and line[stop] in _CLOSERS and not (line[stop] in "\"'" and _opens(line, stop)):
            stop += 1
        if any(low < first and stop < high for low, high in guarded):
            continue
        if _ends(line, begin, first, mark, stop, chinese=chinese):
            spans.append((begin, stop))
            begin = at = stop
    spans.append((begin, len(line)))
    trimmed = ((_first_visible(line, low, high), high) for low, high in spans)
    return [(low, low + len(line[low:high].rstrip())) for low, high in trimmed if low < high]


def _first_visible(line: str, low: int, high: int) -> int:
    while low < high and line[low].isspace():
        low += 1
    return low


def _opens(line: str, at: int) -> bool:
    """Say whether a straight quote opens: a space or nothing before it and something visible after."""
    return (at == 0 or line[at - 1].isspace()) and at + 1 < len(line) and not line[at + 1].isspace()


def _guarded(line: str) -> list[tuple[int, int]]:
    """Give the (opening, past closing) of quotations and brackets that close soon."""
    inside: list[tuple[int, int]] = []
    for at, character in enumerate(line):
        if character in _PAIRS:
            close = line.find(_PAIRS[character], at + 1, at + _KEEP_TOGETHER)
            if close > 0:
                inside.append((at, close + 1))
    straight = [at for at, character in enumerate(line) if character == '"']
    # An odd number of straight quotes says nothing about which of them open.
    if len(straight) % 2 == 0:
        pairs = zip(straight[::2], straight[1::2], strict=True)
        inside.extend((low, high + 1) for low, high in pairs if high - low < _KEEP_TOGETHER)
    return inside


def _ends(line: str, begin: int, first: int, mark: str, stop: int, *, chinese: bool) -> bool:
    """Decide whether the mark at `first`, with its closers up to `stop`, ends the sentence begun at `begin`."""
    rest = line[stop:]
    ahead = rest.lstrip()
    if not ahead:
        return True
    quoted = any(character in '”"」』' for character in line[stop - 1 : stop])
    if mark[-1] in "。！？" or (chinese and mark[-1] in "!?"):
        attributed = quoted and not _introduced(line, begin, stop) and _SAYING_HAN.match(ahead) is not None
        # A bracket inside a sentence may hold a whole one; the outer sentence goes on after it.
        bracketed = line[stop - 1] in "）)" and max(line.rfind("（", begin, stop), line.rfind("(", begin, stop)) > begin
        return not attributed and not bracketed and ahead[0] not in "，,；;：、"
    if mark[-1] == "…" and chinese:
        # An ellipsis in Chinese usually pauses; it ends a sentence only where its quotation does.
        return quoted and ahead[0] not in "，,；;：、" and not _SAYING_HAN.match(ahead)
    if not rest[0].isspace() or _continues(ahead) or (quoted and _SAYING.match(ahead)):
        return False
    return mark != "." or stop > first + 1 or _full_stop(line, begin, first, ahead)


def _introduced(line: str, begin: int, stop: int) -> bool:
    """Say whether the quotation closing at `stop` was announced by a colon, so that its speaker has been named."""
    opening = max(line.rfind("“", begin, stop), line.rfind("「", begin, stop), line.rfind("『", begin, stop))
    return opening > begin and line[opening - 1] in "：:，,"


def _continues(ahead: str) -> bool:
    """Say whether what follows cannot be the start of a sentence."""
    bare = ahead.lstrip(_OPENERS)
    if not bare:
        return True
    if not bare[0].islower():
        return bare[0] in ",;:–—-" and not _BULLET.match(bare)
    # Names like login.gov and iPhone begin sentences in small letters.
    return not re.match(r"[a-z]+[A-Z]|[a-z][\w-]*\.(?:gov|com|org|net|io|mil|edu)\b", bare)


def _full_stop(line: str, begin: int, at: int, ahead: str) -> bool:
    """Decide whether a single full stop at `at` is one, or belongs to an abbreviation, an initial or a list number."""
    word = re.split(r"[\s(\[“‘\"'/–—]", line[begin:at].lstrip())[-1]
    if not line[begin:at].lstrip()[: -len(word) or None].strip("( ") and re.fullmatch(r"\d{1,3}|[A-Za-z]", word):
        return False  # "1. First item", "a. First item", and initials that open a sentence
    bare = ahead.lstrip(_OPENERS)
    follower = re.match(r"[^\W\d_]+", bare)
    starts = follower is not None and follower.group().lower() in _STARTERS
    lowered = word.lower()
    if lowered in {"no", "nos"} or word in {"p", "pp"}:
        return not bare[:1].isdigit()
    if lowered in _TITLES:
        return False
    if lowered in _HOURS:
        return not _AFTER_HOURS.match(bare)
    if lowered in _MAY_END or re.fullmatch(r"(?:[A-Za-z]\.)+[A-Za-z]|[A-Z]", word):
        return starts
    return True
