"""Figures as words, for voices that were taught letters only: English and Chinese.

What comes out holds no digit. What stands around the figures is left as it is.
"""

import re

from content.sentences import is_chinese

# fmt: off
_ONES = (
    "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve",
    "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen",
)
_TENS = ("", "", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
# fmt: on
_SCALES = ("", "thousand", "million", "billion", "trillion")
_ORDINALS = {
    "one": "first",
    "two": "second",
    "three": "third",
    "five": "fifth",
    "eight": "eighth",
    "nine": "ninth",
    "twelve": "twelfth",
}
_HAN_DIGITS = "零一二三四五六七八九"
_HAN_PLACES = ("", "十", "百", "千")
_HAN_SCALES = ("", "万", "亿", "万亿")

_LONGEST = 15
"""Figures of more digits than this are numbers of things (accounts, telephones) and are said digit by digit."""

_GROUPED = re.compile(r"(?<!\d)\d{1,3}(?:,\d{3})+(?!\d)")
_FIGURE = re.compile(r"(?P<whole>\d+)(?:\.(?P<part>\d+))?(?P<mark>%|％|(?:st|nd|rd|th)\b|s\b)?", re.IGNORECASE)


def say_numbers(text: str, language: str) -> str:
    """Write out every figure of a text; in other languages than Chinese they are said in English."""
    plain = _GROUPED.sub(lambda match: match[0].replace(",", ""), _ascii_digits(text))
    chinese = is_chinese(language)
    pieces: list[str] = []
    at = 0
    for match in _FIGURE.finditer(plain):
        said = _chinese(match) if chinese else _english(match)
        before, after = plain[at : match.start()], plain[match.end() : match.end() + 1]
        apart = not chinese and bool(pieces or before) and (before or pieces[-1])[-1:].isalpha()
        pieces += [before, f" {said}" if apart else said, " " if not chinese and after.isalpha() else ""]
        at = match.end()
    return "".join([*pieces, plain[at:]])


def _ascii_digits(text: str) -> str:
    return "".join(str(int(character)) if character.isdecimal() else character for character in text)


def _english(match: re.Match[str]) -> str:
    whole, part, mark = match["whole"], match["part"], (match["mark"] or "").lower()
    if part is not None:
        said = f"{_number(whole)} point {_digits(part)}"
    elif mark == "s" and re.fullmatch(r"[12][1-9]\d0", whole):
        said = f"{_number(whole[:2])} {_number(whole[2:])}"  # the 1990s
    else:
        said = _number(whole)
    if mark in {"%", "％"}:
        return f"{said} percent"
    if mark == "s":
        return f"{said[:-1]}ies" if said.endswith("y") else f"{said}s"
    return _ordinal(said) if mark and part is None else said


def _number(digits: str) -> str:
    if len(digits) > _LONGEST or (len(digits) > 1 and digits.startswith("0")):
        return _digits(digits)
    value = int(digits)
    if value == 0:
        return _ONES[0]
    groups = []
    for scale in _SCALES:
        value, group = divmod(value, 1000)
        if group:
            groups.append(f"{_hundreds(group)} {scale}".strip())
    return " ".join(reversed(groups))


def _hundreds(value: int) -> str:
    hundreds, rest = divmod(value, 100)
    said = [f"{_ONES[hundreds]} hundred"] if hundreds else []
    if rest >= len(_ONES):
        tens, ones = divmod(rest, 10)
        said.append(f"{_TENS[tens]} {_ONES[ones]}" if ones else _TENS[tens])
    elif rest:
        said.append(_ONES[rest])
    return " ".join(said)


def _ordinal(said: str) -> str:
    head, _, last = said.rpartition(" ")
    last = _ORDINALS.get(last) or (f"{last[:-1]}ieth" if last.endswith("y") else f"{last}th")
    return f"{head} {last}".strip()


def _digits(digits: str) -> str:
    return " ".join(_ONES[int(digit)] for digit in digits)


def _chinese(match: re.Match[str]) -> str:
    whole, part, mark = match["whole"], match["part"], match["mark"] or ""
    said = _chinese_number(whole)
    if part is not None:
        said += "点" + "".join(_HAN_DIGITS[int(digit)] for digit in part)
    if mark in {"%", "％"}:
        return f"百分之{said}"
    return said + mark


def _chinese_number(digits: str) -> str:
    if len(digits) > _LONGEST or (len(digits) > 1 and digits.startswith("0")):
        return "".join(_HAN_DIGITS[int(digit)] for digit in digits)
    groups = [digits[max(0, end - 4) : end] for end in range(len(digits), 0, -4)]
    said = ""
    for scale, group in reversed(list(zip(_HAN_SCALES, groups, strict=False))):
        value = int(group)
        if not value:
            continue
        gap = said and value < 1000
        said += ("零" if gap else "") + _four(value) + scale
    return said.removeprefix("一") if said.startswith("一十") else said or _HAN_DIGITS[0]


def _four(value: int) -> str:
    """Say 1 to 9999; a gap between digits is said once."""
    said = ""
    for place in reversed(range(4)):
        digit = value // 10**place % 10
        if digit:
            gap = said and value // 10 ** (place + 1) % 10 == 0
            said += ("零" if gap else "") + _HAN_DIGITS[digit] + _HAN_PLACES[place]
    return said
