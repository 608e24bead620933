"""The schema's migrations, transactions and errors, on SQLite and PostgreSQL."""

import datetime as dt
import hashlib
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy import inspect, text
from sqlmodel import select

from content.errors import BadConfigurationError, BadInputError, RetryableError, UnreachableError
from content.usage import Usage
from storage.database import Database
from storage.library import Library
from storage.objects_local import LocalObjectStore
from storage.tables import METADATA, AssetRow, VerdictRow

ROOT = Path(__file__).resolve().parents[2]


def fingerprints(rows):
    """Give a hash of each table's rows that is the same on every database."""
    return {
        name: hashlib.sha256(repr(sorted((sorted(row.items()) for row in found), key=repr)).encode()).hexdigest()
        for name, found in rows.items()
    }


def everything(database):
    with database.reading() as session:
        return {
            table.name: [dict(row) for row in session.execute(table.select()).mappings()]
            for table in METADATA.sorted_tables
        }


def fill(database, rows):
    with database.session() as session:
        for table in METADATA.sorted_tables:
            if rows[table.name]:
                session.execute(table.insert(), rows[table.name])


@pytest.fixture
def populated(library, editor):
    """Give every row of a library in which each table has some."""
    editor.publish()
    library.remember_feeds(editor.edition(), [])
    library.record_step(
        edition=str(editor.edition()),
        run_id="run-1",
        step="draft",
        item="",
        outcome="computed",
        seconds=0.1,
        engine="",
        recipe="r",
        usage=Usage(tokens_in=3, tokens_out=2, images=1, device_s=0.5, peak_bytes=5 << 32, cost=0.25),
    )
    library.remember_fetch("http://a.example/", body=b"1")
    from content.values import FeedReport

    library.remember_feeds(editor.edition(), [FeedReport(url="http://a.example/", status="empty")])
    rows = everything(library.database)
    assert all(rows.values()), "a table without rows proves nothing"
    return rows


def test_the_migrated_schema_is_the_one_in_the_tables(database):
    assert database.schema_drift() == []
    database.check()


def test_drift_is_noticed(database):
    with database.session() as session:
        session.execute(text("ALTER TABLE verdict ADD COLUMN mood TEXT"))
    assert any("mood" in difference for difference in database.schema_drift())


def test_migrated_constraints_are_those_of_the_tables(database):
    """Alembic compares no CHECKs and no delete rules, so this does."""
    with database.reading() as session:
        found = inspect(session.connection())
        for table in METADATA.sorted_tables:
            checks = {check["name"] for check in found.get_check_constraints(table.name)}
            assert checks == {c.name for c in table.constraints if type(c).__name__ == "CheckConstraint"}, table.name
            keys = {
                (k["name"], k["referred_table"], k["options"]["ondelete"]) for k in found.get_foreign_keys(table.name)
            }
            assert keys == {(k.name, k.referred_table.name, k.ondelete) for k in table.foreign_key_constraints}


def test_down_and_up_again_takes_the_same_rows(database, populated):
    database.migrate("base")
    with database.reading() as session:
        assert set(inspect(session.connection()).get_table_names()) == {"alembic_version"}
    with pytest.raises(BadConfigurationError, match="schema revision none"):
        database.check()
    database.migrate()
    assert database.schema_drift() == []
    fill(database, populated)
    assert fingerprints(everything(database)) == fingerprints(populated)


NEW_IN_0002 = {
    "step_run": ("tokens_in", "tokens_out", "images", "device_s", "peak_bytes", "cost"),
    "claim": ("wording", "others"),
}


def as_of_0001(rows):
    return {
        name: [{k: v for k, v in row.items() if k not in NEW_IN_0002.get(name, ())} for row in found]
        for name, found in rows.items()
    }


def columns_of(database, table):
    with database.reading() as session:
        return {column["name"] for column in inspect(session.connection()).get_columns(table)}


def test_a_full_library_goes_back_to_0001_and_forward_again_and_only_the_new_columns_are_lost(database, populated):
    database.migrate("0001")
    for table, names in NEW_IN_0002.items():
        assert not columns_of(database, table) & set(names)
    database.migrate()
    assert database.schema_drift() == []
    rows = everything(database)
    assert fingerprints(as_of_0001(rows)) == fingerprints(as_of_0001(populated))
    assert {tuple(row[name] for name in NEW_IN_0002["step_run"]) for row in rows["step_run"]} == {(0, 0, 0, 0, 0, 0)}
    assert [(row["wording"], row["others"]) for row in rows["claim"]] == [("source", [])] * len(populated["claim"])


def test_the_database_refuses_a_wording_nobody_knows_before_and_after_a_migration(database, populated):
    for revision in (None, "0001"):
        if revision:
            database.migrate(revision)
            database.migrate()
        with pytest.raises(BadInputError), database.session() as session:
            session.execute(text("UPDATE claim SET wording = 'borrowed'"))


def test_rows_move_between_sqlite_and_postgresql_unchanged(populated, tmp_path, database, postgres_url):
    other = Database(postgres_url if database.is_sqlite else f"sqlite:///{tmp_path}/other.db")
    other.migrate()
    fill(other, populated)
    assert fingerprints(everything(other)) == fingerprints(populated)
    other.close()


def test_migrating_twice_changes_nothing(database, populated):
    database.migrate()
    assert everything(database) == populated


def test_many_processes_that_start_at_once_migrate_once(database_url):
    script = "import sys; from storage.database import Database; d = Database(sys.argv[1]); d.migrate(); d.check()"
    environ = {**os.environ, "PYTHONPATH": str(ROOT)}
    children = [
        subprocess.Popen([sys.executable, "-c", script, database_url], env=environ, stderr=subprocess.PIPE, text=True)
        for _ in range(4)
    ]
    assert [(child.communicate()[1], child.returncode) for child in children] == [("", 0)] * 4


