"""From what was read to what is worth an article: the agenda of one edition.

Pure: entries, their texts and vectors come in, briefs come out; embedding happens before, over `ideation_text` of every
entry and `memory.memory_text` of every remembered story, with one embedder.
A brief is made of its own reports and of the published story it continues, and of nothing else,
so that a change in one story leaves every other brief, and all that is made from it, as it was.
The order of entries does not matter.
"""

import datetime as dt
from collections.abc import Mapping, Sequence
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from content import pitches, ranking, sentences
from content.clustering import Closeness, cosines, stories
from content.errors import BadInputError, MissingAssetError
from content.memory import Told, hold_against, is_remembered
from content.recipes import digest_of
from content.reports import merge
from content.values import Agenda, Brief, Newsletter, PublishedStory, SourceEntry

# Every pair of reports is compared, so an edition looks at this many of the newest.
MAX_ENTRIES = 2000
# More reports than this tell a reader nothing further; the most central and longest are kept.
MAX_SOURCES = 8
# Long enough for the gist, short enough to keep the background that all local stories share out of the vector.
_OPENING = {"en": 300, "zh": 400}


def ideation_text(entry: SourceEntry, text: str) -> str:
    """Give what is embedded of an entry: its title and the whole sentences of its opening."""
    room = _OPENING["zh" if sentences.is_chinese(entry.language) else "en"]
    title = pitches.clean_title(entry.title, publisher=entry.publisher, host=ranking.host_of(entry.url))
    end = 0
    for sentence in sentences.split(text[: 4 * room], entry.language):
        if end and sentence.end > room:
            break
        end = sentence.end
    return f"{title}\n{text[:end]}"


def window(newsletter: Newsletter, edition_date: dt.date) -> tuple[dt.datetime, dt.datetime]:
    """Give the stretch of time an edition looks at: whole local days, up to the end of the edition's own."""
    zone = ZoneInfo(newsletter.timezone)
    first = edition_date - dt.timedelta(days=newsletter.lookback_days)
    midnight = dt.time(tzinfo=zone)
    return dt.datetime.combine(first, midnight), dt.datetime.combine(edition_date + dt.timedelta(days=1), midnight)


def make_agenda(
    entries: Sequence[SourceEntry],
    texts: Mapping[str, str],
    vectors: NDArray[np.float32],
    memory: Sequence[PublishedStory],
    memory_vectors: NDArray[np.float32],
    *,
    newsletter: Newsletter,
    edition_date: dt.date,
    closeness: Closeness,
    spare: int = 0,
) -> Agenda:
    """Choose what an edition writes about: at most `newsletter.articles` briefs and `spare` more, the best first.

    `texts` holds the plain text of every entry by its sha256, and may hold the texts remembered stories were made of.
    `vectors` (N, D) and `memory_vectors` (M, D) are unit rows in the order of `entries` and `memory`.
    Raises BadInputError when rows and values do not pair up, MissingAssetError when an entry's text is not there.
    """
    _check(entries, texts, vectors, memory, memory_vectors)
    since, until = window(newsletter, edition_date)
    order = [at for at in _canonical(entries) if since <= entries[at].published < until]
    spoken = [at for at in order if _speaks(entries[at], newsletter.language)]
    considered = [entries[at] for at in spoken[:MAX_ENTRIES]]
    rows = vectors[spoken[:MAX_ENTRIES]]
    kept = [at for at, story in enumerate(memory) if is_remembered(story, edition_date, newsletter.memory_days)]
    past = [memory[at] for at in kept]

    similar = cosines(rows, rows) if considered else np.zeros((0, 0))
    reports = merge(considered, texts, similar, closeness)
    here = [report.at for report in reports]
    near = cosines(rows[here], memory_vectors[kept]) if here and kept else np.zeros((len(here), len(kept)))
    publishers = ranking.publishers_of([report.entry for report in reports])
    candidates: list[ranking.Candidate[Brief]] = []
    told_before = too_thin = 0
    for group in stories(similar[np.ix_(here, here)], publishers, closeness):
        told = hold_against(
            [reports[at] for at in group],
            past,
            near[group],
            texts=texts,
            language=newsletter.language,
            closeness=closeness,
        )
        length = sum(sentences.reading_length(report.text, newsletter.language) for report in told.reports)
        if not told.reports:
            told_before += len(group)
        elif ranking.too_little(length, newsletter.language):
            too_thin += len(group)
        else:
            brief = _brief(told, similar, newsletter, edition_date)
            standing = ranking.Standing(
                sources=len(set(ranking.publishers_of([report.entry for report in told.reports]))),
                newest=max(report.entry.published for report in told.reports),
                nearness=told.nearness,
                length=length,
            )
            worth = ranking.worth(
                standing, until=until, lookback_days=newsletter.lookback_days, language=newsletter.language
            )
            speaker = next(report.at for report in told.reports if report.entry == brief.sources[0])
            candidates.append(ranking.Candidate(brief, worth, brief.sources[0].url, speaker))
    briefs = tuple(ranking.choose(candidates, similar, newsletter.articles + spare))
    reason = _reason(
        read=len(entries),
        dated=len(order),
        foreign=len(order) - len(spoken),
        told_before=told_before,
        too_thin=too_thin,
        since=since.date(),
        language=newsletter.language,
    )
    return Agenda(briefs=briefs, reason="" if briefs else reason, considered=len(considered))


