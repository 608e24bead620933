"""From written to spoken: a text's words as they stand, and beside each the form a voice should say.

Captions show the words, voices get the spoken forms; both lists have the same length, so a time found for one is a
time for the other. Words are what spaces separate; in Chinese, single characters and whole runs of Latin or digits.
Punctuation stays with the word it belongs to.
"""

import re
from collections.abc import Sequence

from content.captions import join_words
from content.recipes import Value

_CJK_CHARACTER = r"[\u3005-\u3007\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]"
_CLOSING = r"[\s]*[，。、；：！？…—～·”’』」）》】〉\]),.;:!?%％℃°]*"
_OPENING = r"[“‘『「（《【〈\[(]*"
_CHINESE_WORD = re.compile(
    rf"{_OPENING}(?:{_CJK_CHARACTER}|(?:(?!{_CJK_CHARACTER})[^\s，。、；：！？…“”‘’『』「」（）《》【】〈〉])+){_CLOSING}"
)
_ADDRESS = re.compile(r"^(?:https?://|www\.)?((?:[\w-]+\.)+[a-z]{2,})(?::\d+)?(?:/\S*?)?([.,;:!?)\]]*)$")
_MONEY = re.compile(r"^([(\[“\"']*)(US)?([$€£])([\d.,]*\d)([kKmMbB]n?)?([^\w]*)$")
_MAGNITUDE = re.compile(r"^(thousand|million|billion|trillion)([^\w]*)$", re.IGNORECASE)
_CURRENCY = {"$": "dollars", "€": "euros", "£": "pounds"}
_SUFFIX = {"k": "thousand", "m": "million", "b": "billion"}
_SHORT_FORMS = {
    "&": "and",
    "e.g.": "for example",
    "e.g.,": "for example,",
    "i.e.": "that is",
    "i.e.,": "that is,",
    "vs.": "versus",
    "vs": "versus",
    "w/": "with",
    "approx.": "approximately",
    "dept.": "department",
}
_NAMED_ALOUD = re.compile(r"[*_|~^<>{}\\`#@•·→]+")


class SpokenToken(Value):
    """A word as written, and as a voice should say it ("" when it is heard within its neighbour)."""

    text: str
    spoken: str


def spoken_tokens(text: str, language: str) -> tuple[SpokenToken, ...]:
    """Split a text into words with their spoken forms. Signs that stand alone join the word before them."""
    words = _chinese_words(text) if language == "zh" else _spaced_words(text)
    tokens: list[SpokenToken] = []
    for index, word in enumerate(words):
        after = words[index + 1] if index + 1 < len(words) else ""
        before = words[index - 1] if index else ""
        tokens.append(SpokenToken(text=word, spoken=_spoken(word, before, after)))
    return tuple(tokens)


def place_tokens(tokens: Sequence[SpokenToken]) -> tuple[str, tuple[tuple[int, int], ...]]:
    """Give the text to speak, and for each token the characters `start` to `end` of it that are its own."""
    spoken = ""
    places = []
    for token in tokens:
        longer = join_words([spoken, token.spoken]) if token.spoken else spoken
        places.append((len(longer) - len(token.spoken), len(longer)))
        spoken = longer
    return spoken, tuple(places)


def _spaced_words(text: str) -> list[str]:
    words: list[str] = []
    lone = ""
    for word in text.split():
        if any(character.isalnum() for character in word) or word in _SHORT_FORMS:
            words.append(f"{lone} {word}" if lone else word)
            lone = ""
        elif words:
            words[-1] += f" {word}"
        else:
            lone = f"{lone} {word}" if lone else word
    return words


def _chinese_words(text: str) -> list[str]:
    words: list[str] = []
    for found in _CHINESE_WORD.finditer(text):
        word = found.group().strip()
        if any(character.isalnum() for character in word) or not words:
            words.append(word)
        else:
            words[-1] += word
    return words


def _spoken(word: str, before: str, after: str) -> str:
    if word.lower() in _SHORT_FORMS:
        return _SHORT_FORMS[word.lower()]
    if (address := _ADDRESS.match(word)) and not re.fullmatch(r"(?:[A-Za-z]\.)+[a-z]*", word):
        return _apart(address[1]).replace(".", " dot ") + address[2]
    if after.startswith("年") and re.fullmatch(r"[0-9]{4}", word):
        return "".join("零一二三四五六七八九"[int(digit)] for digit in word)  # a year is read digit by digit
    money = _money(word, before, after)
    if money is not None:
        return money
    if re.fullmatch(r"\W*\d+[–—]\d+\W*", word):
        word = re.sub(r"[–—]", " to ", word)
    return _apart(_NAMED_ALOUD.sub(" ", word).strip().replace("’", "'"))


def _money(word: str, before: str, after: str) -> str | None:
    """Say "$3.5 million" as "3.5 million dollars": the sign stands before the figure and is heard after its scale."""
    if money := _MONEY.match(word):
        opening, _, currency, amount, suffix, closing = money.groups()
        scale = f" {_SUFFIX[suffix[0].lower()]}" if suffix else ""
        if not scale and not closing and _MAGNITUDE.match(after):
            return f"{opening}{amount}"
        return f"{opening}{amount}{scale} {_CURRENCY[currency]}{closing}"
    magnitude, money = _MAGNITUDE.match(word), _MONEY.match(before)
    if magnitude and money and not money[5] and not money[6]:
        return f"{magnitude[1]} {_CURRENCY[money[3]]}{magnitude[2]}"
    return None


def _apart(word: str) -> str:
    """Set a digit apart from the capital after it: "18F" is said "eighteen eff", not as one strange word."""
    return re.sub(r"(?<=\d)(?=[A-Z](?![a-z]))", " ", word)
