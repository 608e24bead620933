"""A story's working headline and its one sentence of why now, both from its own reports only."""

import datetime as dt
import html
import re
import unicodedata
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from content.ranking import host_of
from content.sentences import is_chinese, reading_length

_SEPARATOR = re.compile(r"\s+[|–—·»:-]\s+|\s*[|｜]\s*|\s*(?:——|_)\s*")
# Glyphs that stand for nothing in a headline: zero-width, control and private characters.
_INVISIBLE = re.compile(r"[\u0000-\u001f\u007f-\u009f\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff\ue000-\uf8ff]")
_LABEL = re.compile(
    r"^(?:(?:breaking|exclusive|watch|video|live|updated?|just in|photos?|opinion|press release)\s*[:|–—-]\s+"
    r"|[\[(](?:updated?|video|photos?|live)[\])]\s*|【(?:视频|组图|快讯|独家|更新)】\s*|(?:快讯|独家)[：:|｜]\s*)",
    re.IGNORECASE,
)
_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)?")
_GOOD_LENGTH = {False: range(4, 16), True: range(8, 33)}
_NUMBERS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
_NUMBERS_HAN = ("零", "一", "两", "三", "四", "五", "六", "七", "八", "九", "十")
_WEEKDAYS_HAN = "一二三四五六日"


@dataclass(frozen=True)
class Telling:
    """One report as far as a headline and a why-now need it; `day` is its date in the newsletter's timezone."""

    title: str
    text: str
    url: str
    publisher: str
    day: dt.date


def working_headline(reports: Sequence[Telling], language: str) -> str:
    """Give the best title among a story's reports, in their order, cleaned.

    One that is neither too short nor too long, asks nothing and does not shout comes first.
    """

    def reluctance(report: Telling) -> tuple[int, int]:
        title = clean_title(report.title, publisher=report.publisher, host=host_of(report.url))
        faults = (
            (reading_length(title, language) not in _GOOD_LENGTH[is_chinese(language)])
            + title.rstrip("”’\"'）)").endswith(("?", "？"))
            + _shouts(title)
            + title.endswith(("…", "..."))
            + 9 * (not title)
        )
        return faults, reports.index(report)

    best = min(reports, key=reluctance)
    title = clean_title(best.title, publisher=best.publisher, host=host_of(best.url), text=best.text)
    return title or best.publisher or host_of(best.url) or best.url


def clean_title(title: str, *, publisher: str = "", host: str = "", text: str = "") -> str:
    """Strip a title of markup, labels, the site's name and its full stop; spell capitals as the text spells them."""
    plain = unicodedata.normalize("NFC", html.unescape(html.unescape(title)))
    plain = " ".join(_INVISIBLE.sub("", re.sub(r"</?[a-zA-Z][^<>]*>", "", plain)).split())
    plain = _LABEL.sub("", plain)
    plain = _without_site(plain, {_folded(publisher), _folded(host), _folded(host.partition(".")[0])} - {""})
    if not plain.endswith(("...", "…")):
        plain = (
            re.sub(r"(?<=\S)\s*[.。;；,，:：|–—-]+$", "", plain)
            if not re.search(r"\b[A-Za-z]\.[A-Za-z]\.$", plain)
            else plain
        )
    # Headlines are set by us, on covers too: one house, one apostrophe.
    plain = re.sub(r'"([^"]+)"', r"“\1”", re.sub(r"(?<=\w)'(?=\w)", "’", plain))
    return _lowered(plain, text) if _shouts(plain) else plain


def why_now(reports: Sequence[Telling], today: dt.date, language: str, *, since_ours: dt.date | None = None) -> str:
    """Say in one sentence who reports a story and since when; `since_ours` is the day of our own earlier story."""
    names = list(dict.fromkeys(report.publisher for report in reports))
    first, last = min(report.day for report in reports), max(report.day for report in reports)
    if is_chinese(language):
        return _why_now_han(names, first, last, today, since_ours)
    if len(names) == 1:
        told = f"published {_when(last, today)} by {names[0]}"
    else:
        who = " and ".join(names) if len(names) == 2 else f"{_counted(len(names), _NUMBERS)} sources"
        told = f"reported by {who} " + (_when(first, today) if first == last else _since(first, today))
    if since_ours:
        return f"New since our story of {_date(since_ours, today)}: {told}."
    return f"{told[0].upper()}{told[1:]}."


