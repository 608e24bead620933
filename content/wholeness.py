"""Can a sentence stand alone in a newsletter? Faults forbid it, weaknesses count against it.

Everything here is judged from the sentence's own characters, in English or Chinese: no model, no context.
"""

import re

from content.sentences import is_chinese, reading_length, word_set
from content.telltales import (
    CODE,
    CONNECTING,
    CONTACT,
    DANGLING,
    DANGLING_HAN,
    ELSEWHERE,
    ELSEWHERE_HAN,
    EMPTY,
    FINITE,
    IMPERATIVE,
    LISTING,
    MYSELF,
    ORDERING,
    PLATITUDE,
    POINTING,
    POINTING_EARLY,
    SUBJECTLESS,
    SUBORDINATE,
    THIS_TIME,
    TURN,
)

_WORD = re.compile(r"[^\W_]+(?:['’-][^\W_]+)*")
_HAN = re.compile(r"[\u4e00-\u9fff]")
_NOT_PLURAL = word_set("this does always across was has its is less unless perhaps business process access address")
_SEVERAL = word_set(
    "people men women children folk team staff crew public police who and each every everyone everybody someone "
    "somebody anyone anybody person nobody neither either community council board committee government company "
    "agency group family"
)
# "We built it in May", "Visitors may climb its steps": a pronoun with no noun before it that it could stand for.
_NOTHING_BEFORE = re.compile(
    r"We(?:’\w+)?(?: \w+){1,2} (?:it|them|this|those)\b|[A-Z]\w+s (?:may|can|will|must|could) \w+ its?\b"
)
_QUOTED = re.compile(r"“[^“”]*”|\"[^\"]*\"|「[^「」]*」")
_BOUNDS = {False: (8, 46), True: (12, 110)}

_QUOTE_PAIRS = (
    ("“", "”"),
    ("(", ")"),
    ("（", "）"),
    ("「", "」"),
    ("『", "』"),
    ("《", "》"),
    ("[", "]"),
    ("【", "】"),
)


def faults(text: str, language: str) -> tuple[str, ...]:
    """Name every reason why a sentence may not stand in an article; empty when it may."""
    chinese = is_chinese(language)
    shortest, longest = _BOUNDS[chinese]
    length = reading_length(text, language)
    opening = text.lstrip("“‘\"'「『《（(")
    found = {
        "does not start as a sentence does": not _starts(text, chinese=chinese),
        "does not end as a sentence does": not _stops(text, chinese=chinese),
        "asks": bool(re.search(r"[?？]", text)),
        "quotes or brackets do not match": not balanced(text),
        "is a turn of a conversation": bool(TURN.match(text)),
        "speaks of nobody knows whom as I": bool(MYSELF.search(_QUOTED.sub("…", text))),
        "is an aside": bool(re.fullmatch(r"[(（\[].*[)）\]][.。]?", text)),
        "too short": length < shortest,
        "too long": length > longest,
        "gives an address": bool(CONTACT.search(text)),
        "contains code": bool(CODE.search(text)),
        "contains a list": bool(LISTING.search(text)),
        "shouts": len(re.findall(r"\b[A-Z]{4,}\b", text)) > 3,
    }
    if chinese:
        found["leans on what came before"] = bool(DANGLING_HAN.match(opening))
        found["speaks of something that is not there"] = bool(ELSEWHERE_HAN.search(text))
    else:
        found["leans on what came before"] = dangles(opening)
        found["speaks of something that is not there"] = bool(ELSEWHERE.search(text))
        ordered = (bool(IMPERATIVE.match(opening)) and opening == text) or bool(ORDERING.match(text))
        found["tells the reader what to do"] = ordered
        found["has no subject"] = bool(SUBJECTLESS.match(text))
        found["has no verb"] = not FINITE.search(text) or _only_names(text)
    return tuple(reason for reason, wrong in found.items() if wrong)


def dangles(text: str) -> bool:
    """Say whether an English sentence points, from its first words, at a sentence before it."""
    plain = text.replace("'", "’")
    if DANGLING.match(plain) or POINTING_EARLY.match(plain) or CONNECTING.search(plain):
        return True
    for word in _WORD.findall(plain)[:12]:
        lowered = word.lower()
        if lowered in POINTING:
            return True
        if lowered not in EMPTY:
            return False
    return False


def _only_names(text: str) -> bool:
    """Say whether a sentence is one long name: its only verbs stand in "who …" or "that …", as in items of a list."""
    verbs = list(FINITE.finditer(text))
    if not re.match(r"(?:An?|The|Any|Someone|People|[A-Z]\w+s)\b", text) or not verbs:
        return False
    before = [(_WORD.findall(text[: verb.start()]) or [""])[-1].lower() for verb in verbs]
    return before[0] in {"who", "that", "which", "whose"} and all(word in SUBORDINATE for word in before[1:])


