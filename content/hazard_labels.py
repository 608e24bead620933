"""What the labels of guard models and classifiers mean in the hazards of MLCommons, and how sure is sure enough.

The data stands in `hazard_labels.toml` (meanings and limits) and `harmless_labels.txt` beside this file.
A label that neither of them knows is never passed over: what it scores counts as `UNKNOWN`, which can hold and never
block. Scores are probabilities or risks from 0 to 1.
"""

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase
from functools import cache
from importlib.resources import files
from typing import Any, Final

from pydantic import Field, ValidationError

from content.errors import BadConfigurationError
from content.hazards import Hazard
from content.recipes import Value, digest_of
from content.values import Decision

UNKNOWN: Final = "unknown label"
UNSPECIFIED: Final = "unspecified hazard"

_BETWEEN_WORDS = re.compile(r"[\s_/-]+")
_NO_BLOCK: Final = 2.0  # above every score


class Limits(Value):
    """From which score a person should look, and from which nobody needs to (without one, nothing is blocked)."""

    hold: float = Field(0.3, gt=0, le=1)
    block: float | None = Field(None, gt=0, le=1)


class Meaning(Value):
    """What a label says: a hazard, and how much of the label's score counts. A harmless label has no meaning at all."""

    hazard: str
    weight: float = Field(1.0, gt=0, le=1)


class Finding(Value):
    """How much of a hazard a model sees, what its limits make of it, and the label that says most of it."""

    hazard: str
    label: str
    score: float
    decision: Decision


@dataclass(frozen=True)
class LabelBook:
    """Every meaning and limit; `digest` changes whenever one of them does.

    A vocabulary of codes (`S1`, `H2`) is read only for a model all of whose labels are in it,
    the words of the others for any model.
    """

    words: Mapping[str, Meaning]
    codes: Mapping[str, Mapping[str, Meaning | None]]
    harmless: frozenset[str]
    patterns: tuple[str, ...]
    general: Limits
    special: Mapping[str, Limits]
    never_block: frozenset[str]
    digest: str = field(repr=False)

    def meanings(self, labels: Sequence[str], vocabulary: str = "") -> tuple[Meaning | None, ...]:
        """Give what each label means, None for a harmless one; `vocabulary` names the codes of a family of guards."""
        plain = [normalised(label) for label in labels]
        fitting = [codes for name, codes in self.codes.items() if name == vocabulary or set(plain) <= set(codes)]
        codes = fitting[0] if fitting else {}
        return tuple(codes[label] if label in codes else self._word(label) for label in plain)

    def _word(self, label: str) -> Meaning | None:
        if label in self.words:
            return self.words[label]
        if label in self.harmless or any(fnmatchcase(label, pattern) for pattern in self.patterns):
            return None
        return Meaning(hazard=UNKNOWN)

    def moderates(self, labels: Sequence[str], what: str) -> tuple[Meaning | None, ...]:
        """Give what a model's labels mean; raise BadConfigurationError when none of them is a hazard we know."""
        meanings = self.meanings(labels)
        if all(meaning is None or meaning.hazard == UNKNOWN for meaning in meanings):
            raise BadConfigurationError(
                f"{what} names no hazard: its labels are {', '.join(labels[:6])}{' …' if len(labels) > 6 else ''};"
                " say what they mean in a file and name it with the option labels=FILE (see content/hazard_labels.toml)"
            )
        return meanings

    def limits(self, hazard: str) -> Limits:
        """Give the limits of a hazard."""
        if hazard in self.special:
            return self.special[hazard]
        return Limits(hold=self.general.hold) if hazard in self.never_block else self.general

    def decide(self, hazard: str, score: float) -> Decision:
        """Say what a score of a hazard leads to."""
        limits = self.limits(hazard)
        if score >= (limits.block or _NO_BLOCK):
            return "block"
        return "hold" if score >= limits.hold else "pass"

    def strictest(self, hazards: Sequence[str]) -> float:
        """Give the lowest score that could hold any of some hazards."""
        return min((self.limits(hazard).hold for hazard in hazards), default=self.general.hold)

    def findings(
        self, labels: Sequence[str], meanings: Sequence[Meaning | None], scores: Sequence[float], *, exclusive: bool
    ) -> tuple[Finding, ...]:
        """Add up what a model's scores say of each hazard, the worst first; passes included.

        Exclusive labels (softmax) share one probability, so those of a hazard add up; of others the highest counts.
        """
        parts: dict[str, list[tuple[float, str]]] = {}
        for label, meaning, score in zip(labels, meanings, scores, strict=True):
            if meaning is not None:
                parts.setdefault(meaning.hazard, []).append((score * meaning.weight, label))
        found = []
        for hazard, shares in parts.items():
            highest, label = max(shares, key=lambda share: share[0])
            score = min(1.0, sum(share for share, _ in shares)) if exclusive else highest
            found.append(Finding(hazard=hazard, label=label, score=score, decision=self.decide(hazard, score)))
        return tuple(sorted(found, key=lambda each: -each.score))

    def with_limits(self, *, hold: float | None = None, block: float | None = None) -> "LabelBook":
        """Give the same book with other general limits; hazards with limits of their own keep them.

        Raises BadConfigurationError when they are no limits.
        """
        told = {key: value for key, value in (("hold", hold), ("block", block)) if value is not None}
        general = _limits({**self.general.model_dump(), **told}, "the options hold and block")
        return replace(self, general=general, digest=digest_of([self.digest, general]))

    def with_own(self, text: str, what: str) -> "LabelBook":
        """Give the book with a user's own TOML on top: `[limits]`, `[labels]`, and `harmless` (`*` is anything).

        Raises BadConfigurationError that says what is wrong with it.
        """
        own = _document(text, what)
        if strange := sorted(set(own) - {"limits", "labels", "harmless"}):
            raise BadConfigurationError(f"{what}: there is no {strange[0]!r}; write limits, labels and harmless")
        harmless = own.get("harmless", [])
        if not isinstance(harmless, list) or not all(isinstance(label, str) for label in harmless):
            raise BadConfigurationError(f"{what}: harmless must be a list of labels")
        meanings = _meanings(own.get("labels", {}), what)
        plain = frozenset(map(normalised, harmless))
        limits = own.get("limits", {})
        general, special = _all_limits(limits, what, self.general)
        told: dict[str, Meaning | None] = {**dict.fromkeys(plain), **meanings}
        return replace(
            self,
            # The user's word goes before ours, in codes as well.
            words={**{label: each for label, each in self.words.items() if label not in plain}, **meanings},
            codes={
                name: {label: told.get(label, each) for label, each in codes.items()}
                for name, codes in self.codes.items()
            },
            harmless=(self.harmless | plain) - set(meanings),
            patterns=(*self.patterns, *(label for label in plain if "*" in label)),
            general=general,
            special={**self.special, **special},
            never_block=_never_blocked(limits, what) if "never_block" in limits else self.never_block,
            digest=digest_of([self.digest, text]),
        )


