"""What a text speaks of, in a form that can be compared: English stems without small words, Chinese character pairs."""

import re
from collections.abc import Collection
from functools import cache, lru_cache
from importlib.resources import files

from content.facts import plain_line
from content.sentences import is_chinese, word_set

WORD = re.compile(r"[^\W\d_]+(?:'[^\W\d_]+)*")
_HAN_RUN = re.compile(r"[\u3400-\u9fff]+")
_STOP = word_set(
    "a about above according after again all almost along already also although always am among an and another any "
    "are around as at away be because been before being below between both but by can cannot compared could did do "
    "does doing don't done down during each either enough especially even ever every few first for from further get "
    "gets had has have having he her here hers him his how however i if in including instead into is isn't it it's its "
    "itself just last later least less made make makes making many may might more most much must near nearly new next "
    "no nor not now of off often on once one only onto or other others our out over own part per rather roughly said "
    "same say says second she should since so some soon still such take takes than that the their them then there "
    "these they third this those though through to today together too took toward towards under until up upon us use "
    "used using very was way we well were what when where whereas whether which while who whom whose why will with "
    "within without won't would year years yet you your meanwhile aren't doesn't wasn't weren't they're"
)
_STOP_HAN = frozenset(
    "的了在是和与将会已被把由从对为也都而并及其这那有个中上下到时后前以于就还又等里之所且则但或每各让使给向用因此称说者们可能要"
    "零〇一二两三四五六七八九十百千万亿"
)
_ENDS = (
    *("isations", "izations", "isation", "ization", "fulness", "ations", "ingly", "edly", "ation", "ments", "ings"),
    *(
        "ment",
        "ness",
        "ies",
        "ied",
        "ing",
        "ion",
        "ers",
        "est",
        "ors",
        "ed",
        "es",
        "er",
        "or",
        "ly",
        "al",
        "s",
        "y",
        "e",
    ),
)


def content_words(text: str) -> list[str]:
    """Give a text's words in lower case and in order, the small ones left out."""
    lowered = (word.lower() for word in WORD.findall(plain_line(text)))
    return [word for word in lowered if word not in _STOP and len(word.removesuffix("'s")) > 1]


def pairs(text: str) -> list[str]:
    """Give every two neighbouring Chinese characters of a text."""
    return [run[at : at + 2] for run in _HAN_RUN.findall(text) for at in range(len(run) - 1)]


def subject_matter(text: str, language: str) -> frozenset[str]:
    """Give what a text speaks of, as a set."""
    if is_chinese(language):
        return frozenset(pairs(text))
    return frozenset(map(stem, content_words(text)))


def known_marks(sentence: str, source: str, language: str) -> list[bool]:
    """Say for each content word of a sentence, or Chinese character, whether the source has it or a relative of it."""
    if not is_chinese(language):
        stems = frozenset(map(stem, content_words(source)))
        return [not is_new(word, stems) for word in content_words(sentence)]
    known = frozenset(pairs(source))
    marks: list[bool] = []
    for run in _HAN_RUN.findall(sentence):
        for at, character in enumerate(run):
            if character not in _STOP_HAN:
                marks.append(run[max(at - 1, 0) : at + 1] in known or run[at : at + 2] in known)
    return marks


def is_new(word: str, stems: Collection[str]) -> bool:
    """Say whether an English word speaks of something, and has neither a relative nor a synonym among stems."""
    if not content_words(word):
        return False
    own = stem(word)
    return not (akin(own, stems) or _synonyms().get(own, frozenset()) & frozenset(stems))


@lru_cache(maxsize=65536)
def stem(word: str) -> str:
    """Cut an English word's ending off, as far as four letters are left."""
    word = word.removesuffix("'s").removesuffix("'")
    for end in _ENDS:
        if word.endswith(end) and len(word) - len(end) >= 4 and not (end == "s" and word.endswith("ss")):
            word = word[: -len(end)]
            break
    # "planned" and "plan", "shipping" and "ship".
    return word[:-1] if len(word) > 3 and word[-1] == word[-2] and word[-1] not in "ls" else word


def akin(one: str, stems: Collection[str]) -> bool:
    """Say whether a stem has a relative among others: one that begins as it does for three quarters of the longer."""
    return one in stems or any(
        _shared(one, other) >= max(4, round(0.75 * max(len(one), len(other)))) for other in stems
    )


@cache
def weighty_words() -> tuple[frozenset[str], frozenset[str]]:
    """Give the words that must stand in a source to be said: English stems, and Chinese words as written."""
    words = [word for line in _lines("weighty_words.txt") for word in line.split()]
    return frozenset(stem(word) for word in words if word.isascii()), frozenset(
        word for word in words if not word.isascii()
    )


@cache
def _synonyms() -> dict[str, frozenset[str]]:
    """Give for each stem the stems it may stand for."""
    found: dict[str, frozenset[str]] = {}
    for line in _lines("synonyms.txt"):
        group = frozenset(map(stem, line.split()))
        for each in group:
            found[each] = found.get(each, frozenset()) | group
    return found


def _lines(name: str) -> list[str]:
    document = files("content").joinpath(name).read_text(encoding="utf-8")
    return [line for line in document.splitlines() if line and not line.startswith("#")]


def _shared(one: str, other: str) -> int:
    length = 0
    for left, right in zip(one, other, strict=False):
        if left != right:
            break
        length += 1
    return length