def balanced(text: str) -> bool:
    """Say whether every quotation mark and bracket of a sentence has its partner."""
    if text.count('"') % 2:
        return False
    for opening, closing in _QUOTE_PAIRS:
        depth = 0
        for character in text:
            depth += (character == opening) - (character == closing)
            if depth < 0:
                return False
        if depth:
            return False
    return True


def weakness(text: str, language: str) -> float:
    """Weigh what makes a sentence a poor choice although it could stand: 0 for none, about 0.1 for each."""
    if is_chinese(language):
        told = len(re.findall(r"我们|我|你|您|咱们", text))
        return 0.08 * min(told, 3) + 0.05 * len(re.findall(r"[；！]", text)) + 0.06 * ("如果" in text[:8])
    plain = THIS_TIME.sub("then", text.replace("'", "’"))
    words = [word.lower() for word in _WORD.findall(plain)]
    opening = " ".join(words[:3])
    total = 0.30 * bool(re.search(r"\b(?:I|I’m|I’ve|I’d|I’ll|my|me|myself)\b", plain))
    total += 0.04 * min(sum(word in {"you", "your", "you’re", "you’ll", "you’ve"} for word in words), 3)
    total += 0.03 * min(sum(word in {"we", "our", "us", "we’re", "we’ve", "we’ll"} for word in words), 2)
    total += 0.15 * any(word in {"this", "these", "such"} for word in words[:12])
    total += 0.05 * min(sum(word in {"this", "these", "that", "those", "they", "it", "there"} for word in words[:9]), 2)
    total += 0.06 * (words[:1] in (["if"], ["when"], ["what"], ["while"], ["we"], ["our"], ["you"], ["as"]))
    total += 0.06 * bool(re.match(r"(?:we (?:hope|believe|think|feel|love|know|want)|there (?:is|are)|it)\b", opening))
    total += 0.12 * _points_at_nobody(words) + 0.04 * any(
        word in {"yesterday", "tomorrow", "tonight"} for word in words
    )
    total += 0.20 * bool(_NOTHING_BEFORE.match(plain)) + 0.15 * bool(PLATITUDE.search(plain))
    total += 0.06 * ("also" in words[:5]) + 0.15 * bool(
        re.search(r"\b(?:agreed|disagreed|too|as well|either)\.$", plain)
    )
    total += 0.15 * bool(
        re.search(r"[a-z] \d\.$|\bwe (?:hope|think|believe|want|expect|found) (?:it|they|this|these)\b", plain)
    )
    total += 0.10 * bool(re.search(r"\b(?:and|or) (?:more|others|so on|so forth)\.$|\betc\.\)?\.?$", plain))
    total += 0.08 * ("!" in text) + 0.05 * ("(" in text) + 0.04 * (";" in text) + 0.03 * text.count("—")
    total += 0.05 * any(
        word in {"really", "very", "just", "pretty", "stuff", "thing", "things", "lot", "ones"} for word in words
    )
    return total


def _points_at_nobody(words: list[str]) -> bool:
    """Say whether "they" or "them" comes early in an English sentence, before any word that could be several."""
    for number, word in enumerate(words[:12]):
        if word in {"they", "them", "their", "they’re", "they’ve"}:
            # Right before "them" stands what is done to them: "requires them", "for them".
            before = words[: number - 1 if word == "them" else number]
            return not any(
                (len(each) > 3 and each.endswith("s") and each not in _NOT_PLURAL) or each in _SEVERAL
                for each in before
            )
    return False


def _starts(text: str, *, chinese: bool) -> bool:
    bare = text.lstrip("“‘\"'「『《（(")
    if not bare or len(text) - len(bare) > 2:
        return False
    if bare[0].isupper() or (bare[0].isdigit() and not re.match(r"\d{1,2}[.)、]", bare)):
        return True
    if chinese:
        return bool(_HAN.match(bare))
    return bool(re.match(r"[a-z][\w-]*\.(?:gov|com|org|net|io|mil|edu)\b|[a-z]+[A-Z]", bare))


def _stops(text: str, *, chinese: bool) -> bool:
    if text.endswith(("...", "…")):
        return False
    if chinese:
        return bool(re.search(r"[。！？][”」』）]*$", text))
    return bool(re.search(r"[.!?][”’\"')\]]*$", text)) and not re.search(r"[:;,]\s*[”\"]?$", text)
