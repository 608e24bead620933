"""What SQLAlchemy, SQLite and PostgreSQL say, as errors of the house that name the setting to mend."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import exc

from content.errors import (
    BadConfigurationError,
    BadInputError,
    PressroomError,
    RetryableError,
    ThrottledError,
    UnreachableError,
)

_URL = "PRESSROOM_DATABASE_URL"

# SQLite has no codes that survive every layer above it, but its messages have not changed in twenty years.
_SQLITE: tuple[tuple[str, type[PressroomError], str], ...] = (
    ("is locked", RetryableError, "another process is writing; trying again later helps, and PostgreSQL waits better"),
    ("unable to open", BadConfigurationError, f"make the folder, or correct {_URL}"),
    ("readonly database", BadConfigurationError, f"give this user the right to write there, or correct {_URL}"),
    ("disk is full", BadConfigurationError, f"free some space, or move the database with {_URL}"),
    ("not a database", BadConfigurationError, f"{_URL} has to name a SQLite file, or one that does not exist yet"),
    ("malformed", BadConfigurationError, "restore the file from a backup"),
    ("no such table", BadConfigurationError, "its tables are missing: run `pressroom doctor`"),
    ("no such column", BadConfigurationError, "its tables are of another version: run `pressroom doctor`"),
    ("disk i/o error", UnreachableError, "is the disk or network file system healthy?"),
)

# By SQLSTATE, the longest prefix first: PostgreSQL, Appendix A.
_POSTGRES: tuple[tuple[str, type[PressroomError], str], ...] = (
    ("42P01", BadConfigurationError, "its tables are missing: run `pressroom doctor`"),
    ("42703", BadConfigurationError, "its tables are of another version: run `pressroom doctor`"),
    ("42501", BadConfigurationError, f"give the user in {_URL} rights on the database's schema"),
    ("3D000", BadConfigurationError, f"create the database, or correct its name in {_URL}"),
    ("55P03", RetryableError, "another process is writing; trying again later helps"),
    ("57014", RetryableError, "the server cancelled it; trying again later helps"),
    ("25006", BadConfigurationError, f"{_URL} names a read-only server; name the primary"),
    ("28", BadConfigurationError, f"correct the user or password in {_URL}"),
    ("40", RetryableError, "another process was faster; trying again helps"),
    ("53300", ThrottledError, "it has too many connections; trying again later helps"),
    ("53", UnreachableError, "the server is out of disk or memory"),
    ("57", UnreachableError, "the server is starting or stopping; trying again later helps"),
    ("58", UnreachableError, "the server has trouble with its own disk"),
    ("08", UnreachableError, f"is the server up, and does {_URL} name it?"),
)
_CONNECTING: tuple[tuple[str, type[PressroomError], str], ...] = (
    ("password authentication failed", BadConfigurationError, f"correct the user or password in {_URL}"),
    ("no password supplied", BadConfigurationError, f"give a password in {_URL}"),
    (
        "pg_hba.conf",
        BadConfigurationError,
        f"the server does not let this user in from here; correct {_URL} or the server",
    ),
    ("does not exist", BadConfigurationError, f"create it on the server, or correct {_URL}"),
    ("too many clients", ThrottledError, "trying again later helps"),
)


@contextmanager
def mapped(where: str) -> Iterator[None]:
    """Raise what a database raises inside as an error of the house. `where` is its URL without the password."""
    try:
        yield
    except exc.DBAPIError as error:
        raise _from_driver(error, where) from error
    except exc.TimeoutError as error:
        raise RetryableError(f"{where}: no connection became free in time; trying again later helps") from error
    except exc.ArgumentError as error:
        raise BadConfigurationError(f"{_URL} is not a database URL: {error}") from error


def _from_driver(error: exc.DBAPIError, where: str) -> PressroomError:
    cause = error.orig
    said = f"the database {where} said: {' '.join(str(cause).split())}"
    if isinstance(error, exc.IntegrityError | exc.DataError):
        return BadInputError(f"{said}; nothing was written")
    state = getattr(cause, "sqlstate", None)
    if state is not None:
        for prefix, kind, mend in _POSTGRES:
            if state.startswith(prefix):
                return kind(f"{said}; {mend}", sqlstate=state)
    else:
        for words, kind, mend in (*_SQLITE, *_CONNECTING):
            if words in str(cause).lower():
                return kind(f"{said}; {mend}")
    if isinstance(error, exc.OperationalError | exc.InterfaceError):
        return UnreachableError(f"{said}; is the server up, and does {_URL} name it?")
    return BadConfigurationError(f"{said}; check {_URL}, and that its tables are of this version: `pressroom doctor`")
