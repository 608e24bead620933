"""Is every sentence of an article in its source? The check that stands behind the word "traced".

`trace` holds claims against their sources: those in a source's wording character by character, those in a model's own
wording against the passages they name, by the rules they were let through by (`content.support`).
`untraceable`, for text that somebody else wrote, is found in `content.facts`.
"""

from collections.abc import Mapping

from content.facts import untraceable
from content.foreign import impurities
from content.recipes import Value, sha256_of
from content.support import doubts
from content.values import Brief, Claim, Draft, Passage

__all__ = ["TraceFault", "TraceReport", "trace", "untraceable"]


class TraceFault(Value):
    """Why a claim is not traced: its place among the article's claims, its words, and what does not hold."""

    claim: int
    text: str
    reason: str


class TraceReport(Value):
    """How many claims of an article there are, and what is wrong with those that are not traced."""

    claims: int
    faults: tuple[TraceFault, ...] = ()

    @property
    def traced(self) -> int:
        """How many claims stand in their source word for word, or rest on it by all that can be checked."""
        return self.claims - len({fault.claim for fault in self.faults})

    @property
    def complete(self) -> bool:
        """Whether every claim is traced."""
        return not self.faults


def trace(draft: Draft, texts: Mapping[str, str], brief: Brief | None = None) -> TraceReport:
    """Compare every claim of a draft with its source; `texts` holds the sources' texts by sha256.

    With `brief`, a source must also be one of the brief's, under the URL the brief gives it.
    """
    allowed = None if brief is None else {(entry.text.sha256, entry.url) for entry in brief.sources}
    faults = []
    for number, claim in enumerate(draft.claims):
        reason = _fault(claim, texts, draft.language)
        strangers = () if allowed is None else [p.url for p in claim.passages if (p.source, p.url) not in allowed]
        if not reason and strangers:
            reason = f"{strangers[0]} with this text is not a source of the brief"
        if reason:
            faults.append(TraceFault(claim=number, text=claim.text, reason=reason))
    return TraceReport(claims=len(draft.claims), faults=tuple(faults))


def _fault(claim: Claim, texts: Mapping[str, str], language: str) -> str:
    for passage in claim.passages:
        if reason := _misplaced(passage, texts):
            return reason
    text = texts[claim.source]
    if claim.wording == "source" and text[claim.start : claim.end] != claim.text:
        return f"characters {claim.start} to {claim.end} of {claim.url} say something else"
    if claim.wording == "own":
        said = [texts[passage.source][passage.start : passage.end] for passage in claim.passages]
        if wrong := (*impurities(claim.text), *doubts(claim.text, said, language)):
            return "; ".join(wrong)
    if claim.speaker and claim.speaker not in text:
        return f"{claim.url} does not name {claim.speaker}"
    return ""


def _misplaced(passage: Passage, texts: Mapping[str, str]) -> str:
    text = texts.get(passage.source)
    if text is None:
        return f"the text of {passage.url} is not at hand"
    if sha256_of(text.encode()) != passage.source:
        return f"the text of {passage.url} is no longer the one that was cited"
    if not passage.start < passage.end <= len(text):
        return f"characters {passage.start} to {passage.end} of {passage.url} say something else"
    return ""