def _why_now_han(names: list[str], first: dt.date, last: dt.date, today: dt.date, since_ours: dt.date | None) -> str:
    if len(names) == 1:
        told = f"{names[0]}{_when_han(last, today)}发布"
    else:
        who = "和".join(names) if len(names) == 2 else f"{_counted(len(names), _NUMBERS_HAN)}家媒体"
        told = f"{who}{_when_han(first, today)}" + ("报道" if first == last else "以来先后报道")
    if since_ours:
        return f"我们{_date_han(since_ours, today)}报道之后的新进展：{told}。"
    return f"{told}。"


def _counted(number: int, words: Sequence[str]) -> str:
    return words[number] if number < len(words) else str(number)


def _date(day: dt.date, today: dt.date) -> str:
    return f"{day.day} {day:%B}" + (f" {day.year}" if day.year != today.year else "")


def _date_han(day: dt.date, today: dt.date) -> str:
    return (f"{day.year}年" if day.year != today.year else "") + f"{day.month}月{day.day}日"


def _when(day: dt.date, today: dt.date) -> str:
    age = (today - day).days
    if age in {0, 1}:
        return ("today", "yesterday")[age]
    return f"on {day:%A}" if 1 < age < 7 else f"on {_date(day, today)}"


def _since(day: dt.date, today: dt.date) -> str:
    return f"since {_when(day, today).removeprefix('on ')}"


def _when_han(day: dt.date, today: dt.date) -> str:
    age = (today - day).days
    if age in {0, 1}:
        return ("今天", "昨天")[age]
    # Within one calendar week 周三 is this week's; before that the date is plainer.
    return (
        f"周{_WEEKDAYS_HAN[day.weekday()]}"
        if 1 < age < 7 and day.weekday() < today.weekday()
        else _date_han(day, today)
    )


def _folded(name: str) -> str:
    return re.sub(r"[\W_]+", "", name.casefold()).removeprefix("the")


def _without_site(title: str, names: set[str]) -> str:
    """Drop the site's name from either end, and after a bar anything as short as a name."""
    while (matches := list(_SEPARATOR.finditer(title))) and len(title[: matches[-1].start()]) > 0:
        last, first = matches[-1], matches[0]
        head, tail = title[: last.start()], title[last.end() :]
        barred = any(bar in last[0] for bar in "|｜")
        if _folded(tail) in names or (barred and 0 < len(tail) <= min(30, 0.7 * len(head))):
            title = head
        elif _folded(title[: first.start()]) in names:
            title = title[first.end() :]
        else:
            break
    return title.strip()


def _shouts(title: str) -> bool:
    letters = [each for each in title if each.isalpha() and each.upper() != each.lower()]
    return len(letters) >= 12 and sum(each.isupper() for each in letters) > 0.8 * len(letters)


def _lowered(title: str, text: str) -> str:
    """Spell each word of a shouted title as its text mostly spells it, and begin with a capital."""
    spellings: dict[str, Counter[str]] = {}
    # A sentence's first word is capitalised whatever it is, so it says nothing.
    for match in re.finditer(r"(?<![.!?…”\"]\s)(?<!\n)(?<!^)\b" + _WORD.pattern, text):
        spellings.setdefault(match[0].casefold(), Counter())[match[0]] += 1

    def spelt(match: re.Match[str]) -> str:
        seen = spellings.get(match[0].casefold())
        return max(sorted(seen), key=lambda each: seen[each]) if seen else match[0].lower()

    lowered = _WORD.sub(spelt, title)
    return lowered[:1].upper() + lowered[1:]
