"""Insert-if-absent and insert-or-update, which SQLite and PostgreSQL spell alike and SQLAlchemy per database."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Session

from storage.tables import Row


def insert_if_absent(session: Session, table: type[Row], *, keys: Sequence[str], values: Mapping[str, Any]) -> bool:
    """Insert a row unless one with these keys exists, and say whether it was inserted. Safe against other writers."""
    statement = _insert(session, table).values(**values).on_conflict_do_nothing(index_elements=keys)
    return bool(session.connection().execute(statement).rowcount == 1)


def upsert(session: Session, table: type[Row], *, keys: Sequence[str], values: Mapping[str, Any]) -> None:
    """Insert a row, or give the one with these keys the other values."""
    statement = _insert(session, table).values(**values)
    changes = {name: statement.excluded[name] for name in values if name not in keys}
    session.connection().execute(statement.on_conflict_do_update(index_elements=keys, set_=changes))


def _insert(session: Session, table: type[Row]) -> Any:
    is_sqlite = session.get_bind().dialect.name == "sqlite"
    return (sqlite.insert if is_sqlite else postgresql.insert)(table)
