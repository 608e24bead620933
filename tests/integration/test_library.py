"""The library on SQLite and PostgreSQL: bytes first, then one row; runs, variants and memory."""

import datetime as dt
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlmodel import select

from content.errors import BadInputError, CorruptAssetError, MissingAssetError
from content.recipes import sha256_of
from content.usage import Usage
from content.values import FeedReport, Reason, Verdict, object_key
from pressroom.as_json import record_as_json
from storage.library import Library
from storage.objects_local import LocalObjectStore
from storage.tables import AssetRow
from tasks.report import summary


def test_what_is_kept_is_read_back_by_reference_and_by_hash(library, tmp_path):
    file = tmp_path / "file"
    file.write_bytes("Grüße".encode())
    ref = library.keep("source-text", file, "text/plain")
    assert ref == library.keep("source-text", "Grüße".encode(), "text/plain")
    assert (library.read(ref), library.text(ref.sha256)) == ("Grüße".encode(), "Grüße")
    with library.local(ref) as path:
        assert path.read_text() == "Grüße"
    with pytest.raises(BadInputError, match="not text"):
        library.text(library.keep("picture", b"\xff\xd8", "image/jpeg"))


def test_bytes_that_changed_or_went_are_never_handed_out(library):
    ref = library.keep("page", b"these", "text/html")
    library.objects.write(ref.key, b"thesE")
    with pytest.raises(CorruptAssetError, match="pressroom verify"):
        library.read(ref)
    with pytest.raises(CorruptAssetError), library.local(ref):
        pass
    library.objects.delete(ref.key)
    with pytest.raises(MissingAssetError, match=ref.key):
        library.read(ref)


def test_many_keepers_of_the_same_bytes_make_one_row(library):
    with ThreadPoolExecutor(8) as pool:
        refs = set(pool.map(lambda _: library.keep("page", b"these", "text/html").sha256, range(40)))
    assert refs == {sha256_of(b"these")}
    with library.database.reading() as session:
        assert len(session.exec(select(AssetRow)).all()) == 1


def test_a_crash_between_bytes_and_row_leaves_no_row(library, monkeypatch):
    class StoppedError(Exception):
        pass

    def crash():
        raise StoppedError

    monkeypatch.setattr(library.database, "session", crash)
    with pytest.raises(StoppedError):
        library.keep("page", b"these", "text/html")
    monkeypatch.undo()
    assert library.objects.info(object_key(sha256_of(b"these"))) is not None
    with library.database.reading() as session:
        assert session.exec(select(AssetRow)).all() == []


def test_bytes_swept_before_their_row_was_written_are_written_again(library):
    """The sweep of another process takes an old orphan just after `put` found it."""

    class Swept(LocalObjectStore):
        swept = False

        def put(self, ref_sha256, data):
            size = super().put(ref_sha256, data)
            if not self.swept:
                self.swept = True
                self.delete(object_key(ref_sha256))
            return size

    store = Swept(library.objects._root)
    ref = Library(store, library.database).keep("page", b"these", "text/html")
    assert library.read(ref) == b"these"


def test_orphan_bytes_are_swept_but_referenced_bytes_stay(library, editor):
    publication = editor.publish()
    library.objects.put(sha256_of(b"orphan"), b"orphan")
    library.objects.write("results/ab/cd", b"{}")
    library.objects.write("notes/mine", b"not ours to sweep")
    young = library.sweep(dt.timedelta(hours=1))
    assert (young.orphans, young.results, young.young) == (0, 0, 1)
    old = library.sweep(dt.timedelta(seconds=-5))
    assert (old.orphans, old.bytes, old.results, old.young) == (1, 6, 0, 0)
    assert library.objects.info(object_key(sha256_of(b"orphan"))) is None
    assert library.sweep(dt.timedelta(seconds=-5), results_age=dt.timedelta(seconds=-5)).results == 1
    assert library.objects.info("notes/mine") is not None
    assert list(library.verify()) == []
    assert library.read(publication.email)


def test_results_are_never_swept_younger_than_the_grace_period(library):
    library.objects.write("results/ab/cd", b"{}")
    assert library.sweep(dt.timedelta(hours=1), results_age=dt.timedelta(seconds=-5)).results == 0


# ---- runs and variants -----------------------------------------------------------------------------------------------


def test_a_redo_counts_once_a_run_however_often_it_is_retried(library, editor):
    edition, newsletter = editor.edition(), editor.newsletter()
    assert library.open_edition(edition, newsletter, "run-1", []) == {}
    for _ in range(3):
        assert library.open_edition(edition, newsletter, "run-2", ["draft", "illustrate:ab12", "draft"]) == {
            "draft": 1,
            "illustrate:ab12": 1,
        }
    assert library.open_edition(edition, newsletter, "run-1", ["draft"]) == {"draft": 1, "illustrate:ab12": 1}
    assert library.open_edition(edition, newsletter, "run-3", ["draft"])["draft"] == 2
    assert library.edition_record(edition).runs == ("run-1", "run-2", "run-3")