def _check(
    entries: Sequence[SourceEntry],
    texts: Mapping[str, str],
    vectors: NDArray[np.float32],
    memory: Sequence[PublishedStory],
    memory_vectors: NDArray[np.float32],
) -> None:
    for what, values, rows in (("entries", entries, vectors), ("remembered stories", memory, memory_vectors)):
        if len(values) != len(rows):
            raise BadInputError(
                f"{len(values)} {what} came with {len(rows)} vectors; embed each of them once, in order"
            )
    for entry in entries:
        if entry.text.sha256 not in texts:
            raise MissingAssetError(f"the text {entry.text.sha256} of {entry.url} is not there; collect the feed again")


def _canonical(entries: Sequence[SourceEntry]) -> list[int]:
    """Give positions newest first, and in one order whatever order they came in."""
    return sorted(
        range(len(entries)),
        key=lambda at: (
            -entries[at].published.timestamp(),
            entries[at].url,
            entries[at].text.sha256,
            entries[at].feed_url,
            entries[at].title,
        ),
    )


def _speaks(entry: SourceEntry, language: str) -> bool:
    """Say whether an entry is in the newsletter's language; one of unknown language gets the benefit of the doubt."""
    tag = entry.language.lower().replace("_", "-").split("-")[0]
    return tag in {"", "und", "mul", language} or (language == "zh" and sentences.is_chinese(tag))


def _brief(told: Told, similar: NDArray[np.float64], newsletter: Newsletter, edition_date: dt.date) -> Brief:
    """Make a story's brief from its own reports: the most central first, then the longest."""
    at = [report.at for report in told.reports]
    # Coarse on purpose: among reports as central as each other the longest leads.
    central = np.round(similar[np.ix_(at, at)].mean(axis=1), 2)
    ordered = [
        report
        for _, report in sorted(
            zip(central.tolist(), told.reports, strict=True),
            key=lambda pair: (-pair[0], -len(pair[1].text), pair[1].entry.url),
        )
    ][:MAX_SOURCES]
    zone = ZoneInfo(newsletter.timezone)
    names = ranking.publishers_of([report.entry for report in ordered])
    told_by = [
        pitches.Telling(
            title=report.entry.title,
            text=report.text,
            url=report.entry.url,
            publisher=name,
            day=report.entry.published.astimezone(zone).date(),
        )
        for report, name in zip(ordered, names, strict=True)
    ]
    previous = told.update_of
    identity: list[str] = sorted(report.entry.url for report in ordered)
    return Brief(
        story_id=digest_of([*identity, previous.story_id] if previous else identity),
        working_headline=pitches.working_headline(told_by, newsletter.language),
        why_now=pitches.why_now(
            told_by, edition_date, newsletter.language, since_ours=previous.edition_date if previous else None
        ),
        sources=tuple(report.entry for report in ordered),
        update_of=previous,
    )


def _reason(
    *, read: int, dated: int, foreign: int, told_before: int, too_thin: int, since: dt.date, language: str
) -> str:
    """Say in one sentence why there is nothing to write about."""
    day = f"{since.day} {since:%B %Y}"
    if not read:
        return "No entry was read."
    if not dated:
        return f"None of the {read} entries read is dated between {day} and the day of the edition."
    parts = [
        f"{count} {what}"
        for count, what in (
            (told_before, "told in earlier editions, with nothing material since"),
            (too_thin, "with too little text"),
            (foreign, f"not in the newsletter's language ({language})"),
        )
        if count
    ]
    return f"Nothing new among the {dated} entries since {day}: {', '.join(parts)}."
