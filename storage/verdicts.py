"""Verdicts on record, and the answer to the gate's one question, whether some bytes may be shown.

What counts of several verdicts on the same bytes, as the same thing (text, image, …):
each moderator's latest, whatever its revision, and any one that is not a pass is enough to hold.
A hold because nobody judged ("unjudged") counts until somebody has.
"""

import datetime as dt
from collections.abc import Iterable, Sequence

from sqlmodel import Session, col, select

from content.publication import ShownAsset
from content.values import Verdict
from storage.tables import VerdictRow
from storage.upserts import upsert

_UNJUDGED = "unjudged"
_SEVERITY = ("pass", "hold", "block")
_BATCH = 500  # SQLite takes a limited number of parameters in one statement


def record(session: Session, verdicts: Iterable[Verdict]) -> None:
    """Keep verdicts; a moderator's later word on the same bytes replaces its earlier one."""
    worst: dict[tuple[str, str, str], Verdict] = {}
    for verdict in verdicts:
        key = (verdict.sha256, verdict.modality, verdict.moderator)
        if key not in worst or _SEVERITY.index(verdict.decision) > _SEVERITY.index(worst[key].decision):
            worst[key] = verdict
    now = dt.datetime.now(dt.UTC)
    # In one order everywhere, so that two writers cannot wait for each other.
    for _, verdict in sorted(worst.items()):
        upsert(
            session,
            VerdictRow,
            keys=("sha256", "modality", "moderator"),
            values={
                "sha256": verdict.sha256,
                "modality": verdict.modality,
                "moderator": verdict.moderator,
                "decision": verdict.decision,
                "reasons": [reason.model_dump(mode="json") for reason in verdict.reasons],
                "created_at": now,
            },
        )


def recorded(session: Session, sha256s: Iterable[str]) -> dict[str, list[Verdict]]:
    """Give every verdict on record for each hash, oldest first; an empty list where there is none."""
    found: dict[str, list[Verdict]] = {sha256: [] for sha256 in sha256s}
    wanted = sorted(found)
    rows: list[VerdictRow] = []
    for start in range(0, len(wanted), _BATCH):
        rows += session.exec(select(VerdictRow).where(col(VerdictRow.sha256).in_(wanted[start : start + _BATCH])))
    for row in sorted(rows, key=lambda row: (row.created_at, row.id or 0)):
        found[row.sha256].append(as_verdict(row))
    return found


def objections(shown: Sequence[ShownAsset], verdicts: dict[str, list[Verdict]]) -> list[str]:
    """Say, a line each, which of these assets may not be shown and why; nothing when all may.

    `verdicts` is what is on record for them, oldest first.
    """
    lines = []
    for asset in shown:
        what = f"{asset.role}{f' {asset.path}' if asset.path else ''} ({asset.ref.sha256[:12]}…)"
        standing = _standing(verdicts.get(asset.ref.sha256, ()))
        if not any(v.modality == asset.modality and v.decision == "pass" for v in standing):
            lines.append(f"{what} has no passing {asset.modality} verdict")
        for verdict in standing:
            if verdict.decision != "pass":
                why = "; ".join(f"{reason.hazard} ({reason.rule})" for reason in verdict.reasons) or "no reason given"
                lines.append(f"{what}: {verdict.decision} by {verdict.moderator}: {why}")
    return lines


def _standing(verdicts: Iterable[Verdict]) -> list[Verdict]:
    """Of verdicts on one hash, oldest first, give those that count."""
    latest: dict[tuple[str, str], Verdict] = {}
    for verdict in verdicts:
        if not _is_unjudged(verdict):
            latest = {key: v for key, v in latest.items() if key[0] != verdict.modality or not _is_unjudged(v)}
        latest[verdict.modality, verdict.moderator.partition("@")[0]] = verdict
    return list(latest.values())


def _is_unjudged(verdict: Verdict) -> bool:
    """Say whether a verdict only stands for one that a moderator still owes."""
    return bool(verdict.reasons) and all(reason.hazard == _UNJUDGED for reason in verdict.reasons)


def as_verdict(row: VerdictRow) -> Verdict:
    """Give a row as the value it keeps."""
    return Verdict.model_validate(row, from_attributes=True)
