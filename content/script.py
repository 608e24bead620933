"""What is said in a video: a greeting, the day's stories in their own traced sentences, a sign-off.

Between the first and the last segment nothing is worded here: sentences come from the drafts whole and verbatim.
To fit the time, fewer or shorter sentences are chosen, and greeting and sign-off shortened; no sentence is ever cut.
"""

import datetime as dt
from collections.abc import Sequence

from content.airtime import Room, fill
from content.errors import BadInputError
from content.sentences import is_chinese
from content.storyboard import PAUSE_S, spoken_s
from content.values import Draft, Newsletter, Script, Segment

__all__ = ["LONGEST_S", "SHORTEST_S", "article_script", "edition_script", "estimated_s", "spoken_s"]

SHORTEST_S, LONGEST_S = 15.0, 90.0
"""What a video may last, seconds."""

# What is not speech in a video: pictures before the first word and after the last.
_FRAME_S = 2.6
# How far an estimate may be off at either end.
_SPARE_SHORT_S, _SPARE_LONG_S = 1.0, 3.0
# Greeting and sign-off should take no more of the time than this, pictures before and after included, and never more
# than that: where one sentence of the story is all there is, a longer greeting may bring the video to its length.
_FRAME_SHARE, _FRAME_SHARE_AT_MOST = 1 / 3, 1 / 2
# A script this near to the time asked for, of that time, needs no other greeting.
_NEAR = 0.1

_WEEKDAYS_HAN = "一二三四五六日"
_WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)


def edition_script(
    newsletter: Newsletter, edition_date: dt.date, articles: Sequence[Draft], *, target_s: float
) -> Script:
    """Write the script of an edition's video: as many of the first articles as fit `target_s`, then more of each.

    Raises BadInputError when there is no article to speak of.
    """
    if not articles:
        raise BadInputError(f"the edition {newsletter.slug}/{edition_date} has no article to make a video of")
    name, date = newsletter.name, _long_date(edition_date, newsletter.language)
    if is_chinese(newsletter.language):
        day = f"{edition_date.month}月{edition_date.day}日"
        greetings = (f"这里是《{name}》，{day}。", f"《{name}》，{day}。", f"《{name}》。")
        farewells = ("全文和出处请看本期页面，再会。", "全文和出处请看本期页面。", "详见本期页面。")
    else:
        day = f"{edition_date.day} {_MONTHS[edition_date.month - 1]}"
        greetings = (f"This is {name} for {date}.", f"{name}, {day}.", f"{name}.")
        farewells = (
            f"That was {name}. The full stories and their sources are on our page.",
            "The full stories are on our page.",
            "More on our page.",
        )
    return _script(newsletter, articles, target_s, greetings, farewells, title=name, subtitle=date)


def article_script(newsletter: Newsletter, draft: Draft, target_s: float) -> Script:
    """Write the script of a video of one article."""
    name = newsletter.name
    if is_chinese(newsletter.language):
        greetings = (f"《{name}》专题。", f"《{name}》专题。", f"《{name}》。")
        farewells = ("全文和出处请看我们的页面，再会。", "全文和出处请看我们的页面。", "详见我们的页面。")
    else:
        greetings = (f"One story from {name}.", f"One story from {name}.", f"{name}.")
        farewells = (
            f"That was {name}. The full story and its sources are on our page.",
            "The full story is on our page.",
            "More on our page.",
        )
    return _script(newsletter, [draft], target_s, greetings, farewells, title=draft.headline, subtitle=name)


def estimated_s(script: Script) -> float:
    """Estimate the length of a script's video, seconds."""
    said = sum(spoken_s(segment.text, script.language) for segment in script.segments)
    return said + PAUSE_S * (len(script.segments) - 1) + _FRAME_S


def _script(
    newsletter: Newsletter,
    articles: Sequence[Draft],
    target_s: float,
    greetings: Sequence[str],
    farewells: Sequence[str],
    *,
    title: str,
    subtitle: str,
) -> Script:
    """Put stories between the fullest greeting and sign-off that leave them their time.

    Where that misses the time, shorter ones are tried, and the nearest script is taken.
    """
    language = newsletter.language
    target = min(max(target_s, SHORTEST_S + _SPARE_SHORT_S), LONGEST_S - _SPARE_LONG_S)
    found: list[Script] = []
    for greeting, farewell in zip(greetings, farewells, strict=True):
        opens = Segment(kind="title", text=greeting, title=title, subtitle=subtitle)
        closes = Segment(kind="end", text=farewell, title=newsletter.name, subtitle=newsletter.tagline)
        frame = estimated_s(Script(language=language, segments=(opens, closes)))
        shortest = farewell == farewells[-1]
        if frame > _FRAME_SHARE_AT_MOST * target and not shortest:
            continue
        room = Room(SHORTEST_S + _SPARE_SHORT_S - frame, target - frame, LONGEST_S - _SPARE_LONG_S - frame)
        script = Script(language=language, segments=(opens, *fill(articles, room, language), closes))
        fair = shortest or frame <= _FRAME_SHARE * target
        if fair and abs(estimated_s(script) - target) <= _NEAR * target:
            return script
        found.append(script)
    return min(found, key=lambda script: abs(estimated_s(script) - target))


def _long_date(date: dt.date, language: str) -> str:
    if is_chinese(language):
        return f"{date.year}年{date.month}月{date.day}日，星期{_WEEKDAYS_HAN[date.weekday()]}"
    # Not %A and %B: those follow the process's locale.
    return f"{_WEEKDAYS[date.weekday()]}, {date.day} {_MONTHS[date.month - 1]} {date.year}"
