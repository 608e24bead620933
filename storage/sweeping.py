"""Removes what nothing needs: objects that no row names, old results and pieces of videos, what dead writers left.

Nothing younger than the grace period goes, since a run may have written it and not yet its row.
Assets that have a row stay, also when no edition shows them any more: a stored result may still refer to them.
"""

import datetime as dt
from collections.abc import Iterator

from sqlalchemy import text
from sqlmodel import col, select

from content.recipes import Value
from storage.database import Database
from storage.objects import ObjectInfo, ObjectStore
from storage.tables import AssetRow

ASSETS, RESULTS, PIECES, PROBES = "sha256/", "results/", "pieces/", "probe/"
RESULTS_AGE = dt.timedelta(days=90)
_BATCH = 200


class SweepReport(Value):
    """What a sweep removed, and how many objects without a row it left because they are young."""

    orphans: int = 0
    results: int = 0
    partial: int = 0
    bytes: int = 0
    young: int = 0


def sweep(objects: ObjectStore, database: Database, grace: dt.timedelta, results_age: dt.timedelta) -> SweepReport:
    """Remove orphans older than `grace`, results and pieces older than `results_age` (never younger than `grace`)."""
    now = dt.datetime.now(dt.UTC)
    before = now - grace
    orphans, young = 0, 0
    removed: list[ObjectInfo] = []
    for batch in _batches(objects.keys(ASSETS)):
        with database.session() as session:
            if not database.is_sqlite:
                # Whoever is about to write a row waits here, and then looks whether its bytes are still there.
                session.execute(text("LOCK TABLE asset IN SHARE ROW EXCLUSIVE MODE"))
            keys = [info.key for info in batch]
            named = set(session.exec(select(AssetRow.key).where(col(AssetRow.key).in_(keys))))
            for listed in batch:
                if listed.key in named:
                    continue
                # Listed a while ago: somebody may have wanted these bytes again since.
                info = objects.info(listed.key)
                if info is None or info.modified >= before:
                    young += info is not None
                    continue
                objects.delete(info.key)
                removed.append(info)
                orphans += 1
    kept_again = (info for prefix in (RESULTS, PIECES) for info in objects.keys(prefix))
    stale = [info for info in kept_again if info.modified < now - max(results_age, grace)]
    probes = [info for info in objects.keys(PROBES) if info.modified < before]
    for info in (*stale, *probes):
        objects.delete(info.key)
    partial = objects.discard_partial(before) + len(probes)
    freed = sum(info.bytes for info in (*removed, *stale))
    return SweepReport(orphans=orphans, results=len(stale), partial=partial, bytes=freed, young=young)


def _batches(infos: Iterator[ObjectInfo]) -> Iterator[list[ObjectInfo]]:
    batch: list[ObjectInfo] = []
    for info in infos:
        batch.append(info)
        if len(batch) == _BATCH:
            yield batch
            batch = []
    if batch:
        yield batch
