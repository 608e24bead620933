"""Rules for harmful text: what they are, how their data is read, and what they find.

The data stands in `hazards_<language>.toml` beside this file. Categories are the hazards of MLCommons AILuminate.
Rules aim at what a text does (threaten, incite, instruct, demean, direct), not at what it reports:
news about a crime, an accident or an illness must pass.
"""

import re
import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cache
from importlib.resources import files
from typing import Literal

from content.normalise import View, unmasked
from content.recipes import Value, digest_of

_SENTENCE_END = re.compile(r"[.!?](?=\s)|[。！？\n]")
_MACRO = re.compile(r"\{([a-z_]+)\}")
_CJK = re.compile(r"[\u3400-\u9fff]")
_LANGUAGES = ("en", "zh")


class Hazard(StrEnum):
    """The hazard categories of MLCommons AILuminate 1.0."""

    VIOLENT_CRIMES = "violent crimes"
    NON_VIOLENT_CRIMES = "non-violent crimes"
    SEX_RELATED_CRIMES = "sex-related crimes"
    CHILD_SEXUAL_EXPLOITATION = "child sexual exploitation"
    INDISCRIMINATE_WEAPONS = "indiscriminate weapons (CBRNE)"
    SUICIDE_AND_SELF_HARM = "suicide & self-harm"
    HATE = "hate"
    PRIVACY = "privacy"
    INTELLECTUAL_PROPERTY = "intellectual property"
    DEFAMATION = "defamation"
    SPECIALIZED_ADVICE = "specialized advice"
    SEXUAL_CONTENT = "sexual content"


class Finding(Value):
    """A stretch of a text that a rule objects to, in the words of the original."""

    hazard: Hazard
    rule: str
    decision: Literal["hold", "block"]
    excerpt: str


class RuleData(Value):
    """One rule as the data file gives it.

    `terms` are words or phrases: whole words in Latin script, anywhere in Chinese; disguises and plurals match too.
    `patterns` are regular expressions over the normalised, lower-case text; `{name}` is a part of the file's `[parts]`.
    A hit is harmless inside one of the expressions of `inside`, or in a sentence with one of `near`.
    """

    id: str
    hazard: Hazard
    decision: Literal["hold", "block"]
    terms: tuple[str, ...] = ()
    patterns: tuple[str, ...] = ()
    inside: tuple[str, ...] = ()
    near: tuple[str, ...] = ()


@dataclass(frozen=True)
class Rule:
    """A rule ready to match."""

    data: RuleData
    hits: re.Pattern[str]
    inside: re.Pattern[str] | None
    near: re.Pattern[str] | None

    def matches(self, view: View) -> Iterator[tuple[int, int]]:
        """Give the stretches of a view that the rule objects to."""
        for hit in self.hits.finditer(view.text):
            if self.inside and any(
                found.start() <= hit.start() and hit.end() <= found.end()
                for found in self.inside.finditer(view.text, max(0, hit.start() - 80), hit.end() + 80)
            ):
                continue
            if self.near and self.near.search(_sentence_around(view.text, *hit.span())):
                continue
            yield hit.span()


@dataclass(frozen=True)
class Rulebook:
    """Every rule of every language; `digest` changes whenever a rule does."""

    rules: tuple[Rule, ...]
    digest: str = field(repr=False)

    def findings(self, text: str) -> list[Finding]:
        """Give what the rules object to in a text, each rule and excerpt once, in the order of the rules.

        Rules of every language are applied to every text: a mislabelled text must not slip through.
        """
        views = unmasked(text)
        found: dict[tuple[str, str], Finding] = {}
        for rule in self.rules:
            for view in views:
                for start, end in rule.matches(view):
                    data = rule.data
                    finding = Finding(
                        hazard=data.hazard, rule=data.id, decision=data.decision, excerpt=view.excerpt(start, end)
                    )
                    found.setdefault((finding.rule, finding.excerpt), finding)
        return list(found.values())


@cache
def rulebook() -> Rulebook:
    """Read and compile the bundled rules, once a process."""
    rules: list[Rule] = []
    documents: list[str] = []
    for language in _LANGUAGES:
        text = files("content").joinpath(f"hazards_{language}.toml").read_text("utf-8")
        document = tomllib.loads(text)
        parts = _expanded(document.get("parts", {}))
        rules += [_compiled(RuleData(**fields), parts) for fields in document["rule"]]
        documents.append(text)
    return Rulebook(tuple(rules), digest_of(documents))


def _expanded(parts: dict[str, str]) -> dict[str, str]:
    # A part may use the parts above it.
    ready: dict[str, str] = {}
    for name, expression in parts.items():
        ready[name] = f"(?:{_filled(expression, ready)})"
    return ready


def _filled(expression: str, parts: dict[str, str]) -> str:
    return _MACRO.sub(lambda macro: parts[macro[1]], expression)


def _compiled(data: RuleData, parts: dict[str, str]) -> Rule:
    patterns = [_filled(pattern, parts) for pattern in data.patterns]
    return Rule(
        data,
        _any_of([*map(_term, data.terms), *patterns]),
        _any_of([_filled(expression, parts) for expression in data.inside]) if data.inside else None,
        _any_of([_filled(expression, parts) for expression in data.near]) if data.near else None,
    )


def _any_of(expressions: Sequence[str]) -> re.Pattern[str]:
    """Match any of some expressions: whole words in Latin script, anywhere in Chinese.

    The one bound stands before all alternatives, so that they are tried at the start of a word only.
    """
    latin = "|".join(f"(?:{expression})" for expression in expressions if not _CJK.search(expression))
    chinese = [f"(?:{expression})" for expression in expressions if _CJK.search(expression)]
    bounded = [rf"(?<![a-z0-9])(?:{latin})(?![a-z0-9])"] if latin else []
    return re.compile("|".join((*bounded, *chinese)))


def _term(term: str) -> str:
    if _CJK.search(term):
        return re.escape(term)
    return r"[\W_]{0,3}".join(map(_word, term.split())) + "(?:e?s|z)?"


def _word(word: str) -> str:
    """Match a word with letters doubled, letters inside it starred out, and a 1 for an i or l."""
    units: list[str] = []
    for index, letter in enumerate(word):
        if not letter.isalpha():
            units.append(re.escape(letter))
            continue
        stars = "*#" if 0 < index < len(word) - 1 else ""
        one = "1" if letter in "il" else ""
        again = "" if index + 1 < len(word) and word[index + 1] == letter else "?"
        units.append(f"[{letter}{one}{stars}]" + (f"{letter}{again}" if again else ""))
    return "".join(units)


def _sentence_around(text: str, start: int, end: int) -> str:
    ends = [found.end() for found in _SENTENCE_END.finditer(text, max(0, start - 400), start)]
    after = _SENTENCE_END.search(text, end, end + 400)
    return text[ends[-1] if ends else max(0, start - 400) : after.end() if after else end + 400]
