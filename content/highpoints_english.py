"""English figures that deserve a card, and the phrase around them that says what they count."""

import re
from typing import Final

from content.card_words import HUNDRED, LONGEST_FIGURE, SMALL, HighPoint, weight
from content.figures import Figure
from content.sentences import word_set

LONGEST_LABEL: Final = 40

_BEFORE: Final = re.compile(
    r"(?:\b(?:about|around|nearly|almost|roughly|approximately|over|under|some|up to|at least|at most|an estimated|"
    r"(?:no )?(?:more|less|fewer) than|as (?:much|many) as)\s)?(?<![\w)])[−+-]?(?:US|A|C|HK|NZ|S)?$",
    re.IGNORECASE,
)
_PERCENT: Final = re.compile(r"\s?[%％]|[\s-](?:per\s?cent|percentage points?)\b", re.IGNORECASE)
_CURRENCY: Final = re.compile(
    r"\s(?:(?:US|Canadian|Australian|Hong Kong)\s)?(?:dollars|euros|pounds|yuan|yen|rupees|francs|kroner)\b"
)
_SCALE: Final = re.compile(r"(?:million|billion|trillion|\d\s?(?:bn|mn)|\d[kK])$", re.IGNORECASE)
_NAMES_OF_THINGS: Final = frozenset({311, 404, 508, 911, 1099})
_NUMBERED: Final = word_set(
    "section sections § act title form forms room no no. nos nos. number numbers page pages chapter version versions "
    "phase part article rule error code route highway flight unit suite box line lot item paragraph release windows "
    "clause circular order bill case docket"
)
_RANGE_BEFORE: Final = re.compile(
    r"(?:\b(?:between|from)\s[^,.;:]{1,40}\s(?:and|to|through)|\d(?:\s?(?:%|[a-z]+))?\s?(?:to|or|[–—-]))\s?"
    r"(?:about\s|nearly\s|over\s)?[£$€¥]?$",
    re.IGNORECASE,
)
_RANGE_AFTER: Final = re.compile(r"^[^,.;:]{0,24}?(?:\bto|\bor|[–—-])\s?(?:about\s|nearly\s|over\s)?[£$€¥]?\d")
_OUT_OF: Final = re.compile(r"\b(?:\d[\d,.]*|[a-z]+)\s(?:out\s)?of\s(?:the\s|every\s|its\s)?$", re.IGNORECASE)
_COUNTS: Final = re.compile(r"(?:\d[\d,.]*|one|two|three|four|five|six|seven|eight|nine|ten)\b", re.IGNORECASE)

# "The repair of the bridge costs £4.9 million": what the sum is for stands before it.
_PAID_FOR: Final = re.compile(
    r"^(?P<subject>[^,;:“”\"]{3,60}?)\s(?:(?:would|will|could|should)\s)?(?:have\s)?"
    r"(?:costs?|is|are|was|were|reach(?:ed|es)|total(?:led|ed|s)|exceed(?:ed|s)|c[ao]mes?\sto|stands?\sat)\s$"
)
_WHEN: Final = re.compile(r"(?:last|this|in|over|on|by|each|every)\b")
_NOBODY: Final = word_set("it they this that these those he she we you i there which what who here")

# A label goes on after its noun with one of these …
_GOES_ON: Final = word_set("of in for from on at with across over under per a an each every last this near around by")
# … and ends before one of these.
_ENDS: Final = word_set(
    "and or but nor so yet that which who whom whose where when while if because although though unless until since "
    "before after as than to into it its they he she we you i there then not never also only still just both either "
    "is are was were be been being am has have had do does did will would can could may might must shall should said "
    "say says told tells asked want wants wanted need needs needed think use uses used make makes made take takes took "
    "get gets got give gives gave go goes went come comes came show shows showed shown find finds found know knows "
    "run runs ran work works live lives lived plus minus compared including such via versus rather instead during "
    "towards toward between against up down out off here now already today this those these more less fewer"
)
_BREAKS: Final = _GOES_ON - word_set("of a an")
_LOOSE: Final = _GOES_ON | word_set("the their our his her your my some any more less fewer other very")
_PEOPLE: Final = word_set("people children women men police staff fish sheep feet mice teeth households data media")
_NO_PLURAL: Final = re.compile(r"(?:ss|us|is|[’']s)$|^(?:always|perhaps|thus|news|yes|times|across|plus|sometimes)$")


def english_figure(sentence: str, figure: Figure) -> HighPoint | None:
    """Give what a card would show of a figure, or None where it deserves none."""
    start, end = figure.start, figure.end
    before, after = sentence[:start], sentence[end:]
    if figure.parts or _is_part_of_a_name(before, after, figure) or _is_in_a_range(before, after):
        return None
    percent, currency = _PERCENT.match(after), _CURRENCY.match(after)
    end += (percent or currency).end() if (percent or currency) else 0  # type: ignore[union-attr]
    money = bool(currency) or figure.words[0] in "£$€¥"
    scaled = _SCALE.search(figure.words) is not None and figure.value >= HUNDRED
    after = sentence[end:]
    if re.match(r"[\w-]", after) or (percent and figure.value == HUNDRED):
        return None  # "120-day", "1990s"; and nobody counts what is "100 percent"
    label = _label(after, counted=not (money or percent))
    if not (money or percent or scaled) and (figure.value < HUNDRED or not label or _looks_like_a_year(figure)):
        return None
    if money and re.match(r"(?:dollars|pounds|euros)\b\s?", label):
        label = label.partition(" ")[2]
    qualified = _BEFORE.search(before)
    first = qualified.start() if qualified and end - qualified.start() <= LONGEST_FIGURE else start
    shown = sentence[first:end].strip()
    if len(shown) > LONGEST_FIGURE or re.match(r"an? ", figure.words, re.IGNORECASE):
        return None  # "a hundred" is a manner of speaking
    if money:
        # When it was says less than what it was.
        label = ("" if _WHEN.match(label) else label) or _paid_for(sentence[:first]) or label
        if not label and figure.value < SMALL:
            return None
    return HighPoint(shown, label, weight(figure, money=money, percent=bool(percent), scaled=scaled))