def normalised(label: str) -> str:
    """Give a label as it is compared: lower case, with one space between its words."""
    return _BETWEEN_WORDS.sub(" ", label).strip().lower()


@cache
def label_book() -> LabelBook:
    """Read the bundled book, once a process."""
    text = files("content").joinpath("hazard_labels.toml").read_text("utf-8")
    names = files("content").joinpath("harmless_labels.txt").read_text("utf-8")
    document = _document(text, "hazard_labels.toml")
    words: dict[str, Meaning] = {}
    codes: dict[str, Mapping[str, Meaning | None]] = {}
    for vocabulary in document["vocabulary"]:
        name = vocabulary["name"]
        meanings = _meanings(vocabulary["labels"], name)
        if vocabulary.get("codes"):
            codes[name] = {**dict.fromkeys(map(normalised, vocabulary.get("harmless", []))), **meanings}
        else:
            words |= meanings
    listed = (label for line in names.splitlines() for label in line.partition("#")[0].split(","))
    general, special = _all_limits(document["limits"], "hazard_labels.toml", Limits())
    return LabelBook(
        words=words,
        codes=codes,
        harmless=frozenset(filter(None, map(normalised, listed))),
        patterns=(),
        general=general,
        special=special,
        never_block=_never_blocked(document["limits"], "hazard_labels.toml"),
        digest=digest_of([text, names]),
    )


def _document(text: str, what: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise BadConfigurationError(f"{what} is not TOML: {error}") from None


def _meanings(table: Any, what: str) -> dict[str, Meaning]:
    """Read `label = "hazard"` or `label = { hazard = "…", weight = 0.5 }`."""
    if not isinstance(table, dict):
        raise BadConfigurationError(f"{what}: labels must be a table of label = hazard")
    found = {}
    for label, told in table.items():
        try:
            meaning = Meaning.model_validate({"hazard": told} if isinstance(told, str) else told)
        except ValidationError as error:
            raise BadConfigurationError(f"{what}: {label!r}: {error.errors()[0]['msg']}") from None
        if meaning.hazard not in {*Hazard, UNSPECIFIED}:
            raise BadConfigurationError(
                f"{what}: {label!r} means {meaning.hazard!r}, which is no hazard; use one of {', '.join(Hazard)}"
            )
        found[normalised(label)] = meaning
    return found


def _all_limits(table: Any, what: str, general: Limits) -> tuple[Limits, dict[str, Limits]]:
    """Read `hold`, `block`, and a table of the same for each hazard with limits of its own."""
    if not isinstance(table, dict):
        raise BadConfigurationError(f"{what}: limits must be a table")
    special = {}
    for hazard, told in table.items():
        if hazard in {"hold", "block", "never_block"}:
            continue
        if hazard not in set(Hazard):
            raise BadConfigurationError(f"{what}: limits for {hazard!r}, which is no hazard: {', '.join(Hazard)}")
        special[hazard] = _limits(told, f"{what}: {hazard}")
    told = {key: table[key] for key in ("hold", "block") if key in table}
    return _limits({**general.model_dump(), **told}, what), special


def _never_blocked(table: dict[str, Any], what: str) -> frozenset[str]:
    told = table["never_block"]
    if not isinstance(told, list) or not set(map(str, told)) <= set(Hazard):
        raise BadConfigurationError(f"{what}: never_block must be a list of hazards: {', '.join(Hazard)}")
    return frozenset({UNKNOWN, *told})


def _limits(told: Any, what: str) -> Limits:
    try:
        limits = Limits.model_validate(told)
    except ValidationError as error:
        raise BadConfigurationError(f"{what}: limits go from 0 to 1: {error.errors()[0]['msg']}") from None
    if limits.block is not None and limits.block < limits.hold:
        raise BadConfigurationError(f"{what}: block ({limits.block:g}) must not be below hold ({limits.hold:g})")
    return limits
