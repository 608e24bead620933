"""What is said in a video: a greeting, the day's stories in their own traced sentences, a sign-off.

Between the first and the last segment nothing is worded here: sentences come from the drafts whole and verbatim.
To fit the time, shorter sentences or fewer stories are chosen; no sentence is ever cut.
"""

import datetime as dt
import re
from collections.abc import Sequence

from content.errors import BadInputError
from content.sentences import is_chinese, reading_length
from content.values import Claim, Draft, Newsletter, Script, Segment

# What a video may last, and what is not speech in it: pictures before the first word and after the last, and the
# pause between two segments.
SHORTEST_S, LONGEST_S = 30.0, 60.0
_FRAME_S, _PAUSE_S = 2.6, 0.6
# Measured on espeak-ng at its narrator's pace, within 0.5 s a sentence: seconds a written character and what a figure,
# which is written shorter than it is said, adds; in Chinese also what a mark of punctuation adds.
_CHARACTER_S, _FIGURE_S = 0.065, 0.25
_CHARACTER_HAN_S, _MARK_HAN_S = 0.235, 0.15
# A lead tells a story best; only one that lasts longer than this, and than its even part of the time and a third,
# gives way to a shorter sentence of its article.
_LONG_LEAD_S = 15.0
_FEW = 3

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
    title = Segment(
        kind="title",
        text=_greeting(newsletter, edition_date),
        title=newsletter.name,
        subtitle=_long_date(edition_date, newsletter.language),
    )
    return _script(newsletter, title, articles, target_s)


def article_script(newsletter: Newsletter, draft: Draft, target_s: float) -> Script:
    """Write the script of a video of one article."""
    chinese = is_chinese(newsletter.language)
    text = f"《{newsletter.name}》专题。" if chinese else f"One story from {newsletter.name}."
    return _script(
        newsletter, Segment(kind="title", text=text, title=draft.headline, subtitle=newsletter.name), [draft], target_s
    )


def spoken_s(text: str, language: str) -> float:
    """Estimate how long a text takes to say, seconds."""
    if is_chinese(language):
        return (
            reading_length(text, language) * _CHARACTER_HAN_S + len(re.findall(r"[，。；、：！？]", text)) * _MARK_HAN_S
        )
    return len(text) * _CHARACTER_S + len(re.findall(r"\d", text)) * _FIGURE_S


def estimated_s(script: Script) -> float:
    """Estimate the length of a script's video, seconds."""
    said = sum(spoken_s(segment.text, script.language) for segment in script.segments)
    return said + _PAUSE_S * (len(script.segments) - 1) + _FRAME_S


def _script(newsletter: Newsletter, title: Segment, articles: Sequence[Draft], target_s: float) -> Script:
    language = newsletter.language
    end = Segment(kind="end", text=_farewell(newsletter), title=newsletter.name, subtitle=newsletter.tagline)
    target = min(max(target_s, SHORTEST_S + 4), LONGEST_S - 4)
    frame = estimated_s(Script(language=language, segments=(title, end)))
    stories = _chosen(articles, (SHORTEST_S + 2 - frame, target - frame), language)
    segments = [
        Segment(
            kind="story", text=_joined(claims, language), title=draft.headline, subtitle=_publishers(draft, language)
        )
        for draft, claims in stories
    ]
    return Script(language=language, segments=(title, *segments, end))


def _chosen(articles: Sequence[Draft], bounds_s: tuple[float, float], language: str) -> list[tuple[Draft, list[Claim]]]:
    """Choose the stories and their sentences: one for each story that fits, then further points in turn."""

    def lasts(claim: Claim) -> float:
        return spoken_s(claim.text, language)

    least_s, room_s = bounds_s
    stories: list[tuple[Draft, list[Claim]]] = []
    used = 0.0
    for count, bearable_s in _plans(len(articles), room_s):
        stories = [(draft, [_opening(draft, bearable_s, language)]) for draft in articles[:count]]
        used = sum(lasts(claims[0]) + _PAUSE_S for _, claims in stories)
        if used <= room_s:
            break
    for depth in range(1, 7):
        for draft, claims in stories:
            fitting = [each for each in draft.points if each not in claims and used + lasts(each) <= room_s]
            if len(claims) == depth and fitting:
                claims.append(fitting[0])
                used += lasts(fitting[0])
    # A little over the target is better than too short to be a video.
    while used < least_s:
        left = [(lasts(each), claims, each) for draft, claims in stories for each in draft.points if each not in claims]
        if not left:
            break
        seconds, claims, shortest = min(left, key=lambda one: one[0])
        claims.append(shortest)
        used += seconds
    return [(draft, sorted(claims, key=draft.claims.index)) for draft, claims in stories]


def _plans(articles: int, room_s: float) -> list[tuple[int, float]]:
    """Give what to try, in order: how many stories, and how long the sentence may be that opens one.

    Leads come first; below three stories, shorter sentences are tried before yet another story is given up.
    """
    plans: list[tuple[int, float]] = []
    for count in range(articles, 0, -1):
        even_s = 4 / 3 * room_s / count
        plans.append((count, max(_LONG_LEAD_S, even_s)))
        if 1 < count <= _FEW:
            plans.append((count, even_s))
    return plans


def _opening(draft: Draft, at_most_s: float, language: str) -> Claim:
    """Choose the sentence that opens a story: its lead, or its first point of bearable length."""
    told = (draft.lead, *draft.points)
    bearable = [claim for claim in told if spoken_s(claim.text, language) <= at_most_s]
    return bearable[0] if bearable else min(told, key=lambda claim: spoken_s(claim.text, language))


def _joined(claims: Sequence[Claim], language: str) -> str:
    return ("" if is_chinese(language) else " ").join(claim.text for claim in claims)


def _publishers(draft: Draft, language: str) -> str:
    names = list(dict.fromkeys(link.publisher for link in draft.further))[:3]
    return ("、" if is_chinese(language) else ", ").join(names)


def _greeting(newsletter: Newsletter, date: dt.date) -> str:
    long_date = _long_date(date, newsletter.language)
    if is_chinese(newsletter.language):
        return f"这里是《{newsletter.name}》，{date.month}月{date.day}日。"
    return f"This is {newsletter.name} for {long_date}."


def _farewell(newsletter: Newsletter) -> str:
    if is_chinese(newsletter.language):
        return "全文和出处请看本期页面，再会。"
    return f"That was {newsletter.name}. The full stories and their sources are on our page."


def _long_date(date: dt.date, language: str) -> str:
    if is_chinese(language):
        return f"{date.year}年{date.month}月{date.day}日，星期{_WEEKDAYS_HAN[date.weekday()]}"
    # Not %A and %B: those follow the process's locale.
    return f"{_WEEKDAYS[date.weekday()]}, {date.day} {_MONTHS[date.month - 1]} {date.year}"
