"""What a text says that was not known before: the sentences in which new figures or names stand.

A sentence brings news when it holds a fact (a figure, a name) that the known text lacks and is mostly worded anew.
Facts are read from the characters alone; in Chinese, where names carry no mark, only figures, titles and quoted terms
are facts, and a sentence whose every turn is new counts without one.
"""

import itertools
import re
import unicodedata
from dataclasses import dataclass

from content import sentences

# 18F and F18 are names, 18 and 18m are figures.
_FIGURE = re.compile(r"(?<![\w.,:])\d+(?:[.,:]\d+)*(?![\d]|[A-Z])")
_NAME = re.compile(r"\b\d*[A-Z][\w’'-]*\b(?:\s+\d*[A-Z][\w’'-]*\b)*")
_FIGURE_HAN = re.compile(
    r"\d+(?:[.,:]\d+)*|[〇零一二两三四五六七八九十百千万亿]{2,}|[〇零一二两三四五六七八九十百千万亿][元吨倍]"
)
_NAME_HAN = re.compile(r"《[^》]{1,30}》|“[^”]{1,12}”|「[^」]{1,12}」|[A-Za-z][\w-]+")
# Days and months are figures of speech in a follow-up: they differ between any two reports of one thing.
_CALENDAR = re.compile(
    r"(?:mon|tues|wednes|thurs|fri|satur|sun)day|january|february|march|april|may|june|july|august|september|october"
    r"|november|december"
)
# Headings, bylines and "updated at" lines are shorter than this many words or characters.
_SHORTEST = 8
_WORDED_ANEW = 0.5
_WHOLLY_NEW = 0.8


@dataclass(frozen=True)
class News:
    """The sentences that bring something, and every new fact in them, sorted."""

    sentences: tuple[str, ...]
    facts: tuple[str, ...]


def facts(sentence: str, language: str) -> frozenset[str]:
    """Give the figures and names of a sentence, spelt alike; in English its first word is no name by itself."""
    plain = unicodedata.normalize("NFKC", sentence)
    if sentences.is_chinese(language):
        return frozenset(_FIGURE_HAN.findall(plain)) | {name.casefold() for name in _NAME_HAN.findall(plain)}
    found = {figure.replace(",", "") for figure in _FIGURE.findall(plain)}
    opening = len(plain) - len(plain.lstrip("“\"'‘(["))
    for match in _NAME.finditer(plain):
        words = match[0].casefold().replace("’", "'").removesuffix("'s").split()
        if match.start() == opening:
            words = words[1:]
        found.update(word for word in words if len(word) > 1 and not _CALENDAR.fullmatch(word))
    return frozenset(found)


def names(text: str, language: str) -> frozenset[str]:
    """Give the names in a text, in Chinese only those between marks, without its figures."""
    found = frozenset[str]().union(*(facts(each.text, language) for each in sentences.split(text, language)))
    return frozenset(
        fact for fact in found if not re.match(r"[\d.,:〇零一二两三四五六七八九十百千万亿]+[元吨倍]?$", fact)
    )


def news_in(text: str, known: str, language: str) -> News:
    """Find what a text brings beyond a known one."""
    known_facts = frozenset[str]().union(*(facts(each.text, language) for each in sentences.split(known, language)))
    plain_known = _plain(known)
    known_words = frozenset(plain_known.split()) if not sentences.is_chinese(language) else frozenset[str]()
    known_pairs = _pairs(known, language)
    found: list[str] = []
    fresh_facts: set[str] = set()
    for each in sentences.split(text, language):
        if sentences.reading_length(each.text, language) < _SHORTEST:
            continue
        pairs = _pairs(each.text, language)
        anew = len(pairs - known_pairs) / max(len(pairs), 1)
        fresh = {fact for fact in facts(each.text, language) - known_facts if fact not in known_words}
        if (fresh and anew >= _WORDED_ANEW) or (sentences.is_chinese(language) and anew >= _WHOLLY_NEW):
            found.append(each.text)
            fresh_facts |= fresh
    return News(tuple(found), tuple(sorted(fresh_facts)))


def _plain(text: str) -> str:
    return re.sub(r"[^\w]+", " ", unicodedata.normalize("NFKC", text).casefold())


def _pairs(text: str, language: str) -> frozenset[tuple[str, str]]:
    """Give neighbouring words, in Chinese neighbouring characters."""
    plain = _plain(text)
    units = list(plain.replace(" ", "")) if sentences.is_chinese(language) else plain.split()
    return frozenset(itertools.pairwise(units))