def _paid_for(before: str) -> str:
    """Give the subject that a sum is said of, where it opens the sentence and is no pronoun."""
    found = _PAID_FOR.match(before)
    subject = found["subject"] if found else ""
    return subject if len(subject) <= LONGEST_LABEL and subject.split(" ")[0].lower() not in _NOBODY else ""


def _is_part_of_a_name(before: str, after: str, figure: Figure) -> bool:
    """Say whether a number names something: a section, a version, a street, a telephone, a file."""
    dollars = figure.words[0] == "$" and re.search(r"\b(?:US|A|C|HK|NZ|S)$", before)
    if re.search(r"[\w./:#@_§&-]$", before) and not dollars and not re.search(r"\s[−+-]$", before):
        return True
    if re.search(r"\d\.\d+\.\d", figure.words):
        return True
    if re.match(r"[./:@_-]\w|\(\w\)", after) and not re.match(r"-(?:percent|per\s?cent)", after):
        return True
    if figure.words[0] in "£$€¥":
        return False
    last = before.split()[-1:] or [""]
    # A capitalised word inside a sentence and a number after it are one name: "Boeing 747", "Python 311".
    named = len(before.split()) > 1 and last[0][:1].isupper() and last[0][-1].isalnum() and last[0] != "I"
    shorthand = re.search(r"\d\s?[mMkK]$", figure.words) is not None  # "2.4 m" are metres
    return last[0].lower() in _NUMBERED or named or shorthand or figure.value in _NAMES_OF_THINGS


def _is_in_a_range(before: str, after: str) -> bool:
    if _RANGE_BEFORE.search(before) or _RANGE_AFTER.match(after):
        return True
    out_of = _OUT_OF.search(before)
    return out_of is not None and _COUNTS.match(out_of[0]) is not None


def _looks_like_a_year(figure: Figure) -> bool:
    return re.fullmatch(r"1[5-9]\d\d|20\d\d|2100", figure.words) is not None


def _label(after: str, *, counted: bool) -> str:
    """Give the words after a figure that say what it counts, up to the end of their phrase."""
    phrase = re.split(r"(?<!\d)[,;:()“”\"—–]|,(?!\d)|[.!?…](?=\s|$)|\s[-—–]\s", after, maxsplit=1)[0]
    if not phrase.startswith(" "):
        return ""
    words = phrase.split()
    stop = next(
        (at for at, word in enumerate(words) if word.lower() in _ENDS and not (at == 0 and _compares(word))), len(words)
    )
    cut = stop < len(words)
    listed = cut and words[stop].lower() in {"and", "or", "nor"}
    words = words[:stop]
    if listed and len(words) > 1 and (at := _last_break(words)) and not _WHEN.match(words[at]):
        words = words[:at]  # "a year for a driver and fuel" ends after "a year"
    if not words:
        return ""
    if counted and words[0].lower() != "of":
        noun = next((at for at, word in enumerate(words[:4]) if _is_plural(word)), None)
        if noun is None or any(word.lower() in _GOES_ON for word in words[:noun]):
            return ""
        further = words[noun + 1 :]
        kept = words[: noun + 1]
        longer = [*kept, *further] if further and further[0].lower() in _GOES_ON else kept
        return _fitted(longer, cut=cut) or _fitted(kept, cut=False)
    first = words[0].lower()
    if first not in _LOOSE and re.search(r"(?:[^s]s|ed|ing)$", first):
        return ""  # "£40,000 comes from …": a verb, since what money is put before stands in the singular
    return _fitted(words, cut=cut)


def _compares(word: str) -> bool:
    return word.lower() in {"more", "less", "fewer"}


def _is_plural(word: str) -> bool:
    lowered = word.lower().strip("’'")
    return lowered in _PEOPLE or (lowered[-1:] == "s" and len(lowered) > 2 and not _NO_PLURAL.search(lowered))


def _fitted(words: list[str], *, cut: bool) -> str:
    """Join a label's words, as many whole phrases as fit; nothing when not even one does."""
    while words:
        while words and (words[-1].lower() in _LOOSE or (cut and words[-1].endswith(("ed", "ing")))):
            words = words[:-1]
        if len(" ".join(words)) <= LONGEST_LABEL:
            break
        cut = True
        words = words[: _last_break(words)]
    return " ".join(words)


def _last_break(words: list[str]) -> int:
    """Find where the last phrase begins that can be left off; "of" belongs to the noun before it."""
    return max((at for at, word in enumerate(words) if word.lower() in _BREAKS), default=0)
