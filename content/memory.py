"""What a newsletter has told before, and what of a story is still news after that."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from content import novelty, sentences
from content.clustering import Closeness
from content.reports import Report
from content.values import PublishedStory

# A story returns with at least this much that readers have not had; a publisher who rewrites his own page
# (a correction, a result) needs only one sentence.
_NEWS_SENTENCES, _NEWS_FACTS = 2, 2
# So many of a published story's names, and such a share of them, make a report that is merely akin its continuation.
_NAMES, _NAMES_SHARE = 2, 1 / 3


@dataclass(frozen=True)
class Told:
    """What memory says of a story: the reports that are news, and the published story they continue, if any."""

    reports: tuple[Report, ...]
    nearness: float
    update_of: PublishedStory | None = None


def memory_text(story: PublishedStory) -> str:
    """Give what is embedded of a published story: its headline and lead."""
    return f"{story.headline}\n{story.lead}"


def is_remembered(story: PublishedStory, edition_date: dt.date, memory_days: int) -> bool:
    """Say whether a story lies in an edition's past; an edition made again must not find itself in its own memory."""
    return dt.timedelta(0) < edition_date - story.edition_date <= dt.timedelta(days=memory_days)


def hold_against(
    reports: Sequence[Report],
    past: Sequence[PublishedStory],
    near: NDArray[np.float64],
    *,
    texts: Mapping[str, str],
    language: str,
    closeness: Closeness,
) -> Told:
    """Hold a story against what was published; `near` (reports, past) are cosines."""
    nearest = float(near.max()) if near.size else 0.0
    urls = {entry.url for report in reports for entry in report.carriers}
    same = [
        (story.edition_date, float(near[:, at].max()), story.story_id, story)
        for at, story in enumerate(past)
        if urls & set(story.urls) or _continues(reports, story, near[:, at], language, closeness)
    ]
    if not same:
        return Told(tuple(reports), nearest)
    stories_told = [story for *_, story in sorted(same, key=lambda each: each[:3])]
    used = {url for story in stories_told for url in story.urls}
    seen = {sha256 for story in stories_told for sha256 in story.sources}
    unchanged = [report for report in reports if _is_unchanged(report, stories_told)]
    known = "\n".join(
        [
            *(memory_text(story) for story in stories_told),
            *(texts[sha256] for sha256 in sorted(seen) if sha256 in texts),
            *(report.text for report in unchanged),
        ]
    )
    fresh = tuple(report for report in reports if report not in unchanged)
    news = novelty.news_in("\n".join(report.text for report in fresh), known, language)
    rewritten = any(entry.url in used for report in fresh for entry in report.carriers)
    # Chinese names carry no mark, so there only sentences are counted.
    enough = len(news.facts) >= _NEWS_FACTS or sentences.is_chinese(language)
    if not (news.sentences if rewritten else len(news.sentences) >= _NEWS_SENTENCES and enough):
        return Told((), nearest)
    return Told(fresh, nearest, stories_told[-1])


def _continues(
    reports: Sequence[Report], story: PublishedStory, near: NDArray[np.float64], language: str, closeness: Closeness
) -> bool:
    """Say whether reports go on with a published story, by their cosines with it or by the names that return."""
    nearest = float(near.max())
    if nearest >= closeness.remembered or nearest < closeness.akin:
        return nearest >= closeness.remembered
    # A publisher's own name is in everything he writes.
    own = {word for report in reports for word in report.entry.publisher.casefold().split()}
    names = novelty.names(memory_text(story), language) - own
    returned = names & novelty.names("\n".join(f"{report.entry.title}\n{report.text}" for report in reports), language)
    return len(returned) >= max(_NAMES, len(names) * _NAMES_SHARE)


def _is_unchanged(report: Report, told: Sequence[PublishedStory]) -> bool:
    """Say whether a report was used before: its text, or its address where memory does not know the text."""
    return any(
        entry.text.sha256 in story.sources or (entry.url in story.urls and not story.sources)
        for entry in report.carriers
        for story in told
    )
