"""Every quantity in a text with its value and unit, however written: `1,200`, `£6.8 million`, `twelve`, `三千六百万元`.

English and Chinese. `one` and `一` alone are no figures: they are words more often than counts.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

_COUNTED: Final = (
    *("two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve", "thirteen"),
    *("fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen"),
)
_TENS: Final = ("twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
_WORTH = {word: Decimal(number) for number, word in enumerate(_COUNTED, 2)} | {"one": Decimal(1)}
_WORTH |= {word: Decimal(10 * number) for number, word in enumerate(_TENS, 2)}
_SCALES = {"hundred": Decimal(100), "thousand": Decimal(10) ** 3, "million": Decimal(10) ** 6}
_SCALES |= {"billion": Decimal(10) ** 9, "trillion": Decimal(10) ** 12}
_SHORT_SCALES = {"k": Decimal(10) ** 3, "m": Decimal(10) ** 6, "mn": Decimal(10) ** 6, "bn": Decimal(10) ** 9}
_SCALES_HAN = {
    "十": Decimal(10),
    "百": Decimal(100),
    "千": Decimal(1000),
    "万": Decimal(10) ** 4,
    "亿": Decimal(10) ** 8,
}
_DIGITS_HAN = {digit: number for number, digit in enumerate("零一二三四五六七八九")} | {"〇": 0, "两": 2}

_COUNT = rf"(?:(?:{'|'.join(_TENS)})[\s-])?(?:{'|'.join(_WORTH)})"
_SCALE = "|".join(_SCALES)
_WORDS = re.compile(
    rf"\b(?:{_COUNT}|a(?=[\s-](?:{_SCALE})))(?:[\s-](?:{_SCALE})(?:\s(?:and\s)?{_COUNT}(?=[\s-](?:{_SCALE})|\b))?)*\b",
    re.IGNORECASE,
)
_FIGURE = re.compile(
    r"(?P<sign>[£$€¥])?(?P<digits>\d+(?:[.,:/-]\d+)*)"
    r"(?:\s?(?P<scale>thousand|million|billion|trillion|bn|mn|[mk](?![\w])|[百千万亿]+))?(?![\d])",
    re.IGNORECASE,
)
# Only figures may open with a scale: "6.8 million" is read with its digits, "million" alone says nothing.
_HAN = re.compile(r"(?:百分之)?[零〇一二两三四五六七八九十百千万亿]+(?:点[零〇一二三四五六七八九]+)?[万亿]?")
# Words that are written with numerals and count nothing.
_IDIOMS = re.compile(
    r"(?<![二三四五六七八九])十分(?![钟之])|(?<![零一二两三四五六七八九十百千])(?:万一|四周(?!年)|千万(?=不|要|别))|三番|再三|四处|八方|百姓|"
    r"百货|万物|一五一十|第?[一二三四五六七八九十]+(?=[号]?线|路|楼|期|届|批|代)"
)

_MEASURES: Final = {
    "%": "% percent percentage",
    "m": "metre metres meter meters 米", "cm": "centimetre centimetres centimeter centimeters cm 厘米",
    "mm": "millimetre millimetres millimeter millimeters mm 毫米",
    "km": "kilometre kilometres kilometer kilometers km 公里",
    "mi": "mile miles", "ft": "foot feet ft", "in": "inches", "kn": "knot knots",
    "kg": "kilogram kilograms kilo kilos kg 公斤", "g": "gram grams", "t": "tonne tonnes ton tons 吨",
    "l": "litre litres liter liters 升", "ha": "hectare hectares 公顷", "ac": "acre acres", "deg": "degree degrees 度",
    "s": "second seconds 秒", "min": "minute minutes 分钟", "h": "hour hours 小时",
    "d": "day days 天", "n": "night nights",
    "w": "week weeks 周 星期", "mo": "month months 月", "y": "year years 年", "dec": "decade decades",
    "c": "century centuries",
    "£": "£ pound pounds", "$": "$ dollar dollars 美元", "€": "€ euro euros 欧元", "¥": "¥ yuan 元", "p": "pence penny",
    "kWh": "kilowatt-hour kilowatt-hours kwh 千瓦时", "MW": "megawatt megawatts mw", "kW": "kilowatt kilowatts kw",
}  # fmt: skip
_UNIT_OF = {word: unit for unit, words in _MEASURES.items() for word in words.split()}
# After these words the unit may still come, or has come before.
_BETWEEN = frozenset(
    {"from", "with", "were", "against", "than", "times", "more", "fewer", "less", "when", "while", "after"}
)
_UNIT_AFTER = re.compile(
    r"^[\s-]?(?:(?:more|fewer|further|extra|additional|full|whole)\s)?(per cent|%|kilowatt-hours?|[a-z]+|"
    r"个?(?:美元|欧元|厘米|毫米|公里|公斤|公顷|分钟|小时|星期|千瓦时|[米吨升度秒天周月年元]))",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Figure:
    """A quantity: characters `start` to `end` of a text, with its value.

    `unit` is "" where none stands beside it, and `other` where something stands there that is no known unit.
    """

    words: str
    start: int
    value: Decimal
    unit: str = ""
    parts: tuple[Decimal, ...] = ()

    @property
    def end(self) -> int:
        """Where it ends."""
        return self.start + len(self.words)


def figures_in(text: str) -> tuple[Figure, ...]:
    """Give every figure of a text. Compounds such as `22:50` or `13-11` also give their parts."""
    return (*_written_in_digits(text), *_written_in_words(text), *_written_in_han(text))


def foreign_figures(said: str, source: str) -> tuple[str, ...]:
    """Name the figures of a sentence whose value its source does not give, or gives in another unit only."""
    known: dict[Decimal, set[str]] = {}
    for figure in figures_in(source):
        known.setdefault(figure.value, set()).add(figure.unit)
        for part in figure.parts:
            known.setdefault(part, set()).add("")
    return tuple(figure.words for figure in figures_in(said) if not _is_known(figure, known))


def _is_known(figure: Figure, known: dict[Decimal, set[str]]) -> bool:
    units = known.get(figure.value)
    if units is None:
        return bool(figure.parts) and all(part in known for part in figure.parts)
    # Of a range only the last figure carries the unit, so a source's bare figure may have any.
    return figure.unit in {"", "other"} or "" in units or figure.unit in units


def _written_in_digits(text: str) -> Iterator[Figure]:
    for match in _FIGURE.finditer(text):
        digits, scale = match["digits"], (match["scale"] or "").lower()
        plain = re.sub(r",(?=\d{3}(?!\d))", "", digits)
        parts: tuple[Decimal, ...] = ()
        if not re.fullmatch(r"\d+(?:\.\d+)?", plain):
            parts = tuple(Decimal(part) for part in re.split(r"[,:/-]", plain) if re.fullmatch(r"\d+(?:\.\d+)?", part))
            plain = re.sub(r"\D", "", plain)
        value = Decimal(plain) * _scale(scale)
        yield Figure(
            match[0].rstrip(), match.start(), value.normalize(), _unit(match["sign"], text[match.end() :]), parts
        )


def _scale(written: str) -> Decimal:
    if not written:
        return Decimal(1)
    if written[0] in _SCALES_HAN:
        product = Decimal(1)
        for sign in written:
            product *= _SCALES_HAN[sign]
        return product
    return _SCALES.get(written) or _SHORT_SCALES[written]


def _written_in_words(text: str) -> Iterator[Figure]:
    for match in _WORDS.finditer(text):
        before = text[: match.start()]
        words = re.split(r"[\s-]+", match[0].lower())
        if words in (["one"], ["a", "one"]):
            continue
        total, group = Decimal(0), Decimal(0)
        for word in words:
            if word in _WORTH:
                group += _WORTH[word]
            elif word in _SCALES:
                scale = _SCALES[word]
                group = (group or 1) * scale
                if scale > 100:
                    total, group = total + group, Decimal(0)
        sign = before[-1:] if before[-1:] in "£$€¥" else ""
        yield Figure(match[0], match.start(), (total + group).normalize(), _unit(sign, text[match.end() :]))


def _written_in_han(text: str) -> Iterator[Figure]:
    plain = _IDIOMS.sub(lambda found: "　" * len(found[0]), text)
    for match in _HAN.finditer(plain):
        if plain[match.start() - 1 : match.start()].isdigit():
            continue  # "3600万" was read with its digits
        percent, numerals = match[0].startswith("百分之"), match[0].removeprefix("百分之")
        if numerals not in {"一", "零", "〇"}:
            unit = "%" if percent else _unit("", plain[match.end() :])
            yield Figure(match[0], match.start(), _han_value(numerals).normalize(), unit)


def _han_value(numerals: str) -> Decimal:
    whole, _, fraction = numerals.partition("点")
    scale = Decimal(1)
    while fraction and fraction[-1] in _SCALES_HAN:
        fraction, scale = fraction[:-1], scale * _SCALES_HAN[fraction[-1]]
    if len(whole) > 1 and all(sign in _DIGITS_HAN for sign in whole):
        value = Decimal("".join(str(_DIGITS_HAN[sign]) for sign in whole))  # a year: 一九五零
    else:
        value = _counted_han(whole)
    if fraction:
        value += Decimal("0." + "".join(str(_DIGITS_HAN[sign]) for sign in fraction))
    return value * scale


def _counted_han(numerals: str) -> Decimal:
    """Add up tens, hundreds and thousands within each group of 万 and 亿."""
    total, group, digit = Decimal(0), Decimal(0), 0
    for sign in numerals:
        if sign in _DIGITS_HAN:
            digit = _DIGITS_HAN[sign]
        elif sign == "亿":
            total, group, digit = (total + group + digit or 1) * _SCALES_HAN[sign], Decimal(0), 0
        elif sign == "万":
            total, group, digit = total + (group + digit or 1) * _SCALES_HAN[sign], Decimal(0), 0
        else:
            group, digit = group + (digit or 1) * _SCALES_HAN[sign], 0
    return total + group + digit


def _unit(sign: str | None, after: str) -> str:
    if sign:
        return sign
    match = _UNIT_AFTER.match(after)
    if match is None:
        return ""
    word = match[1].lower().removeprefix("个")
    if word == "per cent":
        return "%"
    return _UNIT_OF.get(word, "other" if len(word) > 3 and word.isascii() and word not in _BETWEEN else "")
