"""Publishing is one transaction behind the gate, and what was published is remembered."""

import datetime as dt

import pytest

from content.errors import BadInputError, CorruptAssetError, HeldError, MissingAssetError
from content.publication import ArticleRecord, ShownAsset
from content.recipes import sha256_of
from content.values import Reason, Verdict
from storage.tables import METADATA


def rows(database):
    """Give every row of every table."""
    with database.reading() as session:
        return {
            table.name: sorted(repr(tuple(row)) for row in session.execute(table.select()))
            for table in METADATA.sorted_tables
        }


@pytest.fixture
def opened(library, editor):
    """Give a publication whose edition is open and of which nothing is judged yet."""
    library.open_edition(editor.edition(), editor.newsletter(), "run-1", [])
    return editor.publication()


def test_nothing_is_published_without_verdicts(library, editor, opened):
    before = rows(library.database)
    with pytest.raises(HeldError) as held:
        library.publish(opened)
    assert len(held.value.context["objections"]) == len(opened.shown)
    assert "has no passing video verdict" in str(held.value)
    assert rows(library.database) == before


@pytest.mark.parametrize("decision", ["hold", "block"])
def test_one_verdict_that_is_no_pass_holds_the_edition_and_says_why(library, editor, opened, decision):
    editor.judge(opened)
    video = next(asset for asset in opened.shown if asset.role == "video")
    library.record_verdicts(
        [
            Verdict(
                sha256=video.ref.sha256,
                modality="video",
                decision=decision,
                moderator="second",
                reasons=(Reason(hazard="hate", rule="terms.hate"),),
            )
        ]
    )
    with pytest.raises(HeldError, match=rf"video .*: {decision} by second: hate \(terms.hate\)"):
        library.publish(opened)
    assert library.edition_record(editor.edition()).status == "running"


def test_a_pass_for_the_same_bytes_as_something_else_is_not_enough(library, editor, opened):
    editor.judge(opened)
    page = opened.shown[0]
    shown = (ShownAsset(role="picture", ref=page.ref, modality="image"), *opened.shown)
    with pytest.raises(HeldError, match="has no passing image verdict"):
        library.publish(opened.model_copy(update={"shown": shown}))


def test_a_newer_revision_of_a_moderator_overrules_the_older_one(library, editor, opened):
    editor.judge(opened, "hold", "rules@1")
    editor.judge(opened, "pass", "rules@2")
    assert library.publish(opened)


def test_a_hold_that_nobody_judged_counts_until_somebody_has(library, editor, opened):
    asset = opened.shown[0]
    unjudged = Verdict(
        sha256=asset.ref.sha256,
        modality=asset.modality,
        decision="hold",
        moderator="gate",
        reasons=(Reason(hazard="unjudged", rule="gate.moderator_failed"),),
    )
    editor.judge(opened)
    library.record_verdicts([unjudged])
    with pytest.raises(HeldError, match="unjudged"):
        library.publish(opened)
    editor.judge(opened)
    assert library.publish(opened)


@pytest.mark.parametrize("role", ["page", "mail", "video", "captions", "poster"])
def test_a_part_that_was_left_out_of_what_is_judged_holds_the_edition(library, editor, opened, role):
    editor.judge(opened)
    shown = tuple(asset for asset in opened.shown if asset.role != role)
    with pytest.raises(HeldError, match="not among what was judged"):
        library.publish(opened.model_copy(update={"shown": shown}))


