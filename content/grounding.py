"""From a model's sentences to claims: each is held against the sources it cites, and cut when it does not rest on them.

A source counts as evidence only as far as its paragraphs are meant for readers, and only in the newsletter's language.
What is given out is either a whole sentence of a source, in the source's own spelling, or a sentence of the model's
with the passages that bear it out; sources it cites in vain are dropped from it.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from typing import Literal

from content.answers import MOST_SOURCES, is_printed
from content.errors import BadInputError
from content.facts import plain_line
from content.figures import figures_in
from content.foreign import impurities, meant_for_readers
from content.quotations import quotation_in
from content.sentences import Sentence, is_chinese, split
from content.support import doubts
from content.values import Brief, Claim, Passage, SourceEntry
from content.wholeness import faults
from content.wordstems import WORD, akin, content_words, stem, subject_matter

MOST_PASSAGES = 4
"""How many sentences of its sources a claim may draw on."""

_FEWEST_SENTENCES = 3
# A further passage has to bear out at least this much of what is not yet borne out; a name counts as much alone.
_LEAST_GAIN = 2
_CURLY = str.maketrans({"’": "'", "‘": "'", "“": '"', "”": '"', "–": "-", "—": "-", "\u00a0": " "})
_CAPITALS = re.compile(r"(?<=\S\s)[\"“‘(]?([A-Z][\w’'-]+)")
Fit = Literal["alone", "among", "headline"]
"""What a sentence has to be: one that stands alone, one among others that it may point at, or a headline."""

# What none may do; a headline needs no full stop, a sentence among others may lean on them.
_NEVER = frozenset(
    {
        *("quotes or brackets do not match", "tells the reader what to do", "gives an address", "contains code"),
        *("contains a list", "shouts", "speaks of nobody knows whom as I", "is a turn of a conversation", "asks"),
        "does not start as a sentence does",
    }
)
_IN_A_TEXT = _NEVER | {"does not end as a sentence does"}
# Lists of verbs that fit sentences picked from pages; a model writes whole ones with many others.
_GUESSES = frozenset({"has no verb", "has no subject"})


@dataclass(frozen=True)
class Source:
    """One source as evidence: its number in the prompt, its text, and those of its sentences that count."""

    number: int
    entry: SourceEntry
    text: str
    sentences: tuple[Sentence, ...]
    matters: tuple[frozenset[str], ...]
    figures: tuple[frozenset[Decimal], ...]

    def passage(self, index: int) -> Passage:
        """Give the place of one of its sentences."""
        return self.place(self.sentences[index].start, self.sentences[index].end)

    def place(self, start: int, end: int) -> Passage:
        """Give a place in it."""
        return Passage(url=self.entry.url, source=self.entry.text.sha256, start=start, end=end)


@dataclass(frozen=True)
class Grounded:
    """A sentence that rests on its passages, the best one first; `verbatim` when it is that passage."""

    text: str
    passages: tuple[Passage, ...]
    verbatim: bool = False

    def claim(self, role: Literal["lead", "point", "quotation"], speaker: str = "") -> Claim:
        """Give it as a claim of an article."""
        best, *others = self.passages
        return Claim(
            role=role,
            text=self.text,
            speaker=speaker,
            wording="source" if self.verbatim else "own",
            others=tuple(others),
            **best.model_dump(),
        )


@dataclass(frozen=True)
class Cut:
    """A sentence that does not rest on its sources, and why."""

    text: str
    reasons: tuple[str, ...]

    def __str__(self) -> str:
        return f"“{self.text[:80]}” ({'; '.join(self.reasons[:2])})"


@dataclass(frozen=True)
class Ground:
    """The sources of one brief, as evidence."""

    language: str
    sources: tuple[Source, ...]

    @cached_property
    def barred(self) -> frozenset[str]:
        """The words that only stand in paragraphs meant for machines: nothing free of sources may take them up."""
        hidden = "\n".join(
            line for source in self.sources for line in source.text.split("\n") if not meant_for_readers(line)
        )
        return subject_matter(hidden, self.language) - subject_matter(self.everything, self.language)

    @classmethod
    def of(cls, brief: Brief, texts: Mapping[str, str], language: str) -> "Ground":
        """Take a brief's first sources in a language.

        Raises BadInputError when a text is not at hand, no source is in that language, or too little is left to tell.
        """
        entries = [entry for entry in brief.sources if _same_language(entry.language, language)]
        if not entries:
            spoken = ", ".join(sorted({entry.language for entry in brief.sources}))
            raise BadInputError(
                f"the sources of “{brief.working_headline[:80]}” are in {spoken} and the newsletter is in {language};"
                " a translation cannot be traced, so give it feeds in its own language"
            )
        sources = tuple(_source(number, entry, texts) for number, entry in enumerate(entries[:MOST_SOURCES], 1))
        if (usable := sum(len(source.sentences) for source in sources)) < _FEWEST_SENTENCES:
            raise BadInputError(
                f"the sources of “{brief.working_headline[:80]}” hold {usable} sentences meant for readers;"
                f" {_FEWEST_SENTENCES} are needed"
            )
        return cls(language, sources)

    def cited(self, numbers: Sequence[int]) -> tuple[Source, ...]:
        """Give the sources with these numbers, once each; numbers that no source has are left out."""
        numbered = {source.number: source for source in self.sources}
        return tuple(numbered[number] for number in dict.fromkeys(numbers) if number in numbered)

    @cached_property
    def everything(self) -> str:
        """All that counts as evidence, as one text."""
        return "\n".join(sentence.text for source in self.sources for sentence in source.sentences)

    def check(self, sentence: str, numbers: Sequence[int], fit: Fit = "among") -> Grounded | Cut:
        """Hold a sentence against the sources it cites."""
        text = " ".join(sentence.split())
        cited = self.cited(numbers)
        strange = () if is_printed(text) else ("holds characters that are not printed here",)
        reasons = (
            *strange,
            *impurities(text),
            *(() if cited else ("cites no source",)),
            *self._unfit(text, fit),
        )
        if reasons:
            return Cut(text, reasons)
        if found := self._verbatim(text, cited):
            return found
        passages = self._passages(text, cited)
        wrong = doubts(text, [source.sentences[index].text for source, index in passages], self.language)
        if wrong or not passages:
            return Cut(text, wrong or ("rests on nothing",))
        return Grounded(text, tuple(source.passage(index) for source, index in passages))

    def quotation(self, words: str, speaker: str, number: int) -> Claim | Cut:
        """Find what somebody is quoted with in a source; the claim is the source's own words, with their speaker."""
        wanted = _folded(words).strip(" \"'.,!?，。！？「」")
        for source in self.cited([number]):
            for sentence in source.sentences:
                found = quotation_in(sentence.text, self.language, source.text)
                if found is None or not found.speaker or len(wanted) < 8 or wanted not in _folded(found.words):
                    continue
                if not _same_person(speaker, found.speaker):
                    return Cut(words, (f"{source.entry.url} does not quote {speaker} with it",))
                start, end = found.start, found.end
                if set(faults(sentence.text[start:end], self.language)) - {"too short"}:
                    start, end = 0, len(sentence.text)
                text = sentence.text[start:end]
                if reasons := (*impurities(text), *faults(text, self.language)):
                    return Cut(words, reasons)
                place = source.place(sentence.start + start, sentence.start + end)
                return Grounded(text, (place,), verbatim=True).claim("quotation", found.speaker)
        return Cut(words, ("nobody with a name is quoted with it in what it cites",))

    def _unfit(self, text: str, fit: Fit) -> tuple[str, ...]:
        found = [reason for reason in faults(text, self.language) if reason not in _GUESSES]
        if fit == "alone":
            return tuple(found)
        return tuple(reason for reason in found if reason in (_NEVER if fit == "headline" else _IN_A_TEXT))

    def _verbatim(self, text: str, cited: Sequence[Source]) -> Grounded | None:
        folded = _folded(text)
        for source in cited:
            for index, sentence in enumerate(source.sentences):
                if _folded(sentence.text) == folded and not impurities(sentence.text):
                    return Grounded(sentence.text, (source.passage(index),), verbatim=True)
        return None

    def _passages(self, text: str, cited: Sequence[Source]) -> list[tuple[Source, int]]:
        """Choose the sentences that bear most of a sentence out, each for what the ones before it do not."""
        matter = subject_matter(text, self.language)
        names = frozenset(stem(word) for name in _CAPITALS.findall(text) for word in content_words(name))
        figures = _values(text)
        borne = [
            (source, index, _borne_out(matter, source.matters[index], self.language))
            for source in cited
            for index in range(len(source.sentences))
        ]
        chosen: list[tuple[Source, int]] = []
        left = matter

        def worth(each: tuple[Source, int, frozenset[str]]) -> tuple[int, int]:
            source, index, words = each
            new = words & left
            same = figures & source.figures[index]
            # A figure alone is no reason to choose a sentence: it may count something else there.
            return len(new) + len(new & names) + bool(new and same), len(same)

        while borne and len(chosen) < MOST_PASSAGES:
            best = max(borne, key=worth)  # the first of equals
            gain = worth(best)[0]
            if gain < (_LEAST_GAIN if chosen else 1):
                break
            chosen.append(best[:2])
            left -= best[2]
            figures -= best[0].figures[best[1]]
        return chosen


