"""From what a model found to the verdict the gate reads."""

from collections.abc import Iterable
from typing import NamedTuple

from content.gate import worst
from content.hazard_labels import Finding
from content.recipes import EngineIdentity
from content.values import Modality, Reason, Verdict

LONGEST_EXCERPT = 160


class Evidence(NamedTuple):
    """A finding, what found it (`guard`, `picture`, …), and the words or place that set it off."""

    by: str
    finding: Finding
    excerpt: str


def verdict_of(sha256: str, modality: Modality, identity: EngineIdentity, evidence: Iterable[Evidence]) -> Verdict:
    """Give a verdict: the worst finding decides, and each hazard that did not pass is a reason at its highest score."""
    highest: dict[tuple[str, str], Evidence] = {}
    for each in evidence:
        key = (each.by, each.finding.hazard)
        if key not in highest or each.finding.score > highest[key].finding.score:
            highest[key] = each
    counted = [each for each in highest.values() if each.finding.decision != "pass"]
    counted.sort(key=lambda each: -each.finding.score)
    return Verdict(
        sha256=sha256,
        modality=modality,
        decision=worst(["pass", *(each.finding.decision for each in counted)]),
        moderator=str(identity),
        reasons=tuple(map(_reason, counted)),
    )


def on_one_line(words: str) -> str:
    """Give an excerpt as it stands in a reason."""
    line = " ".join(words.split())
    return line if len(line) <= LONGEST_EXCERPT else f"{line[: LONGEST_EXCERPT - 1]}…"


def _reason(each: Evidence) -> Reason:
    rule = f"{each.by}.{each.finding.label}:{each.finding.score:.2f}"
    return Reason(hazard=each.finding.hazard, rule=rule, excerpt=on_one_line(each.excerpt))