@pytest.mark.parametrize("kind", ["video", "captions", "subtitles", "poster"])
def test_no_format_of_a_video_is_shown_with_a_file_that_was_not_judged(library, editor, opened, kind):
    types = {"video": "video/mp4", "captions": "text/vtt", "subtitles": "application/x-subrip", "poster": "image/jpeg"}
    files = {name: editor.keep(name, f"upright {name}", media_type) for name, media_type in types.items()}
    movie = files.pop("video")
    upright = opened.video.model_copy(update={"movie": movie, **files, "width": 1080, "height": 1920})
    video = opened.video.model_copy(update={"other_formats": (upright,)})
    modalities = {"video": "video", "captions": "text", "subtitles": "text", "poster": "image"}
    added = tuple(ShownAsset(role=ref.kind, ref=ref, modality=modalities[ref.kind]) for ref in upright.published)
    complete = opened.model_copy(update={"video": video, "shown": opened.shown + added})
    editor.judge(complete)
    shown = opened.shown + tuple(asset for asset in added if asset.role != kind)
    with pytest.raises(HeldError, match=rf"{kind} [0-9a-f]{{12}} is not among what was judged"):
        library.publish(complete.model_copy(update={"shown": shown}))
    assert library.publish(complete)


def test_an_edition_from_before_videos_had_formats_is_read_as_it_was(library, editor):
    video = editor.publish().video
    fields = {"movie", "captions", "poster", "duration_s", "width", "height"}
    before = video.model_dump(mode="json", include=fields)
    with library.database.session() as session:
        session.execute(METADATA.tables["edition"].update().values(video=before))
    assert library.edition_record(editor.edition()).video == video
    assert list(library.verify()) == []


def test_publishing_puts_everything_on_record(library, editor):
    publication = editor.publish()
    record = library.edition_record(editor.edition())
    assert (record.status, record.title, record.page) == ("published", publication.title, publication.page_path)
    assert record.published_at == record.finished_at
    assert (record.video, record.cover) == (publication.video, publication.cover)
    assert record.email_sha256 == publication.email.sha256
    assert [(a.headline, a.claims, a.claims_traced, a.words, a.sources) for a in record.articles] == [
        ("The ferry returns", 3, 3, 20, ("http://news.example/ferry",)),
        ("The library returns", 3, 3, 20, ("http://news.example/library",)),
    ]
    assert [article.draft for article in record.articles] == [article.draft for article in publication.articles]
    assert record.sources == tuple(entry for article in publication.articles for entry in article.sources)
    assert {(a.role, a.path, a.ref.sha256, a.modality) for a in record.assets} == {
        (a.role, a.path, a.ref.sha256, a.modality) for a in publication.shown
    }
    assert {verdict.sha256 for verdict in record.verdicts} == {a.ref.sha256 for a in publication.shown}
    assert record.newsletter == editor.newsletter()


def test_publishing_the_same_twice_changes_nothing(library, editor):
    publication = editor.publish()
    before = rows(library.database)
    assert library.publish(publication) is False
    assert rows(library.database) == before


def test_a_published_edition_is_replaced_as_a_whole_and_keeps_its_first_date(library, editor):
    editor.publish()
    first = library.edition_record(editor.edition())
    editor.publish(run_id="run-2", names=("turbine",))
    record = library.edition_record(editor.edition())
    assert [article.headline for article in record.articles] == ["The turbine returns"]
    assert record.published_at == first.published_at
    assert record.run_id == "run-2"
    found = rows(library.database)
    assert (len(found["claim"]), len(found["source_entry"]), len(found["edition_asset"])) == (3, 1, 6)


def test_a_published_edition_stays_published_whatever_becomes_of_its_remake(library, editor):
    editor.publish()
    edition = editor.edition()
    library.open_edition(edition, editor.newsletter(tagline="other"), "run-2", ["draft"])
    assert library.edition_record(edition).status == "published"
    for status in ("failed", "held", "skipped"):
        library.finish(edition, status, f"the remake {status}")
        record = library.edition_record(edition)
        assert (record.status, record.reason, len(record.articles)) == ("published", f"the remake {status}", 2)
    assert (record.run_id, record.newsletter.tagline) == ("run-1", "")


def test_a_run_cannot_publish_an_edition_it_never_opened(library, editor, opened):
    editor.judge(opened)
    with pytest.raises(BadInputError, match="another-run"):
        library.publish(opened.model_copy(update={"run_id": "another-run"}))


