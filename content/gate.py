"""The gate's arithmetic: how verdicts add up, what a crash is worth, and what still lacks a verdict.

It fails closed everywhere: nothing judged, nothing passed.
"""

from collections.abc import Iterable, Sequence

from content.values import AssetRef, Decision, Modality, Reason, Verdict

_BADNESS: dict[Decision, int] = {"pass": 0, "hold": 1, "block": 2}


def worst(decisions: Iterable[Decision]) -> Decision:
    """Give the strictest of some decisions; of none at all, hold."""
    return max(decisions, key=_BADNESS.__getitem__, default="hold")


def inherited(sha256: str, modality: Modality, verdicts: Sequence[Verdict], moderator: str = "inherits") -> Verdict:
    """Give something made of judged inputs the worst of their verdicts, with every reason once.

    Without any input it is held: somebody forgot to have them judged.
    """
    reasons = tuple(dict.fromkeys(reason for verdict in verdicts for reason in verdict.reasons))
    if not verdicts:
        reasons = (Reason(hazard="unjudged", rule="gate.no_inputs", excerpt="none of its inputs has a verdict"),)
    decision = worst(verdict.decision for verdict in verdicts)
    return Verdict(sha256=sha256, modality=modality, decision=decision, moderator=moderator, reasons=reasons)


def failed_closed(sha256: str, modality: Modality, moderator: str, error: BaseException) -> Verdict:
    """Give the verdict for bytes whose moderator crashed, timed out or is missing: hold, and why."""
    message = " ".join(f"{type(error).__name__}: {error}".split())[:300]
    reason = Reason(hazard="unjudged", rule="gate.moderator_failed", excerpt=message)
    return Verdict(sha256=sha256, modality=modality, decision="hold", moderator=moderator, reasons=(reason,))


def missing(
    required: Iterable[tuple[AssetRef | str, Modality]], verdicts: Iterable[Verdict]
) -> tuple[tuple[str, Modality], ...]:
    """Give each sha256 and modality, in order, that may not be published.

    It needs a pass for exactly those bytes in that modality, and no verdict on them that says otherwise.
    """
    stated: dict[tuple[str, Modality], list[Decision]] = {}
    for verdict in verdicts:
        stated.setdefault((verdict.sha256, verdict.modality), []).append(verdict.decision)
    wanted = dict.fromkeys((ref if isinstance(ref, str) else ref.sha256, modality) for ref, modality in required)
    return tuple(key for key in wanted if worst(stated.get(key, [])) != "pass")
