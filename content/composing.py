"""From a model's typed answer to an article: what rests on its sources stays, everything else is cut and told.

Nothing is repaired: a sentence is taken as it stands or not at all, and what is missing then is found among what stays.
"""

import math
from collections import defaultdict
from collections.abc import Sequence

from content.answers import LONGEST_HEADLINE, LONGEST_SCENE, ArticleAnswer
from content.drafting import shortened
from content.errors import BadAnswerError
from content.facts import untraceable
from content.foreign import presentable
from content.grounding import Cut, Ground, Grounded, sentence_case
from content.pitches import clean_title
from content.ranking import host_of
from content.scenes import scene_of
from content.sentences import is_chinese, reading_length
from content.telltales import IMPERATIVE
from content.values import Brief, Claim, Draft, Link, SourceEntry
from content.wordstems import subject_matter

FEWEST_POINTS, MOST_POINTS = 2, 5

# Two sentences tell the same when they share this part of the words of the shorter one.
_SAME = 0.8
# Words, or characters in Chinese; fewer are a name and no headline.
_SHORTEST_HEADLINE = {False: 4, True: 7}


def article(brief: Brief, answer: ArticleAnswer, ground: Ground, *, max_source_share: float) -> Draft:
    """Make an article of what rests on its sources.

    A lead that is cut gives way to the first point. Where the brief has several sources, none gives more than
    `max_source_share` of the sentences (a sentence that rests on two counts half for each); points go, the last first,
    until that holds. Raises BadAnswerError, naming what was cut, when no lead or fewer than two points are left.
    """
    cuts: list[Cut] = []
    kept: list[Grounded] = []
    for told in (answer.lead, *answer.points):
        found = ground.check(told.text, told.sources, "alone")
        if isinstance(found, Grounded) and repeats(found.text, [each.text for each in kept], ground.language):
            found = Cut(found.text, ("says again what was said",))
        if isinstance(found, Cut):
            cuts.append(found)
        else:
            kept.append(found)
    quotation = _quotation(answer, ground, kept, cuts)
    kept = kept[: MOST_POINTS + 1]
    if (several := sum(bool(source.sentences) for source in ground.sources)) > 1:
        kept, quotation = _shared_out(kept, quotation, max(max_source_share, 1 / several), cuts)
    if len(kept) <= FEWEST_POINTS:
        raise BadAnswerError(
            f"of what the model wrote on “{brief.working_headline[:80]}” {len(kept)} sentences can stand,"
            f" {FEWEST_POINTS + 1} are needed; cut: {'; '.join(map(str, cuts[:4]))}"
        )
    lead, *points = kept
    return Draft(
        story_id=brief.story_id,
        headline=headline_of(brief, answer.headline, ground, otherwise=lead.text),
        language="zh" if is_chinese(ground.language) else ground.language,
        lead=lead.claim("lead"),
        points=tuple(point.claim("point") for point in points),
        quotation=quotation,
        further=further(brief, ground),
        why_now=presentable(brief.why_now),
        update_of=brief.update_of,
        picture=scene_of(answer.picture, ground, longest=LONGEST_SCENE),
    )


def headline_of(brief: Brief, proposed: str, ground: Ground, *, otherwise: str) -> str:
    """Give the proposed headline if it rests on the sources, else the brief's, else a sentence, shortened."""
    everything = ground.everything
    bare = sentence_case(" ".join(proposed.split()).rstrip(".。"), everything)
    checked = ground.check(bare, [source.number for source in ground.sources], "headline")
    long_enough = reading_length(bare, ground.language) >= _SHORTEST_HEADLINE[is_chinese(ground.language)]
    if isinstance(checked, Grounded) and long_enough and len(bare) <= LONGEST_HEADLINE:
        return clean_title(bare) or bare
    first = brief.sources[0]
    title = clean_title(brief.working_headline, publisher=first.publisher, host=host_of(first.url), text=everything)
    title = sentence_case(title, everything)
    if presentable(title) and not untraceable(title, everything):
        return shortened(title, LONGEST_HEADLINE)
    return shortened(otherwise, LONGEST_HEADLINE)


def further(brief: Brief, ground: Ground) -> tuple[Link, ...]:
    """Give the links to go deeper: the brief's sources and nothing else, under titles that may be printed."""
    texts = {source.entry.url: "\n".join(each.text for each in source.sentences) for source in ground.sources}
    return tuple(
        Link(
            url=entry.url,
            title=_title(entry, texts.get(entry.url, "")),
            publisher=presentable(entry.publisher, host_of(entry.url)),
            published=entry.published,
        )
        for entry in {entry.url: entry for entry in reversed(brief.sources)}.values()
    )[::-1]


def repeats(text: str, others: Sequence[str], language: str) -> bool:
    """Say whether a sentence tells what another one has told."""
    words = subject_matter(text, language)
    for other in others:
        told = subject_matter(other, language)
        if words and told and len(words & told) >= _SAME * min(len(words), len(told)):
            return True
    return False


def _title(entry: SourceEntry, text: str) -> str:
    title = clean_title(entry.title, publisher=entry.publisher)
    # A title that orders its reader about must at least be about its own text.
    lured = IMPERATIVE.match(title) and untraceable(title, text)
    return presentable("" if lured else title, presentable(entry.publisher, host_of(entry.url) or entry.url))


def _quotation(answer: ArticleAnswer, ground: Ground, kept: Sequence[Grounded], cuts: list[Cut]) -> Claim | None:
    for quoted in answer.quotations:
        found = ground.quotation(quoted.words, quoted.speaker, quoted.source)
        if isinstance(found, Cut):
            cuts.append(found)
        elif not repeats(found.text, [each.text for each in kept], ground.language):
            return found
    return None


def _shared_out(
    kept: list[Grounded], quotation: Claim | None, most: float, cuts: list[Cut]
) -> tuple[list[Grounded], Claim | None]:
    """Drop points, and at last the quotation, of a source that gives more than its share of the sentences."""
    kept = list(kept)
    while kept:
        shares = _shares(kept, quotation)
        allowed = most * (len(kept) + (quotation is not None))
        source, share = max(shares.items(), key=lambda each: (each[1], each[0]))
        if share <= allowed or math.isclose(share, allowed):
            break
        if quotation is not None and quotation.source == source:
            quotation = None
            continue
        # The lead goes last of all: without points of another source there is no article.
        at = max(at for at, each in enumerate(kept) if source in {place.source for place in each.passages})
        cuts.append(Cut(kept.pop(at).text, (f"its source gives more than {most:.0%} of the article",)))
    return kept, quotation


def _shares(kept: Sequence[Grounded], quotation: Claim | None) -> dict[str, float]:
    shares: defaultdict[str, float] = defaultdict(float)
    for each in kept:
        sources = {place.source for place in each.passages}
        for source in sources:
            shares[source] += 1 / len(sources)
    if quotation is not None:
        shares[quotation.source] += 1
    return shares