def test_a_reference_to_bytes_that_were_never_kept_is_refused_before_anything_is_written(library, editor, opened):
    editor.judge(opened)
    first = opened.articles[0]
    stray = first.draft.lead.model_copy(update={"source": sha256_of(b"never kept")})
    draft = first.draft.model_copy(update={"lead": stray})
    articles = (first.model_copy(update={"draft": draft}), *opened.articles[1:])
    before = rows(library.database)
    with pytest.raises(MissingAssetError, match="cited text"):
        library.publish(opened.model_copy(update={"articles": articles}))
    assert rows(library.database) == before


def test_an_edition_whose_bytes_are_gone_or_damaged_is_not_published(library, editor, opened):
    editor.judge(opened)
    library.objects.write(opened.video.movie.key, b"short")
    with pytest.raises(CorruptAssetError, match="video"):
        library.publish(opened)
    library.objects.delete(opened.video.movie.key)
    with pytest.raises(MissingAssetError, match="video"):
        library.publish(opened)


def test_a_held_edition_keeps_its_articles_as_far_as_they_got(library, editor):
    edition = editor.edition()
    library.open_edition(edition, editor.newsletter(), "run-1", [])
    held = editor.article().model_copy(update={"status": "held", "reason": "hate"})
    failed = ArticleRecord(
        position=2,
        story_id="f" * 64,
        slug="thin",
        headline="Thin",
        status="failed",
        reason="its sources say too little",
    )
    library.finish(edition, "held", "too little is left", [held, failed])
    record = library.edition_record(edition)
    assert [(a.headline, a.status, a.reason, a.claims) for a in record.articles] == [
        ("The ferry returns", "held", "hate", 3),
        ("Thin", "failed", "its sources say too little", 0),
    ]
    assert library.memory("harbour-letter", dt.date(2026, 2, 1), dt.date(2025, 1, 1)) == ()


def test_a_newsletter_remembers_what_it_published_before_a_date_and_nothing_else(library, editor):
    editor.publish(1, "run-1", names=("ferry",))
    editor.publish(3, "run-3", names=("library", "turbine"))
    library.open_edition(editor.edition(2), editor.newsletter(), "run-2", [])
    library.finish(editor.edition(2), "held", "", [editor.article()])

    def remembered(before, since, newsletter="harbour-letter"):
        stories = library.memory(newsletter, dt.date(2026, 1, before), dt.date(2026, 1, since))
        return [(story.edition_date.day, story.headline, story.urls) for story in stories]

    assert remembered(4, 1) == [
        (1, "The ferry returns", ("http://news.example/ferry",)),
        (3, "The library returns", ("http://news.example/library",)),
        (3, "The turbine returns", ("http://news.example/turbine",)),
    ]
    assert [day for day, *_ in remembered(3, 1)] == [1]
    assert [day for day, *_ in remembered(4, 2)] == [3, 3]
    assert remembered(4, 1, "other-letter") == []
    (story, *_) = library.memory("harbour-letter", dt.date(2026, 1, 3), dt.date(2026, 1, 1))
    assert story.sources == (editor.article().sources[0].text.sha256,)


def test_published_editions_are_listed_newest_first_with_what_an_index_needs(library, editor):
    assert library.newsletters() == ()
    editor.publish(1, "run-1", names=("ferry",))
    editor.publish(2, "run-2", names=("library",))
    library.open_edition(editor.edition(3), editor.newsletter(), "run-3", [])
    library.open_edition(editor.edition(1, "quiet-letter"), editor.newsletter("quiet-letter"), "run-4", [])
    summaries = library.published_editions("harbour-letter")
    assert [summary.edition.date.day for summary in summaries] == [2, 1]
    assert [article.headline for article in summaries[0].articles] == ["The library returns"]
    assert summaries[0].minutes >= 1
    ((newsletter, newest),) = library.newsletters()
    assert (newsletter.slug, newest) == ("harbour-letter", summaries[0])
