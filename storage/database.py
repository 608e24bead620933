"""The database: connections, transactions and its schema's version.

SQLite (WAL) for one machine, PostgreSQL for several.
A writer on SQLite takes the write lock when it begins, so that it waits its turn instead of failing half way.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util.exc import CommandError
from sqlalchemy import Connection, Engine, create_engine, event, make_url, text
from sqlalchemy.exc import NoSuchModuleError
from sqlmodel import Session

from content.errors import BadConfigurationError
from storage.database_errors import mapped
from storage.tables import METADATA

BUSY_TIMEOUT_S = 60
_WRITES = "pressroom_writes"
# Any number will do, as long as every process that migrates takes the same.
_MIGRATION_LOCK = 7_737_746_638


class Database:
    """One database. Safe to share between threads; a forked child opens its own. Lives as long as its process."""

    def __init__(self, url: str) -> None:
        with mapped("PRESSROOM_DATABASE_URL"):
            parsed = make_url(url)
        if parsed.drivername in {"postgres", "postgresql"}:
            parsed = parsed.set(drivername="postgresql+psycopg")
        self.url = parsed.render_as_string(hide_password=True)
        self.is_sqlite = parsed.get_backend_name() == "sqlite"
        if self.is_sqlite and (not parsed.database or parsed.database == ":memory:"):
            raise BadConfigurationError(
                f"PRESSROOM_DATABASE_URL={self.url}: the database has to be a file; write sqlite:////absolute/path.db"
            )
        if not self.is_sqlite and parsed.get_backend_name() != "postgresql":
            raise BadConfigurationError(
                f"PRESSROOM_DATABASE_URL={self.url}: write sqlite:////absolute/path.db or postgresql://user@host/name"
            )
        self._folder = Path(parsed.database).parent if self.is_sqlite and parsed.database else None
        try:
            self._engine = create_engine(parsed, **_options(is_sqlite=self.is_sqlite))
        except (ImportError, NoSuchModuleError) as error:
            raise BadConfigurationError(
                f"{self.url} needs a driver that is not installed ({error}); run `pip install 'pressroom[postgres]'`"
            ) from error
        if self.is_sqlite:
            event.listen(self._engine, "connect", _prepare_sqlite)
            event.listen(self._engine, "begin", _begin_sqlite)
        self._writer = self._engine.execution_options(**{_WRITES: True})

    @contextmanager
    def session(self) -> Iterator[Session]:
        """Give a session for reading and writing: committed at the end, rolled back when anything is raised."""
        with self._session(self._writer, {}) as session:
            yield session

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """Give a session that sees one consistent state and writes nothing; it holds no writer up."""
        one_state = {} if self.is_sqlite else {"isolation_level": "REPEATABLE READ"}
        with self._session(self._engine, one_state) as session:
            yield session

    def migrate(self, revision: str = "head") -> None:
        """Bring the schema to a revision. Of several that start at once, one does it and the others wait.

        Raises BadConfigurationError when the database was made by a newer Pressroom.
        """
        if self._folder:
            try:
                self._folder.mkdir(parents=True, exist_ok=True)
            except OSError as error:
                raise BadConfigurationError(
                    f"the database's folder {self._folder} cannot be made: {error.strerror};"
                    " correct PRESSROOM_DATABASE_URL, or give this user the right to write there"
                ) from error
        with mapped(self.url), self._writer.begin() as connection:
            if not self.is_sqlite:  # on SQLite, BEGIN IMMEDIATE is that lock already
                connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _MIGRATION_LOCK})
            current = MigrationContext.configure(connection).get_current_revision()
            if current == revision or (revision == "head" and current == self.head):
                return
            self._alembic(connection, current, revision)

    @property
    def head(self) -> str:
        """The schema revision that this version of Pressroom works with."""
        return ScriptDirectory.from_config(_config()).get_current_head() or ""

    def check(self) -> None:
        """Raise the error that says why the database cannot be used; do nothing when it can."""
        with mapped(self.url), self._writer.begin() as connection:
            current = MigrationContext.configure(connection).get_current_revision()
            if current != self.head:
                raise BadConfigurationError(
                    f"the database {self.url} has schema revision {current or 'none'}, this version needs {self.head};"
                    " any `pressroom newsletter`, `serve` or `doctor` brings it up to date unless it is newer"
                )
            # A table's row lock needs the right to write, and SQLite's BEGIN IMMEDIATE has asked for it already.
            connection.execute(text("DELETE FROM alembic_version WHERE 1 = 0"))

    def schema_drift(self) -> list[str]:
        """List what differs between the database and the tables of this version; nothing when all is well."""
        with mapped(self.url), self._engine.connect() as connection:
            context = MigrationContext.configure(connection, opts={"compare_type": True, "target_metadata": METADATA})
            return [repr(difference) for difference in compare_metadata(context, METADATA)]

    def close(self) -> None:
        """Close every connection; the next use opens new ones."""
        self._engine.dispose()

    @contextmanager
    def _session(self, engine: Engine, options: dict[str, Any]) -> Iterator[Session]:
        with mapped(self.url), Session(engine, expire_on_commit=False) as session, session.begin():
            session.connection(execution_options=options)  # the transaction begins here, not at the first statement
            yield session

    def _alembic(self, connection: Connection, current: str | None, revision: str) -> None:
        config = _config()
        config.attributes["connection"] = connection
        down = revision == "base" or (current is not None and revision != "head" and revision < current)
        try:
            (command.downgrade if down else command.upgrade)(config, revision)
        except CommandError as error:
            raise BadConfigurationError(
                f"the database {self.url} has schema revision {current}, which this Pressroom does not know ({error});"
                " it was made by a newer one: upgrade Pressroom, or name another database in PRESSROOM_DATABASE_URL"
            ) from error


def _config() -> Config:
    config = Config()
    # Alembic's configuration takes a % for the start of a variable.
    config.set_main_option("script_location", str(Path(__file__).with_name("migrations")).replace("%", "%%"))
    return config


def _options(*, is_sqlite: bool) -> dict[str, Any]:
    if is_sqlite:
        return {"connect_args": {"timeout": BUSY_TIMEOUT_S}}
    return {
        "pool_pre_ping": True,
        "connect_args": {"connect_timeout": 10, "options": f"-c lock_timeout={BUSY_TIMEOUT_S}s -c timezone=UTC"},
    }


def _prepare_sqlite(connection: Any, _record: object) -> None:
    # The driver's own idea of when a transaction begins would let a reader turn writer, and fail, in the middle.
    connection.isolation_level = None
    cursor = connection.cursor()
    cursor.execute("PRAGMA foreign_keys = ON")
    cursor.execute("PRAGMA journal_mode = WAL")
    cursor.execute("PRAGMA synchronous = FULL")
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    writes = connection.get_execution_options().get(_WRITES, False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