def sentence_case(headline: str, text: str) -> str:
    """Write a headline in title case as its sources write its words: small but for the first word and names."""
    words = WORD.findall(headline)
    if sum(word[0].isupper() for word in words[1:]) < max(2, 0.6 * (len(words) - 1)):
        return headline
    lowered = {word for word in WORD.findall(text) if word.islower()}
    first = True

    def spelt(match: re.Match[str]) -> str:
        nonlocal first
        kept, first = first, False
        return match[0] if kept or match[0].lower() not in lowered else match[0].lower()

    return WORD.sub(spelt, headline)


def _source(number: int, entry: SourceEntry, texts: Mapping[str, str]) -> Source:
    text = texts.get(entry.text.sha256)
    if text is None:
        raise BadInputError(f"the text of {entry.url} is not at hand; hand it over under {entry.text.sha256}")
    for_machines = {at for at, line in enumerate(text.split("\n")) if not meant_for_readers(line)}
    sentences = tuple(each for each in split(text, entry.language) if each.paragraph not in for_machines)
    matters = tuple(subject_matter(sentence.text, entry.language) for sentence in sentences)
    return Source(number, entry, text, sentences, matters, tuple(_values(sentence.text) for sentence in sentences))


def _values(text: str) -> frozenset[Decimal]:
    return frozenset(figure.value for figure in figures_in(plain_line(text)))


def _borne_out(matter: frozenset[str], other: frozenset[str], language: str) -> frozenset[str]:
    if is_chinese(language):
        return matter & other
    return frozenset(word for word in matter if akin(word, other))


def _same_language(one: str, other: str) -> bool:
    if is_chinese(one) or is_chinese(other):
        return is_chinese(one) and is_chinese(other)
    return one.lower().replace("_", "-").partition("-")[0] == other.lower().replace("_", "-").partition("-")[0]


def _same_person(one: str, other: str) -> bool:
    """Say whether two spellings name one person: one's last name stands in the other, and no first name differs."""
    left, right = (name.replace("’", "'").split() for name in (one.strip(), other.strip()))
    shorter, longer = sorted((left, right), key=len)
    if len(left) == len(right) == 1:
        return bool(left) and (one.strip() in other or other.strip() in one)
    return bool(shorter) and all(word in longer for word in shorter) and shorter[-1] == longer[-1]


def _folded(text: str) -> str:
    return " ".join(text.translate(_CURLY).split()).casefold()
