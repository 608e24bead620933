"""Chinese figures that deserve a card, with their measure word, and the clause that says what they count."""

import re
from decimal import Decimal
from typing import Final

from content.card_words import HUNDRED, LONGEST_FIGURE, SMALL, HighPoint, weight
from content.figures import Figure, figures_in

_LONGEST_LABEL: Final = 20

_MONEY: Final = "人民币|美元|欧元|英镑|日元|港元|港币|韩元|卢布|元"
_MEASURE: Final = (
    "平方公里|平方米|立方米|千瓦时|兆瓦时|万千瓦|千瓦|兆瓦|人次|公顷|公里|公斤|千克|英里|海里|厘米|毫米|小时|分钟|"
    "[个名位人户家座栋间套所册本份篇张件项种类款条只头匹棵株艘辆架台部次场步班吨米升亩枚颗块瓶箱车倍例起字]"
)
_TAIL: Final = re.compile(
    rf"^(?P<more>[多余]?)[万亿]*(?:(?P<percent>\s?[%％])|(?P<money>{_MONEY})|(?P<measure>{_MEASURE}))?(?:左右|以上|以下)?"
)
_BEFORE: Final = re.compile(r"(?:大约|接近|超过|将近|至少|最多|不到|高达|约|近|逾|超)?[£$€¥]?$")
_NUMBERED: Final = re.compile(r"(?:第|编号|版本|公元|[数几上成\w.\-/:#])$", re.ASCII)
_RANGE_BEFORE: Final = re.compile(
    r"(?:从[^，。；]*[到至]|由[^，。；]*[到至]|[\d零一二三四五六七八九十百千万亿%％]\s?[至到~～—–-])约?$"
)
_RANGE_AFTER: Final = re.compile(r"^[^，。；]{0,12}?[至到~～—–]约?[\d零一二三四五六七八九两十]|^-\d")
_CALENDAR: Final = re.compile(
    r"^[多余]?(?:年|月|日|号|点|时|分(?!钟)|秒|世纪|届|期|楼|室|路|线|章|页|版|条(?:规定|款|例)|后|岁)"
)
_CLAUSE_END: Final = re.compile(r"[，。；：、！？…—“”（）()《》「」,;:!?]")
_LEADS_IN: Final = re.compile(r"^(?:其中|而且|而|并且|并|但是|但|也|还|且|同时|此外|另外|预计|以及|和|则)")
_LEADS_TO: Final = re.compile(
    r"(?:则需要|只有|达到|高达|多达|超过|将近|接近|大约|需要|约为|约|近|逾|超|达|为|是|共计|合计|总计|共|仅|需|有|了|到|至|至少|最多|不到)+$"
)


def chinese_figure(sentence: str, figure: Figure) -> HighPoint | None:
    """Give what a card would show of a figure, or None where it deserves none."""
    words, value = figure.words, figure.value
    if words.endswith("千") and sentence.startswith("瓦", figure.end) and len(words) > 1:
        words = words[:-1]  # the 千 of 千瓦 belongs to the unit
        value = max((each.value for each in figures_in(words)), default=Decimal(0))
    end = figure.start + len(words)
    before, after = sentence[: figure.start], sentence[end:]
    if figure.parts or _is_no_count(before, words, after) or _is_in_a_change(before, after):
        return None
    tail = _TAIL.match(after)
    assert tail is not None  # every part of it may be missing
    percent, money = bool(tail["percent"]) or words.startswith("百分之"), bool(tail["money"]) or words[0] in "£$€¥"
    scaled = words[-1] in "万亿" or re.match(r"[多余]?[万亿]", after) is not None
    if not (percent or money or (scaled and tail["measure"]) or (value >= HUNDRED and tail["measure"])):
        return None
    if percent and value == HUNDRED:
        return None
    end += tail.end()
    qualified = _BEFORE.search(before)
    first = qualified.start() if qualified else figure.start
    shown = sentence[first:end]
    if len(shown) > LONGEST_FIGURE:
        return None
    label = _label(sentence[:first], sentence[end:])
    if money and not label and value < SMALL:
        return None
    told = Figure(words, figure.start, value)
    return HighPoint(shown, label, weight(told, money=money, percent=percent, scaled=scaled))


def _is_no_count(before: str, words: str, after: str) -> bool:
    """Say whether numerals name, date or only hint: 第三百条, 2024年, 数百名, 成千上万."""
    hint = words[0] in "百千万亿零〇" and not words.startswith("百分之")
    named = _NUMBERED.search(before) or re.match(r"[A-Za-z\d_./:-]", after)
    return hint or bool(named or re.search(r"\d\.\d+\.\d", words)) or _CALENDAR.match(after) is not None


def _is_in_a_change(before: str, after: str) -> bool:
    """Say whether a figure is one end of a range, or of a change from one to another."""
    clause, rest = _CLAUSE_END.split(before)[-1], _CLAUSE_END.split(after, maxsplit=1)[0]
    changes = re.search(r"[从由]", clause) is not None and re.search(r"[到至为]", rest) is not None
    return changes or bool(_RANGE_BEFORE.search(before) or _RANGE_AFTER.match(after))


def _label(before: str, after: str) -> str:
    """Give what a Chinese figure counts: the rest of its clause, or, where it ends one, the clause before it."""
    rest = _CLAUSE_END.split(after, maxsplit=1)[0]
    if rest:
        short = 1 < len(rest) <= _LONGEST_LABEL and not re.match(r"[的地得以之和与及或但而不]", rest)
        return rest if short else ""
    clause = _LEADS_TO.sub("", _LEADS_IN.sub("", _CLAUSE_END.split(before)[-1]))
    return clause if 1 < len(clause) <= _LONGEST_LABEL else ""
