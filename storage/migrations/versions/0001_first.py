"""The first tables.

Revision ID: 0001
Revises: nothing
"""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

STATUSES = "'running', 'published', 'held', 'skipped', 'failed'"
MODALITIES = "'text', 'image', 'audio', 'video', 'page', 'mail'"


def upgrade() -> None:
    op.create_table(
        "asset",
        text("sha256"),
        text("kind"),
        sa.Column("bytes", sa.BigInteger, nullable=False),
        text("media_type"),
        text("key"),
        time("created_at"),
        primary("asset", "sha256"),
    )
    op.create_table(
        "edition",
        integer("id"),
        text("newsletter"),
        sa.Column("date", sa.Date, nullable=False),
        text("status"),
        text("title"),
        text("reason"),
        json("definition"),
        json("variants"),
        text("run_id"),
        time("started_at"),
        time("finished_at", nullable=True),
        time("published_at", nullable=True),
        text("content_digest"),
        text("page_path"),
        text("email_sha256", nullable=True),
        json("video", nullable=True),
        json("cover", nullable=True),
        primary("edition", "id"),
        unique("edition", "newsletter", "date"),
        one_of("edition", "status", STATUSES),
        asset("edition", "email_sha256"),
    )
    op.create_table(
        "edition_run",
        integer("id"),
        integer("edition_id"),
        text("run_id"),
        json("redo"),
        json("definition"),
        time("started_at"),
        primary("edition_run", "id"),
        unique("edition_run", "run_id"),
        owner("edition_run", "edition_id", "edition.id"),
    )
    op.create_table(
        "article",
        integer("id"),
        integer("edition_id"),
        integer("position"),
        text("slug"),
        text("story_id"),
        text("headline"),
        text("lead"),
        text("status"),
        text("reason"),
        integer("words"),
        integer("claims"),
        integer("claims_traced"),
        json("draft", nullable=True),
        json("cover", nullable=True),
        text("page_path"),
        text("page_sha256", nullable=True),
        text("update_of", nullable=True),
        primary("article", "id"),
        unique("article", "edition_id", "story_id"),
        one_of("article", "status", "'published', 'held', 'failed'"),
        owner("article", "edition_id", "edition.id"),
        asset("article", "page_sha256"),
    )
    op.create_table(
        "claim",
        integer("article_id"),
        integer("position"),
        text("role"),
        text("text"),
        text("source_url"),
        text("source_sha256"),
        integer("start"),
        integer("end"),
        text("speaker"),
        primary("claim", "article_id", "position"),
        one_of("claim", "role", "'lead', 'point', 'quotation'"),
        owner("claim", "article_id", "article.id"),
        asset("claim", "source_sha256"),
    )
    op.create_table(
        "source_entry",
        integer("id"),
        integer("edition_id"),
        integer("article_id", nullable=True),
        text("feed_url"),
        text("url"),
        text("title"),
        text("publisher"),
        text("author"),
        time("published_at"),
        text("language"),
        text("text_sha256"),
        text("via"),
        primary("source_entry", "id"),
        one_of("source_entry", "via", "'feed', 'page'"),
        owner("source_entry", "edition_id", "edition.id"),
        owner("source_entry", "article_id", "article.id"),
        asset("source_entry", "text_sha256"),
    )
    op.create_table(
        "feed_report",
        integer("edition_id"),
        text("url"),
        integer("position"),
        text("title"),
        text("status"),
        text("detail"),
        integer("entries"),
        json("faults"),
        primary("feed_report", "edition_id", "url"),
        one_of("feed_report", "status", "'ok', 'empty', 'failed'"),
        owner("feed_report", "edition_id", "edition.id"),
    )
    op.create_table(
        "edition_asset",
        integer("edition_id"),
        text("role"),
        text("path"),
        text("sha256"),
        text("modality"),
        primary("edition_asset", "edition_id", "role", "path", "sha256"),
        one_of("edition_asset", "modality", MODALITIES),
        owner("edition_asset", "edition_id", "edition.id"),
        asset("edition_asset", "sha256"),
    )
    op.create_table(
        "verdict",
        integer("id"),
        text("sha256"),
        text("modality"),
        text("decision"),
        text("moderator"),
        json("reasons"),
        time("created_at"),
        primary("verdict", "id"),
        unique("verdict", "sha256", "modality", "moderator"),
        one_of("verdict", "modality", MODALITIES),
        one_of("verdict", "decision", "'pass', 'hold', 'block'"),
    )
    op.create_table(
        "step_run",
        integer("id"),
        text("edition"),
        text("run_id"),
        text("step"),
        text("item"),
        text("outcome"),
        sa.Column("seconds", sa.Float, nullable=False),
        text("engine"),
        text("recipe"),
        text("detail"),
        time("started_at"),
        primary("step_run", "id"),
        one_of("step_run", "outcome", "'computed', 'reused', 'failed', 'held'"),
    )
    op.create_table(
        "fetch",
        text("url"),
        text("etag"),
        text("last_modified"),
        text("sha256"),
        text("media_type"),
        text("charset"),
        text("final_url"),
        time("fetched_at"),
        primary("fetch", "url"),
        asset("fetch", "sha256"),
    )
    for table, *columns in INDICES:
        op.create_index(op.f(f"ix_{table}_{'_'.join(columns)}"), table, columns)


def downgrade() -> None:
    for table, *columns in reversed(INDICES):
        op.drop_index(op.f(f"ix_{table}_{'_'.join(columns)}"), table)
    for table in reversed(TABLES):
        op.drop_table(table)


TABLES = (
    "asset",
    "edition",
    "edition_run",
    "article",
    "claim",
    "source_entry",
    "feed_report",
    "edition_asset",
    "verdict",
    "step_run",
    "fetch",
)
INDICES = (
    ("edition", "email_sha256"),
    ("edition_run", "edition_id"),
    ("article", "page_sha256"),
    ("claim", "source_sha256"),
    ("source_entry", "edition_id", "article_id"),
    ("source_entry", "text_sha256"),
    ("edition_asset", "sha256"),
    ("step_run", "edition", "run_id"),
    ("step_run", "recipe"),
    ("fetch", "sha256"),
)


def text(name: str, *, nullable: bool = False) -> sa.Column[Any]:
    return sa.Column(name, sa.Text, nullable=nullable)


def integer(name: str, *, nullable: bool = False) -> sa.Column[Any]:
    return sa.Column(name, sa.Integer, nullable=nullable)


def json(name: str, *, nullable: bool = False) -> sa.Column[Any]:
    return sa.Column(name, sa.JSON, nullable=nullable)


def time(name: str, *, nullable: bool = False) -> sa.Column[Any]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def primary(table: str, *columns: str) -> sa.PrimaryKeyConstraint:
    return sa.PrimaryKeyConstraint(*columns, name=op.f(f"pk_{table}"))


def unique(table: str, *columns: str) -> sa.UniqueConstraint:
    return sa.UniqueConstraint(*columns, name=op.f(f"uq_{table}_{'_'.join(columns)}"))


def one_of(table: str, column: str, values: str) -> sa.CheckConstraint:
    return sa.CheckConstraint(f"{column} IN ({values})", name=op.f(f"ck_{table}_{column}"))


def owner(table: str, column: str, target: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [target], name=op.f(f"fk_{table}_{column}"), ondelete="CASCADE")


def asset(table: str, column: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], ["asset.sha256"], name=op.f(f"fk_{table}_{column}"), ondelete="RESTRICT")
