"""What the fake writer writes: the first sentences of each source as they stand, so that every claim can be traced."""

import re
from collections.abc import Mapping
from typing import Final, Literal

from content.errors import BadInputError
from content.values import Brief, Claim, Draft, Genre, Link, Part, Passage, Piece, SourceEntry

_SENTENCE = re.compile(r"[^.!?。！？\n]{15,}[.!?。！？]+[”\"]?")
_ROLES: Final[Mapping[Genre, Literal["sentence", "headline", "post", "narration", "prompt", "answer"]]] = {
    Genre.SUMMARY: "sentence",
    Genre.STORY: "sentence",
    Genre.INTERVIEW: "answer",
    Genre.QUESTIONS: "answer",
    Genre.HEADLINES: "headline",
    Genre.SOCIAL: "post",
    Genre.VIDEO_SCRIPT: "narration",
    Genre.PICTURE_PROMPTS: "prompt",
}


def copied_piece(genre: Genre, draft: Draft) -> Piece:
    """Give an article's sentences as the parts of a piece."""
    parts: list[Part] = []
    for claim in draft.claims:
        if _ROLES[genre] == "answer":
            parts.append(Part(role="question", text="What is known?" if draft.language != "zh" else "有什么消息？"))
        place = Passage(url=claim.url, source=claim.source, start=claim.start, end=claim.end)
        parts.append(Part(role=_ROLES[genre], text=claim.text, rests_on=(place,)))
    return Piece(
        story_id=draft.story_id, genre=genre, language=draft.language, title=draft.headline, parts=tuple(parts)
    )


def copied_draft(brief: Brief, texts: Mapping[str, str]) -> Draft:
    """Give an article of the first sentences of each source; raise BadInputError when there are fewer than three."""
    spans = [
        (source, found) for source in brief.sources for found in list(_SENTENCE.finditer(texts[source.text.sha256]))[:4]
    ][:4]
    if len(spans) < 3:
        raise BadInputError(f"the sources of {brief.working_headline!r} hold {len(spans)} sentences; three are needed")
    lead, *points = [_claim(source, found, first=index == 0) for index, (source, found) in enumerate(spans)]
    further = tuple(
        Link(url=entry.url, title=entry.title, publisher=entry.publisher, published=entry.published)
        for entry in brief.sources
    )
    return Draft(
        story_id=brief.story_id,
        headline=brief.working_headline,
        language=brief.sources[0].language,
        lead=lead,
        points=tuple(points),
        further=further,
        why_now=brief.why_now,
        update_of=brief.update_of,
    )


def _claim(source: SourceEntry, found: re.Match[str], *, first: bool) -> Claim:
    # A sentence starts behind the blanks that part it from the one before.
    start = found.start() + len(found[0]) - len(found[0].lstrip())
    return Claim(
        role="lead" if first else "point",
        text=found.string[start : found.end()],
        url=source.url,
        source=source.text.sha256,
        start=start,
        end=found.end(),
    )
