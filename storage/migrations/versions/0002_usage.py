"""What a step used up, and what a sentence in a model's own words rests on.

Revision ID: 0002
Revises: 0001
"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

AMOUNTS = {
    "tokens_in": sa.Integer,
    "tokens_out": sa.Integer,
    "images": sa.Integer,
    "device_s": sa.Float,
    "peak_bytes": sa.BigInteger,
    "cost": sa.Float,
}


def upgrade() -> None:
    for name, kind in AMOUNTS.items():
        op.add_column("step_run", sa.Column(name, kind, nullable=False, server_default="0"))
    # SQLite adds a column together with its CHECK, but no CHECK to a table; Alembic knows only the second way,
    # which copies the table. This one statement is the same on PostgreSQL.
    op.execute(
        "ALTER TABLE claim ADD COLUMN wording TEXT DEFAULT 'source' NOT NULL"
        " CONSTRAINT ck_claim_wording CHECK (wording IN ('source', 'own'))"
    )
    op.add_column("claim", sa.Column("others", sa.JSON, nullable=False, server_default="[]"))


def downgrade() -> None:
    for name in ("others", "wording"):
        op.drop_column("claim", name)
    for name in reversed(AMOUNTS):
        op.drop_column("step_run", name)