def test_two_processes_that_open_the_same_run_count_its_redo_once(library, editor):
    def opened(run_id):
        return library.open_edition(editor.edition(), editor.newsletter(), run_id, ["draft"])["draft"]

    with ThreadPoolExecutor(8) as pool:
        counts = list(pool.map(opened, ["run-1"] * 8))
        assert counts == [1] * 8
        assert sorted(pool.map(opened, [f"run-{n}" for n in range(2, 10)])) == list(range(2, 10))


def test_a_run_belongs_to_one_edition_for_ever(library, editor):
    library.open_edition(editor.edition(1), editor.newsletter(), "run-1", [])
    assert library.edition_of_run("run-1") == editor.edition(1)
    assert library.edition_of_run("run-2") is None
    with pytest.raises(BadInputError, match="run-1"):
        library.open_edition(editor.edition(2), editor.newsletter(), "run-1", [])
    assert library.edition_record(editor.edition(2)) is None


def test_a_step_that_does_not_exist_cannot_be_redone(library, editor):
    with pytest.raises(BadInputError, match=r"'paint:1'.*illustrate"):
        library.open_edition(editor.edition(), editor.newsletter(), "run-1", ["paint:1"])


def test_a_failed_edition_is_opened_again(library, editor):
    edition = editor.edition()
    library.open_edition(edition, editor.newsletter(), "run-1", [])
    library.finish(edition, "failed", "the narrator was out")
    assert (library.edition_record(edition).status, library.edition_record(edition).reason) == (
        "failed",
        "the narrator was out",
    )
    library.open_edition(edition, editor.newsletter(tagline="new"), "run-2", [])
    record = library.edition_record(edition)
    assert (record.status, record.reason, record.run_id, record.newsletter.tagline) == ("running", "", "run-2", "new")


def test_an_edition_that_was_never_opened_cannot_end(library, editor):
    for use in (
        lambda: library.finish(editor.edition(), "skipped", ""),
        lambda: library.remember_feeds(editor.edition(), []),
        lambda: library.publish(editor.publication()),
    ):
        with pytest.raises(BadInputError, match="never opened"):
            use()
    library.open_edition(editor.edition(), editor.newsletter(), "run-1", [])
    with pytest.raises(BadInputError):
        library.finish(editor.edition(), "published", "")


# ---- steps, verdicts, fetches ----------------------------------------------------------------------------------------


def test_steps_are_listed_by_edition_and_run_and_found_by_recipe(library, editor):
    started = dt.datetime(2026, 1, 1, 7, tzinfo=dt.timezone(dt.timedelta(hours=8)))
    for run_id, outcome in (("run-1", "failed"), ("run-1", "computed"), ("run-2", "reused")):
        library.record_step(
            edition=str(editor.edition()),
            run_id=run_id,
            step="draft",
            item="ab12",
            outcome=outcome,
            seconds=1.5,
            engine="extractive",
            recipe="r" * 64,
            detail="a NUL \0 and half a pair \ud800 from outside",
            started_at=started,
        )
    assert [step.outcome for step in library.steps(editor.edition())] == ["failed", "computed", "reused"]
    assert [step.outcome for step in library.steps(str(editor.edition()), "run-2")] == ["reused"]
    assert library.steps(editor.edition(2)) == []
    found = library.last_step("r" * 64)
    assert (found.outcome, found.started_at, found.started_at.utcoffset()) == ("computed", started, dt.timedelta(0))
    assert found.detail == "a NUL � and half a pair � from outside"
    assert library.last_step("none") is None


def test_what_steps_used_adds_up_by_edition_and_by_item_and_the_highest_peak_counts(library, editor):
    edition = editor.edition()
    library.open_edition(edition, editor.newsletter(), "run-1")
    used = {
        "edition": Usage(images=1, device_s=0.5, peak_bytes=7 << 33),
        "article-10": Usage(tokens_in=2**31 - 1, tokens_out=10, cost=0.25),
        "article-2": Usage(tokens_in=2**31 - 1, tokens_out=20, cost=0.5, peak_bytes=5),
        "feed-1": Usage(),
    }
    for run, item in (("run-1", "edition"), ("run-1", "article-10"), ("run-2", "article-2"), ("run-2", "feed-1")):
        library.record_step(
            edition=str(edition),
            run_id=run,
            step="draft",
            item=item,
            outcome="computed",
            seconds=1,
            engine="",
            recipe="r",
            usage=used[item],
        )
    library.record_step(
        edition=str(edition),
        run_id="run-2",
        step="draft",
        item="article-2",
        outcome="reused",
        seconds=0,
        engine="",
        recipe="r",
    )
    both = Usage(
        tokens_in=2 * (2**31 - 1), tokens_out=30, images=1, device_s=0.5, peak_bytes=7 << 33, cost=0.75
    )  # more than one integer column holds
    assert library.usage_of(edition) == library.usage_of(str(edition)) == both
    assert library.usage_of(editor.edition(2)) == Usage()
    record = library.edition_record(edition)
    assert record.usage == both
    assert list(record.usage_by_item) == ["article-2", "article-10", "feed-1", "edition"]
    assert record.usage_by_item == used
    assert [step.usage for step in record.steps][-1] == Usage()


