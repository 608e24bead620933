"""The tables, one class a row.

Nothing in here that SQLite or PostgreSQL would refuse; a change needs a migration in `storage/migrations/versions`.
Rows never leave `storage`, except `StepRunRow` and `VerdictRow`, which are plain records once read.
"""

import datetime as dt
from typing import Any, ClassVar

from sqlalchemy import (
    JSON,
    BigInteger,
    CheckConstraint,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    Text,
    UniqueConstraint,
)
from sqlmodel import Field, SQLModel

from storage.columns import Prose, UtcDateTime

# Constraints need names, or neither database can alter them later.
NAMES = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}


def _prose() -> Any:
    return Field(default="", sa_type=Prose)


def _json(*, nullable: bool = False) -> Any:
    return Field(default=None if nullable else ..., sa_column=Column(JSON(none_as_null=True), nullable=nullable))


def _list() -> Any:
    return Field(default_factory=list, sa_column=Column(JSON(none_as_null=True), nullable=False, server_default="[]"))


def _amount(sa_type: Any) -> Any:
    """Give a column of amounts; rows from before it was there used nothing."""
    return Field(default=0, sa_type=sa_type, sa_column_kwargs={"server_default": "0"})


def _time(*, nullable: bool = False) -> Any:
    return Field(sa_type=UtcDateTime, nullable=nullable, default=None if nullable else ...)


def _owned_by(target: str, *, primary_key: bool = False) -> Any:
    """Give a column of rows that go when their owner goes."""
    return Field(foreign_key=target, ondelete="CASCADE", primary_key=primary_key)


def _bytes_of(*, nullable: bool = False, primary_key: bool = False) -> Any:
    """Give a column that names an asset; an asset that is named cannot be deleted."""
    key = ForeignKey("asset.sha256", ondelete="RESTRICT")
    return Field(
        default=None if nullable else ...,
        sa_column=Column(Text, key, nullable=nullable, primary_key=primary_key, index=True),
    )


def _one_of(column: str, *values: str) -> CheckConstraint:
    listed = ", ".join(f"'{value}'" for value in values)
    return CheckConstraint(f"{column} IN ({listed})", name=column)


class Row(SQLModel):
    """What all tables share: their own catalogue, with named constraints."""

    metadata: ClassVar[MetaData] = MetaData(naming_convention=NAMES)


class AssetRow(Row, table=True):
    """Bytes in the object store. Written after them, so a row without bytes is a fault."""

    __tablename__ = "asset"

    sha256: str = Field(primary_key=True, sa_type=Text)
    kind: str = Field(sa_type=Text)
    bytes: int = Field(sa_type=BigInteger)
    media_type: str = Field(sa_type=Text)
    key: str = Field(sa_type=Text)
    created_at: dt.datetime = _time()


class EditionRow(Row, table=True):
    """One edition of one newsletter. `definition` is the newsletter as it was used, `variants` its deliberate redos."""

    __tablename__ = "edition"
    __table_args__ = (
        UniqueConstraint("newsletter", "date"),
        _one_of("status", "running", "published", "held", "skipped", "failed"),
    )

    id: int | None = Field(default=None, primary_key=True)
    newsletter: str = Field(sa_type=Text)
    date: dt.date
    status: str = Field(sa_type=Text)
    title: str = _prose()
    reason: str = _prose()
    definition: dict[str, Any] = _json()
    variants: dict[str, int] = _json()
    run_id: str = Field(sa_type=Text)
    started_at: dt.datetime = _time()
    finished_at: dt.datetime | None = _time(nullable=True)
    published_at: dt.datetime | None = _time(nullable=True)
    content_digest: str = Field(default="", sa_type=Text)
    page_path: str = Field(default="", sa_type=Text)
    email_sha256: str | None = _bytes_of(nullable=True)
    video: dict[str, Any] | None = _json(nullable=True)
    cover: dict[str, Any] | None = _json(nullable=True)


class EditionRunRow(Row, table=True):
    """Which flow run worked on which edition, for ever, with the newsletter's definition it used."""

    __tablename__ = "edition_run"
    __table_args__ = (UniqueConstraint("run_id"),)

    id: int | None = Field(default=None, primary_key=True)
    edition_id: int = Field(foreign_key="edition.id", ondelete="CASCADE", index=True)
    run_id: str = Field(sa_type=Text)
    redo: list[str] = _json()
    definition: dict[str, Any] = _json()
    started_at: dt.datetime = _time()


class ArticleRow(Row, table=True):
    """One article of an edition; held and failed ones stay on record with the reason."""

    __tablename__ = "article"
    __table_args__ = (
        UniqueConstraint("edition_id", "story_id"),
        _one_of("status", "published", "held", "failed"),
    )

    id: int | None = Field(default=None, primary_key=True)
    edition_id: int = _owned_by("edition.id")
    position: int
    slug: str = Field(sa_type=Text)
    story_id: str = Field(sa_type=Text)
    headline: str = _prose()
    lead: str = _prose()
    status: str = Field(sa_type=Text)
    reason: str = _prose()
    words: int = 0
    claims: int = 0
    claims_traced: int = 0
    draft: dict[str, Any] | None = _json(nullable=True)
    cover: dict[str, Any] | None = _json(nullable=True)
    page_path: str = Field(default="", sa_type=Text)
    page_sha256: str | None = _bytes_of(nullable=True)
    update_of: str | None = Field(default=None, sa_type=Text)


