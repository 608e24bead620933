"""The library: bytes and what is known about them, kept together.

Bytes first, then one row. A crash between the two leaves an object that no row names, which the sweep takes;
a row without bytes is a fault, and nothing in here makes one.
"""

import datetime as dt
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from sqlmodel import col, delete, select

from content.errors import BadInputError, CorruptAssetError, MissingAssetError
from content.publication import ArticleRecord, EditionRecord, EditionStatus, Publication
from content.recipes import sha256_of
from content.usage import NOTHING, Usage
from content.values import AssetRef, Edition, FeedReport, Newsletter, PublishedStory, Verdict, object_key
from content.views import EditionSummary
from storage import editions, records, sweeping, verdicts, verification
from storage.database import Database
from storage.fetches import RememberedFetch
from storage.objects import ObjectStore, digest_of_file, mismatch
from storage.tables import AssetRow, EditionRow, FeedReportRow, FetchRow, StepRunRow
from storage.upserts import insert_if_absent, upsert
from storage.verification import Fault, Progress

# PostgreSQL refuses index entries of more than 2,700 bytes; an address that long is fetched without a memory.
_LONGEST_URL = 2000


class Library:
    """The object store and the database as one. Safe to share between threads; lives as long as its process."""

    def __init__(self, objects: ObjectStore, database: Database) -> None:
        self.objects = objects
        self.database = database

    # ---- bytes -------------------------------------------------------------------------------------------------------

    def keep(self, kind: str, data: bytes | Path, media_type: str) -> AssetRef:
        """Keep bytes and give the reference to them; the same bytes again are the same object."""
        sha256 = digest_of_file(data)[0] if isinstance(data, Path) else sha256_of(data)
        size = self.objects.put(sha256, data)
        ref = AssetRef(kind=kind, sha256=sha256, bytes=size, media_type=media_type)
        row = ref.model_dump() | {"key": ref.key, "created_at": dt.datetime.now(dt.UTC)}
        with self.database.session() as session:
            insert_if_absent(session, AssetRow, keys=("sha256",), values=row)
        # A sweep may have taken an old orphan between the two; now that the row is there, it cannot again.
        if self.objects.info(ref.key) is None:
            self.objects.put(sha256, data)
        return ref

    def kept(self, sha256: str) -> AssetRef | None:
        """Give the reference to what is kept under a hash; None when there is no row or its bytes are gone."""
        with self.database.reading() as session:
            row = session.exec(select(AssetRow).where(AssetRow.sha256 == sha256)).one_or_none()
            ref = records.as_ref(row) if row else None
        return ref if ref and self.objects.info(ref.key) else None

    def read(self, ref: AssetRef | str) -> bytes:
        """Give the bytes of a reference or hash.

        Raises MissingAssetError when they are gone and CorruptAssetError when they are others.
        """
        sha256 = ref if isinstance(ref, str) else ref.sha256
        data = self.objects.read(object_key(sha256))
        if (found := sha256_of(data)) != sha256:
            raise mismatch(sha256, found, f"{self.objects.url}/{object_key(sha256)}")
        return data

    def text(self, ref: AssetRef | str) -> str:
        """Give the text of a reference or hash, which has to be UTF-8."""
        data = self.read(ref)
        try:
            return data.decode()
        except UnicodeDecodeError as error:
            raise BadInputError(f"asset {ref if isinstance(ref, str) else ref.sha256} is not text: {error}") from error

    @contextmanager
    def local(self, ref: AssetRef | str) -> Iterator[Path]:
        """Lend a file with the bytes of a reference or hash, to be read only and only inside the context."""
        sha256 = ref if isinstance(ref, str) else ref.sha256
        with self.objects.local(object_key(sha256)) as path:
            if (found := digest_of_file(path)[0]) != sha256:
                raise mismatch(sha256, found, f"{self.objects.url}/{object_key(sha256)}")
            yield path

    # ---- steps -------------------------------------------------------------------------------------------------------

    def record_step(
        self,
        *,
        edition: str,
        run_id: str,
        step: str,
        item: str,
        outcome: str,
        seconds: float,
        engine: str,
        recipe: str,
        detail: str = "",
        started_at: dt.datetime | None = None,
        usage: Usage = NOTHING,
    ) -> None:
        """Put one execution or reuse of a step on record, with what it used up."""
        row = StepRunRow(
            edition=edition,
            run_id=run_id,
            step=step,
            item=item,
            outcome=outcome,
            seconds=seconds,
            engine=engine,
            recipe=recipe,
            detail=detail,
            started_at=started_at or dt.datetime.now(dt.UTC),
            **usage.model_dump(),
        )
        with self.database.session() as session:
            session.add(row)

    def usage_of(self, edition: Edition | str) -> Usage:
        """Give what all runs of an edition have used up so far; nothing when it has no steps."""
        with self.database.reading() as session:
            return records.usage(session, str(edition))

    def steps(self, edition: Edition | str, run_id: str | None = None) -> list[StepRunRow]:
        """Give an edition's step runs in the order in which they were recorded, of one flow run or of all."""
        with self.database.reading() as session:
            return records.steps(session, str(edition), run_id)

    def last_step(self, recipe: str) -> StepRunRow | None:
        """Give the latest run that computed a recipe's result, or None."""
        query = select(StepRunRow).where(StepRunRow.recipe == recipe, StepRunRow.outcome == "computed")
        with self.database.reading() as session:
            return session.exec(query.order_by(col(StepRunRow.id).desc()).limit(1)).one_or_none()

    # ---- editions ----------------------------------------------------------------------------------------------------

    def open_edition(
        self, edition: Edition, newsletter: Newsletter, run_id: str, redo: Sequence[str] = ()
    ) -> dict[str, int]:
        """Make or reopen an edition for a flow run, and give its variants.

        Each of `redo` ("draft", or "draft:ITEM") raises its variant once a run, however often the run is retried.
        Raises BadInputError for an unknown step, and for a run that already works on another edition.
        """
        with self.database.session() as session:
            return editions.open_edition(session, edition, newsletter, run_id, redo)

    def edition_of_run(self, run_id: str) -> Edition | None:
        """Give the edition a flow run works on, or None when it never opened one."""
        with self.database.reading() as session:
            return editions.edition_of_run(session, run_id)

    def memory(self, newsletter: str, before: dt.date, since: dt.date) -> tuple[PublishedStory, ...]:
        """Give the stories published in editions from `since` up to, and without, `before`."""
        with self.database.reading() as session:
            return records.memory(session, newsletter, before, since)

    def remember_feeds(self, edition: Edition, reports: Sequence[FeedReport]) -> None:
        """Put on an edition's record what became of each feed, in place of what was there."""
        with self.database.session() as session:
            row = editions.locked(session, edition)
            if row is None or row.id is None:
                raise BadInputError(f"edition {edition} was never opened; a run opens it before it works on it")
            session.execute(delete(FeedReportRow).where(col(FeedReportRow.edition_id) == row.id))
            for position, report in enumerate({report.url: report for report in reports}.values()):
                session.add(
                    FeedReportRow(
                        edition_id=row.id,
                        url=report.url,
                        position=position,
                        title=report.title,
                        status=report.status,
                        detail=report.detail,
                        entries=len(report.entries),
                        faults=list(report.faults),
                    )
                )

    def publish(self, publication: Publication) -> bool:
        """Show an edition, in one transaction; False, and nothing changes, when exactly this is shown already.

        Raises HeldError, listing why, when anything shown lacks a passing verdict or has another,
        and MissingAssetError or CorruptAssetError when anything shown is not in the store as it should be.
        """
        for shown in dict.fromkeys(asset.ref for asset in publication.shown):
            info = self.objects.info(shown.key)
            if info is None:
                raise MissingAssetError(
                    f"{shown.kind} {shown.sha256[:12]}… of {publication.edition} is gone from {self.objects.url};"
                    " rerun the step that makes it"
                )
            if info.bytes != shown.bytes:
                raise CorruptAssetError(
                    f"{shown.kind} {shown.sha256[:12]}… of {publication.edition} has {info.bytes} bytes"
                    f" in {self.objects.url}, not {shown.bytes}; run `pressroom verify`"
                )
        with self.database.session() as session:
            return editions.publish(session, publication)

    def finish(
        self, edition: Edition, status: EditionStatus, reason: str, held_articles: Sequence[ArticleRecord] = ()
    ) -> None:
        """End an edition as held, skipped or failed, with the reason and the articles as far as they got.

        A published edition stays as it is; only the reason is noted.
        """
        with self.database.session() as session:
            editions.finish(session, edition, status, reason, held_articles)

    def edition_record(self, edition: Edition) -> EditionRecord | None:
        """Give everything known about an edition, or None when no run ever opened it."""
        with self.database.reading() as session:
            return records.edition_record(session, edition)

    def latest_editions(self, most: int) -> tuple[Edition, ...]:
        """Give the editions that were worked on last, in any state, the latest first."""
        query = select(EditionRow).order_by(col(EditionRow.started_at).desc()).limit(most)
        with self.database.reading() as session:
            return tuple(editions.as_edition(row) for row in session.exec(query))

    def published_editions(self, newsletter: str) -> tuple[EditionSummary, ...]:
        """Give a newsletter's published editions, newest first."""
        with self.database.reading() as session:
            return records.published_editions(session, newsletter)

    def newsletters(self) -> tuple[tuple[Newsletter, EditionSummary | None], ...]:
        """Give every newsletter that has published, with its newest edition, in order of their slugs."""
        with self.database.reading() as session:
            return records.newsletters(session)

    # ---- verdicts ----------------------------------------------------------------------------------------------------

    def record_verdicts(self, found: Iterable[Verdict]) -> None:
        """Keep verdicts; a moderator's later word on the same bytes replaces its earlier one."""
        with self.database.session() as session:
            verdicts.record(session, found)

    def verdicts_for(self, sha256s: Iterable[str]) -> dict[str, list[Verdict]]:
        """Give every verdict on record for each hash, oldest first; an empty list where there is none."""
        with self.database.reading() as session:
            return verdicts.recorded(session, sha256s)

    # ---- what addresses gave -----------------------------------------------------------------------------------------

    def recall_fetch(self, url: str) -> RememberedFetch | None:
        """Give what an address gave last time, or None when that is not known or its bytes are not intact."""
        with self.database.reading() as session:
            row = session.get(FetchRow, url)
        if row is None:
            return None
        try:
            body = self.read(row.sha256)
        except (MissingAssetError, CorruptAssetError):
            return None  # asked for again, it is whole again
        return RememberedFetch(body=body, **row.model_dump())

    def remember_fetch(
        self,
        url: str,
        *,
        body: bytes,
        final_url: str = "",
        media_type: str = "",
        charset: str = "",
        etag: str = "",
        last_modified: str = "",
    ) -> None:
        """Keep what an address gave, with the validators to ask with next time."""
        if len(url.encode()) > _LONGEST_URL:
            return
        ref = self.keep("fetched", body, media_type or "application/octet-stream")
        values = {
            "url": url,
            "final_url": final_url or url,
            "sha256": ref.sha256,
            "media_type": media_type,
            "charset": charset,
            "etag": etag,
            "last_modified": last_modified,
            "fetched_at": dt.datetime.now(dt.UTC),
        }
        with self.database.session() as session:
            upsert(session, FetchRow, keys=("url",), values=values)

    # ---- care --------------------------------------------------------------------------------------------------------

    def verify(self, progress: Progress | None = None) -> Iterator[Fault]:
        """Re-hash every object and follow every reference; give each fault. See `storage.verification`."""
        return verification.verify(self.objects, self.database, progress)

    def sweep(self, grace: dt.timedelta, results_age: dt.timedelta = sweeping.RESULTS_AGE) -> sweeping.SweepReport:
        """Remove orphans older than `grace` and results older than `results_age`. See `storage.sweeping`."""
        return sweeping.sweep(self.objects, self.database, grace, results_age)
