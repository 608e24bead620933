"""The extractive writer's craft: from a brief's sources to an article made only of their own whole sentences.

`gather` finds the sentences that may be used, an engine gives them vectors, `compose` chooses and orders them.
Every claim keeps the exact place of its sentence in its source. The same input gives the same article.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from content.errors import BadInputError
from content.pitches import clean_title
from content.quotations import quotation_in
from content.selection import FEWEST_POINTS, Candidate, choose_lead, choose_points, choose_quotation, weigh
from content.sentences import Sentence, is_chinese, reading_length, split, word_set
from content.values import Brief, Claim, Draft, Link, SourceEntry
from content.wholeness import faults, weakness

LONGEST_HEADLINE = 110
_CLAUSES = (": ", " – ", " — ", "; ", ", ", "：", "，", "；")
_LOOSE_ENDS = word_set("a an and as at but by for from in into of on or over per so the to up via with")


def article_language(brief: Brief) -> str:
    """Give the language an article of this brief is written in: that of its first source."""
    tag = brief.sources[0].language
    return "zh" if is_chinese(tag) else tag.lower().replace("_", "-").partition("-")[0] or "en"


def gather(brief: Brief, texts: Mapping[str, str]) -> tuple[Candidate, ...]:
    """Find every sentence of the brief's sources that may stand in an article, each wording once.

    Raises BadInputError when a source's text is not among `texts`.
    """
    found: list[Candidate] = []
    seen: set[str] = set()
    for number, entry in enumerate(brief.sources):
        text = texts.get(entry.text.sha256)
        if text is None:
            raise BadInputError(f"the text of {entry.url} is not at hand; hand it over under {entry.text.sha256}")
        sentences = split(text, entry.language)
        listed = _listed_paragraphs(text, sentences)
        for order, sentence in enumerate(sentences):
            wording = "".join(character for character in sentence.text.casefold() if character.isalnum())
            if wording in seen or sentence.paragraph in listed:
                continue
            quotation = quotation_in(sentence.text, entry.language, text)
            if faults(sentence.text, entry.language):
                continue
            seen.add(wording)
            length = reading_length(sentence.text, entry.language)
            weak = weakness(sentence.text, entry.language)
            found.append(Candidate(sentence, number, order, length, weak, quotation))
    return tuple(found)


def compose(
    brief: Brief,
    candidates: Sequence[Candidate],
    vectors: NDArray[np.float32],
    headline_vector: NDArray[np.float32],
    *,
    max_source_share: float,
) -> Draft:
    """Choose and order an article's sentences.

    `vectors` holds a unit row for each candidate, `headline_vector` one for the working headline.
    Where several sources have something to say, none gives more than `max_source_share` of the sentences
    (or its even part, if that is more). Raises BadInputError when too few sentences can be used.
    """
    told = f"too little to write “{shortened(brief.working_headline, 80)}” from {brief.sources[0].url}"
    if len(brief.sources) > 1:
        told += f" and {len(brief.sources) - 1} more"
    usable = sum(each.quotation is None for each in candidates)
    if usable <= FEWEST_POINTS:
        raise BadInputError(f"{told}: an article needs {FEWEST_POINTS + 1} whole sentences and there are {usable}")
    material = weigh(candidates, vectors, headline_vector, chinese=is_chinese(brief.sources[0].language))
    lead = choose_lead(material)
    quoted = choose_quotation(material, lead)
    chosen = choose_points(material, lead, quoted, max_source_share)
    if not chosen:
        raise BadInputError(f"{told}: its {usable} whole sentences repeat each other")
    return _draft(brief, candidates, lead, chosen, quoted)


def _listed_paragraphs(text: str, sentences: Sequence[Sentence]) -> frozenset[int]:
    """Find the paragraphs that are items of a list: short lines after one that ends in a colon."""
    per_line = Counter(sentence.paragraph for sentence in sentences)
    listed: set[int] = set()
    announced = inside = stopped = False
    for number, line in enumerate(text.split("\n")):
        bare = line.strip()
        if not bare:
            continue
        stops = bare.endswith((".", "!", "?", "。", "！", "？", "”", ")", "）"))
        short = len(bare) < 220 and per_line[number] <= 2
        # The first item shows how the list is punctuated; it goes on as long as lines look like that one.
        inside = short and (announced or (inside and stops == stopped))
        if inside:
            listed.add(number)
            stopped = stops if announced else stopped
        announced = bare.endswith((":", "："))
    return frozenset(listed)


def _draft(
    brief: Brief, candidates: Sequence[Candidate], lead: int, points: Sequence[int], quoted: int | None
) -> Draft:
    """Put the chosen sentences in reading order: the lead's source first, each source in its own order."""
    first = candidates[lead].source
    ordered = sorted(
        (candidates[index] for index in points), key=lambda each: (each.source != first, each.source, each.order)
    )
    every = "\n".join(each.sentence.text for each in candidates)
    headline = clean_title(brief.working_headline, publisher=brief.sources[0].publisher, text=every)
    unique = {entry.url: entry for entry in reversed(brief.sources)}
    links = [entry for entry in brief.sources if unique[entry.url] is entry]

    def claim(each: Candidate, role: Literal["lead", "point"]) -> Claim:
        return _claim(brief.sources[each.source], each.sentence, role)

    return Draft(
        story_id=brief.story_id,
        headline=shortened(headline or candidates[lead].sentence.text, LONGEST_HEADLINE),
        language=article_language(brief),
        lead=claim(candidates[lead], "lead"),
        points=tuple(claim(each, "point") for each in ordered),
        quotation=None if quoted is None else _quotation_claim(brief, candidates[quoted]),
        further=tuple(
            Link(
                url=entry.url,
                title=clean_title(entry.title, publisher=entry.publisher) or entry.url,
                publisher=entry.publisher,
                published=entry.published,
            )
            for entry in links
        ),
        why_now=brief.why_now,
        update_of=brief.update_of,
    )


def _quotation_claim(brief: Brief, candidate: Candidate) -> Claim:
    quotation, sentence, entry = candidate.quotation, candidate.sentence, brief.sources[candidate.source]
    assert quotation is not None
    start, end = quotation.start, quotation.end
    if faults(sentence.text[start:end], entry.language):
        start, end = 0, len(sentence.text)
    words = Sentence(sentence.text[start:end], sentence.start + start, sentence.start + end, sentence.paragraph)
    return _claim(entry, words, "quotation", quotation.speaker)


def _claim(
    entry: SourceEntry, sentence: Sentence, role: Literal["lead", "point", "quotation"], speaker: str = ""
) -> Claim:
    return Claim(
        role=role,
        text=sentence.text,
        url=entry.url,
        source=entry.text.sha256,
        start=sentence.start,
        end=sentence.end,
        speaker=speaker,
    )


def shortened(line: str, longest: int) -> str:
    """Shorten a line to `longest` characters: after the last clause that fits, else after a word, with an ellipsis."""
    if len(line) <= longest:
        return line
    room = line[: longest - 1]
    clause = max(room.rfind(mark) for mark in _CLAUSES)
    if clause > longest // 2:
        return room[:clause].rstrip(" ,;:，；：–—")
    words = room.split(" ")
    if len(words) > 1:
        # The last word is whole only where a space follows it.
        words = words if line[longest - 1] == " " else words[:-1]
        while len(words) > 1 and words[-1].lower() in _LOOSE_ENDS:
            words.pop()
        room = " ".join(words)
    return room.rstrip(" ,;:，；：–—") + "…"
