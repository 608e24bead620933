"""An edition's record as the one JSON object that `--json` prints, and as the exit code that goes with it."""

from pathlib import Path
from typing import Any

from content import paths
from content.publication import EditionRecord, usage_by_item
from content.usage import NOTHING, Usage

EXIT_CODES = {"published": 0, "skipped": 0, "held": 3, "failed": 1, "running": 1}


def record_as_json(
    record: EditionRecord, site: Path, *, status: str = "", run_id: str = "", wall_s: float | None = None
) -> dict[str, Any]:
    """Give the object. `run_id` narrows the steps, and what they used, to one run; `status` is how that run ended."""
    steps = [step for step in record.steps if run_id in {"", step.run_id}]
    if wall_s is None:
        wall_s = (record.finished_at - record.started_at).total_seconds() if record.finished_at else 0.0
    shown = record.published_at is not None
    used = usage_by_item(steps)

    def place(path: str) -> str | None:
        return str(site / path) if shown and path else None

    assets = {asset.ref.sha256: asset.ref for asset in record.assets}
    for article in record.articles:
        if article.cover:
            covers = (article.cover.wide, article.cover.square, article.cover.scene)
            assets |= {ref.sha256: ref for ref in covers}
    return {
        "edition": {
            "newsletter": record.edition.newsletter,
            "date": record.edition.date.isoformat(),
            "status": status or record.status,
            "title": record.title,
            "reason": record.reason,
            "page": place(record.page),
            "email": place(paths.mail_file(record.edition)),
            "video": place(paths.media(record.video.movie)) if record.video else None,
            "published_at": record.published_at.isoformat() if record.published_at else None,
            "usage": _usage(sum(used.values(), NOTHING)),
        },
        "articles": [
            {
                "number": article.position,
                "headline": article.headline,
                "status": article.status,
                "reason": article.reason,
                "page": place(article.page),
                "sources": list(article.sources),
                "words": article.words,
                "claims": article.claims,
                "claims_traced": article.claims_traced,
                "update_of": article.update_of or None,
                "usage": _usage(used.get(f"article-{article.position}", NOTHING)),
            }
            for article in record.articles
        ],
        "assets": [
            {"kind": r.kind, "sha256": r.sha256, "bytes": r.bytes, "media_type": r.media_type, "key": r.key}
            for r in assets.values()
        ],
        "steps": [
            {
                "step": step.step,
                "item": step.item,
                "outcome": step.outcome,
                "seconds": round(step.seconds, 3),
                "engine": step.engine,
                "recipe": step.recipe,
                "run": step.run_id,
                "detail": step.detail,
                "usage": _usage(step.usage),
            }
            for step in steps
        ],
        "verdicts": [
            {
                "sha256": verdict.sha256,
                "modality": verdict.modality,
                "decision": verdict.decision,
                "moderator": verdict.moderator,
                "reasons": [reason.model_dump() for reason in verdict.reasons],
            }
            for verdict in record.verdicts
        ],
        "feeds": [feed.model_dump(mode="json") for feed in record.feeds],
        "wall_s": round(wall_s, 3),
        "engine_s": round(sum(step.seconds for step in steps if step.outcome in {"computed", "held"}), 3),
    }


def _usage(used: Usage) -> dict[str, Any]:
    return {**used.model_dump(), "device_s": round(used.device_s, 3), "cost": round(used.cost, 6)}
