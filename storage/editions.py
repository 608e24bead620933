"""The life of an edition's row: opened by a run, and published, held, skipped or failed in the end.

A published edition stays published while it is made again, whatever becomes of that.
"""

import datetime as dt
from collections.abc import Sequence

from sqlmodel import Session, col, delete, select

from content.errors import BadInputError, HeldError
from content.publication import ArticleRecord, EditionStatus, Publication
from content.values import Edition, Newsletter, Step
from storage import verdicts
from storage.articles import pictures, replace_articles, require_assets
from storage.tables import EditionAssetRow, EditionRow, EditionRunRow
from storage.upserts import insert_if_absent


def open_edition(
    session: Session, edition: Edition, newsletter: Newsletter, run_id: str, redo: Sequence[str]
) -> dict[str, int]:
    """Make or reopen an edition for a run and give its variants; a redo counts once however often a run opens it."""
    names = _checked_redo(redo)
    now, definition = dt.datetime.now(dt.UTC), newsletter.model_dump(mode="json")
    fresh = {"status": "running", "definition": definition, "run_id": run_id, "started_at": now}
    blank = {"title": "", "reason": "", "variants": {}, "content_digest": "", "page_path": ""}
    identity = {"newsletter": edition.newsletter, "date": edition.date}
    insert_if_absent(session, EditionRow, keys=("newsletter", "date"), values={**identity, **blank, **fresh})
    row = locked(session, edition)
    assert row is not None
    assert row.id is not None
    known = session.exec(select(EditionRunRow).where(EditionRunRow.run_id == run_id)).one_or_none()
    if known is not None and known.edition_id != row.id:
        raise BadInputError(
            f"run {run_id} already works on another edition; a run makes one edition, {edition} needs its own"
        )
    if row.status != "published":
        row.status, row.reason, row.finished_at = "running", "", None
        row.run_id, row.definition = run_id, definition
        row.started_at = known.started_at if known else now
    if known is None:
        run = EditionRunRow(edition_id=row.id, run_id=run_id, redo=names, definition=definition, started_at=now)
        session.add(run)
        row.variants = {**row.variants, **{name: row.variants.get(name, 0) + 1 for name in names}}
    session.add(row)
    return dict(row.variants)


def edition_of_run(session: Session, run_id: str) -> Edition | None:
    """Give the edition a flow run works on, or None when it never opened one."""
    query = select(EditionRow).join(EditionRunRow).where(EditionRunRow.run_id == run_id)
    row = session.exec(query).one_or_none()
    return as_edition(row) if row else None


def finish(
    session: Session, edition: Edition, status: EditionStatus, reason: str, articles: Sequence[ArticleRecord]
) -> None:
    """End an edition that is not published, with the reason; of a published one only the reason is noted."""
    if status not in {"held", "skipped", "failed"}:
        raise BadInputError(f"an edition ends as held, skipped or failed here, not as {status}")
    row = _opened(session, edition)
    row.reason = reason
    if row.status != "published":
        row.status, row.finished_at = status, dt.datetime.now(dt.UTC)
        assert row.id is not None
        require_assets(session, (), articles)
        replace_articles(session, row.id, articles)
    session.add(row)


def publish(session: Session, publication: Publication) -> bool:
    """Show an edition, or raise what forbids it; False when exactly this is shown already."""
    row = _opened(session, publication.edition)
    assert row.id is not None
    if row.status == "published" and row.content_digest == publication.content_digest:
        return False
    runs = select(EditionRunRow).where(EditionRunRow.run_id == publication.run_id, EditionRunRow.edition_id == row.id)
    run = session.exec(runs).one_or_none()
    if run is None:
        raise BadInputError(f"run {publication.run_id!r} never opened {publication.edition}, so it cannot publish it")
    refs = [asset.ref for asset in publication.shown] + [ref for _, ref in publication.parts]
    refs += publication.video.files if publication.video else ()
    require_assets(session, [*refs, *pictures(publication.cover)], publication.articles, publication.sources)
    _require_passes(session, publication)
    replace_articles(session, row.id, publication.articles, publication.sources)
    session.execute(delete(EditionAssetRow).where(col(EditionAssetRow.edition_id) == row.id))
    for asset in dict.fromkeys(publication.shown):
        session.add(
            EditionAssetRow(
                edition_id=row.id,
                role=asset.role,
                path=asset.path,
                sha256=asset.ref.sha256,
                modality=asset.modality,
            )
        )
    now = dt.datetime.now(dt.UTC)
    row.status, row.title, row.reason = "published", publication.title, publication.reason
    row.definition, row.run_id, row.started_at = run.definition, run.run_id, run.started_at
    row.finished_at, row.published_at = now, row.published_at or now
    row.content_digest, row.page_path = publication.content_digest, publication.page_path
    row.email_sha256 = publication.email.sha256 if publication.email else None
    row.video = publication.video.model_dump(mode="json") if publication.video else None
    row.cover = publication.cover.model_dump(mode="json")
    session.add(row)
    return True


def locked(session: Session, edition: Edition) -> EditionRow | None:
    """Give an edition's row, which no other writer changes before this transaction ends; None when there is none."""
    query = select(EditionRow).where(EditionRow.newsletter == edition.newsletter, EditionRow.date == edition.date)
    return session.exec(query.with_for_update()).one_or_none()


def unlocked(session: Session, edition: Edition) -> EditionRow | None:
    """Give an edition's row to be read; None when there is none."""
    query = select(EditionRow).where(EditionRow.newsletter == edition.newsletter, EditionRow.date == edition.date)
    return session.exec(query).one_or_none()


def as_edition(row: EditionRow) -> Edition:
    """Give the name of a row's edition."""
    return Edition(newsletter=row.newsletter, date=row.date)


def _opened(session: Session, edition: Edition) -> EditionRow:
    row = locked(session, edition)
    if row is None:
        raise BadInputError(f"edition {edition} was never opened; a run opens it before it works on it")
    return row


def _checked_redo(redo: Sequence[str]) -> list[str]:
    names = [str(name) for name in dict.fromkeys(redo)]
    for name in names:
        if name.partition(":")[0] not in set(Step):
            raise BadInputError(f"{name!r} cannot be redone; the steps are {', '.join(Step)}, or STEP:ITEM")
    return names


def _require_passes(session: Session, publication: Publication) -> None:
    shown = {asset.ref.sha256 for asset in publication.shown}
    lines = [f"{what} is not among what was judged" for what, ref in publication.parts if ref.sha256 not in shown]
    lines += verdicts.objections(publication.shown, verdicts.recorded(session, sorted(shown)))
    if not publication.shown:
        lines.append("there is nothing in it to show")
    if lines:
        raise HeldError(f"edition {publication.edition} is not published: {'; '.join(lines)}", objections=lines)