def test_what_was_used_is_in_the_json_of_an_edition_and_in_its_summary(library, editor):
    editor.publish()
    record = library.edition_record(editor.edition())
    assert "Used:" not in summary(record)
    for run, item, tokens in (("run-1", "article-2", 1000), ("run-1", "edition", 30), ("run-2", "article-2", 500)):
        library.record_step(
            edition=str(editor.edition()),
            run_id=run,
            step="draft",
            item=item,
            outcome="computed",
            seconds=1,
            engine="",
            recipe="r",
            usage=Usage(tokens_in=tokens, device_s=0.12345),
        )
    record = library.edition_record(editor.edition())

    def told(run_id=""):
        found = record_as_json(record, Path("site"), run_id=run_id)
        return [
            (part["usage"]["tokens_in"], part["usage"]["device_s"])
            for part in (found["edition"], *found["articles"], *found["steps"])
        ]

    assert told() == [(1530, 0.37), (0, 0.0), (1500, 0.247), (1000, 0.123), (30, 0.123), (500, 0.123)]
    assert told("run-2") == [(500, 0.123), (0, 0.0), (500, 0.123), (500, 0.123)]
    assert "Used: tokens in 1,530, device time 0.4 s." in summary(record)


def test_an_outcome_nobody_knows_is_refused_by_the_database(library):
    with pytest.raises(BadInputError, match="nothing was written"):
        library.record_step(
            edition="a/2026-01-01",
            run_id="r",
            step="draft",
            item="",
            outcome="guessed",
            seconds=0,
            engine="",
            recipe="",
        )


def test_a_moderators_later_word_replaces_its_earlier_one(library):
    hold = Verdict(
        sha256="a" * 64,
        modality="text",
        decision="hold",
        moderator="rules@1",
        reasons=(Reason(hazard="hate", rule="terms.hate"),),
    )
    passed = hold.model_copy(update={"decision": "pass", "reasons": ()})
    library.record_verdicts([passed, hold])  # at once: the worse one counts
    assert library.verdicts_for(["a" * 64, "b" * 64]) == {"a" * 64: [hold], "b" * 64: []}
    library.record_verdicts([passed])
    assert library.verdicts_for(["a" * 64]) == {"a" * 64: [passed]}


def test_a_fetch_is_remembered_with_its_bytes_and_forgotten_with_them(library):
    url = "http://news.example/feed.xml"
    assert library.recall_fetch(url) is None
    library.remember_fetch(url, body=b"<rss/>", etag='"1"', media_type="application/rss+xml")
    library.remember_fetch(url, body=b"<rss>2</rss>", etag='"2"', last_modified="Mon", final_url="http://x.example/")
    known = library.recall_fetch(url)
    assert (known.body, known.etag, known.last_modified, known.final_url) == (
        b"<rss>2</rss>",
        '"2"',
        "Mon",
        "http://x.example/",
    )
    library.objects.delete(object_key(known.sha256))
    assert library.recall_fetch(url) is None
    endless = "http://news.example/" + "x" * 5000
    library.remember_fetch(endless, body=b"1")
    assert library.recall_fetch(endless) is None


def test_feed_reports_are_kept_in_order_and_replaced(library, editor):
    edition = editor.edition()
    library.open_edition(edition, editor.newsletter(), "run-1", [])
    dead = FeedReport(url="http://b.example/", status="failed", detail="404 \0", faults=("one", "two"))
    fine = FeedReport(url="http://a.example/", title="A", status="ok", entries=editor.article().sources)
    library.remember_feeds(edition, [fine])
    library.remember_feeds(edition, [dead, fine, dead])
    feeds = library.edition_record(edition).feeds
    assert [(feed.url, feed.status, feed.entries, feed.faults) for feed in feeds] == [
        ("http://b.example/", "failed", 0, ("one", "two")),
        ("http://a.example/", "ok", 1, ()),
    ]