def test_a_database_of_a_newer_pressroom_is_left_alone(database):
    with database.session() as session:
        session.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    for use in (database.migrate, database.check):
        with pytest.raises(BadConfigurationError, match="9999"):
            use()
    with database.reading() as session:
        assert session.execute(text("SELECT version_num FROM alembic_version")).scalar_one() == "9999"


def test_what_is_raised_in_a_session_undoes_it(database):
    def half(session):
        session.add(AssetRow(sha256="a", kind="", bytes=1, media_type="", key="", created_at=dt.datetime.now(dt.UTC)))
        session.flush()
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError), database.session() as session:
        half(session)
    with database.reading() as session:
        assert session.exec(select(AssetRow)).all() == []


@pytest.mark.parametrize(
    "change",
    [
        {"decision": "perhaps"},
        {"modality": "smell"},
        {"decision": None},
    ],
)
def test_the_database_itself_refuses_what_no_value_allows(database, change):
    fine = {"sha256": "a", "modality": "text", "decision": "pass", "moderator": "m", "reasons": []}
    with pytest.raises(BadInputError), database.session() as session:
        session.add(VerdictRow(**(fine | change), created_at=dt.datetime.now(dt.UTC)))


def test_times_come_back_aware_and_in_utc_and_naive_ones_are_refused(database):
    there = dt.datetime(2026, 3, 1, 0, 30, tzinfo=dt.timezone(dt.timedelta(hours=5, minutes=45)))
    row = {"sha256": "a", "kind": "", "bytes": 3 << 32, "media_type": "", "key": ""}
    with database.session() as session:
        session.add(AssetRow(**row, created_at=there))
    with database.reading() as session:
        found = session.exec(select(AssetRow)).one()
    assert (found.created_at, found.created_at.tzinfo, found.bytes) == (there, dt.UTC, 3 << 32)
    with pytest.raises(Exception, match="no time zone"), database.session() as session:
        session.add(AssetRow(**(row | {"sha256": "b"}), created_at=there.replace(tzinfo=None)))


def test_writers_wait_for_each_other(database, tmp_path):
    library = Library(LocalObjectStore(tmp_path / "objects"), database)

    def write(number):
        for _ in range(5):
            library.record_step(
                edition="a/2026-01-01",
                run_id=str(number),
                step="draft",
                item="",
                outcome="computed",
                seconds=0,
                engine="",
                recipe="r",
            )

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(write, range(8)))
    assert len(library.steps("a/2026-01-01")) == 40


def test_a_reader_sees_one_state_and_holds_no_writer_up(database):
    def count(session):
        return len(session.exec(select(AssetRow.sha256)).all())

    with database.reading() as reader:
        assert count(reader) == 0
        with database.session() as writer:
            row = AssetRow(sha256="a", kind="", bytes=1, media_type="", key="", created_at=dt.datetime.now(dt.UTC))
            writer.add(row)
        assert count(reader) == 0
    with database.reading() as reader:
        assert count(reader) == 1


# ---- each alone ------------------------------------------------------------------------------------------------------


def test_a_sqlite_writer_that_waits_in_vain_gets_an_error_worth_a_retry(tmp_path, monkeypatch):
    monkeypatch.setattr("storage.database.BUSY_TIMEOUT_S", 0.1)
    database = Database(f"sqlite:///{tmp_path}/p.db")
    database.migrate()
    with database.session(), pytest.raises(RetryableError, match="locked"), database.session():
        pass
    database.close()


def test_sqlite_keeps_a_write_ahead_log_and_its_foreign_keys(tmp_path):
    database = Database(f"sqlite:///{tmp_path}/p.db")
    database.migrate()
    with database.reading() as session:
        found = [session.execute(text(f"PRAGMA {name}")).scalar() for name in ("journal_mode", "foreign_keys")]
    assert found == ["wal", 1]
    database.close()


@pytest.mark.parametrize("content", [b"this is not a database, but long enough to look like one " * 20])
def test_a_file_that_is_no_database_is_told_by_its_setting(tmp_path, content):
    (tmp_path / "p.db").write_bytes(content)
    database = Database(f"sqlite:///{tmp_path}/p.db")
    with pytest.raises(BadConfigurationError, match="PRESSROOM_DATABASE_URL"):
        database.migrate()


def test_a_folder_that_cannot_be_made_is_told_by_its_setting(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(BadConfigurationError, match="PRESSROOM_DATABASE_URL"):
        Database(f"sqlite:///{tmp_path}/file/p.db").migrate()


def test_a_postgresql_that_is_not_there_is_worth_a_retry_and_hides_the_password():
    database = Database("postgresql://somebody:hush@127.0.0.1:9/pressroom")
    with pytest.raises(UnreachableError, match="PRESSROOM_DATABASE_URL") as told:
        database.check()
    assert "hush" not in str(told.value)


def test_a_postgresql_without_that_database_says_so(postgres_server):
    with pytest.raises(BadConfigurationError, match=r"no_such.*PRESSROOM_DATABASE_URL"):
        Database(postgres_server.url("no_such")).migrate()


@pytest.mark.parametrize("url", ["", "nonsense", "sqlite://", "mysql://u@h/d", "oracle://h/d"])
def test_a_url_that_is_no_database_of_ours_is_refused(url):
    with pytest.raises(BadConfigurationError, match="PRESSROOM_DATABASE_URL"):
        Database(url)