class ClaimRow(Row, table=True):
    """A sentence of an article and where it stands in its source, or, in words of a model's own, what it rests on."""

    __tablename__ = "claim"
    __table_args__ = (_one_of("role", "lead", "point", "quotation"), _one_of("wording", "source", "own"))

    article_id: int = _owned_by("article.id", primary_key=True)
    position: int = Field(primary_key=True)
    role: str = Field(sa_type=Text)
    text: str = _prose()
    source_url: str = _prose()
    source_sha256: str = _bytes_of()
    start: int
    end: int
    speaker: str = _prose()
    wording: str = Field(default="source", sa_type=Text, sa_column_kwargs={"server_default": "source"})
    others: list[dict[str, Any]] = _list()


class SourceEntryRow(Row, table=True):
    """A source an edition was made from; without an article when only the edition as a whole used it."""

    __tablename__ = "source_entry"
    __table_args__ = (_one_of("via", "feed", "page"), Index(None, "edition_id", "article_id"))

    id: int | None = Field(default=None, primary_key=True)
    edition_id: int = _owned_by("edition.id")
    article_id: int | None = Field(default=None, foreign_key="article.id", ondelete="CASCADE", nullable=True)
    feed_url: str = _prose()
    url: str = _prose()
    title: str = _prose()
    publisher: str = _prose()
    author: str = _prose()
    published_at: dt.datetime = _time()
    language: str = Field(sa_type=Text)
    text_sha256: str = _bytes_of()
    via: str = Field(sa_type=Text)


class FeedReportRow(Row, table=True):
    """What became of one feed when an edition was collected."""

    __tablename__ = "feed_report"
    __table_args__ = (_one_of("status", "ok", "empty", "failed"),)

    edition_id: int = _owned_by("edition.id", primary_key=True)
    url: str = Field(primary_key=True, sa_type=Prose)
    position: int
    title: str = _prose()
    status: str = Field(sa_type=Text)
    detail: str = _prose()
    entries: int = 0
    faults: list[str] = _json()


class EditionAssetRow(Row, table=True):
    """An asset a published edition shows, and where on the site; `path` is empty for what has no page of its own."""

    __tablename__ = "edition_asset"
    __table_args__ = (_one_of("modality", "text", "image", "audio", "video", "page", "mail"),)

    edition_id: int = _owned_by("edition.id", primary_key=True)
    role: str = Field(primary_key=True, sa_type=Text)
    path: str = Field(primary_key=True, sa_type=Text)
    sha256: str = _bytes_of(primary_key=True)
    modality: str = Field(sa_type=Text)


class VerdictRow(Row, table=True):
    """What a moderator last said of some bytes."""

    __tablename__ = "verdict"
    __table_args__ = (
        UniqueConstraint("sha256", "modality", "moderator"),
        _one_of("modality", "text", "image", "audio", "video", "page", "mail"),
        _one_of("decision", "pass", "hold", "block"),
    )

    id: int | None = Field(default=None, primary_key=True)
    sha256: str = Field(sa_type=Text)
    modality: str = Field(sa_type=Text)
    decision: str = Field(sa_type=Text)
    moderator: str = Field(sa_type=Text)
    reasons: list[dict[str, Any]] = _json()
    created_at: dt.datetime = _time()


class StepRunRow(Row, table=True):
    """One execution, or one reuse, of a step, and what it used up. `edition` is `slug/date`."""

    __tablename__ = "step_run"
    __table_args__ = (
        _one_of("outcome", "computed", "reused", "failed", "held"),
        Index(None, "edition", "run_id"),
        Index(None, "recipe"),
    )

    id: int | None = Field(default=None, primary_key=True)
    edition: str = Field(sa_type=Text)
    run_id: str = Field(sa_type=Text)
    step: str = Field(sa_type=Text)
    item: str = _prose()
    outcome: str = Field(sa_type=Text)
    seconds: float
    engine: str = Field(sa_type=Text)
    recipe: str = Field(sa_type=Text)
    detail: str = _prose()
    started_at: dt.datetime = _time()
    tokens_in: int = _amount(Integer)
    tokens_out: int = _amount(Integer)
    images: int = _amount(Integer)
    device_s: float = _amount(Float)
    peak_bytes: int = _amount(BigInteger)
    cost: float = _amount(Float)


class FetchRow(Row, table=True):
    """What an address gave last time, for conditional requests."""

    __tablename__ = "fetch"

    url: str = Field(primary_key=True, sa_type=Prose)
    etag: str = _prose()
    last_modified: str = _prose()
    sha256: str = _bytes_of()
    media_type: str = _prose()
    charset: str = _prose()
    final_url: str = _prose()
    fetched_at: dt.datetime = _time()


METADATA = Row.metadata
