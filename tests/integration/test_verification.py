"""Verify finds what is not as recorded, names it, and is silent about a library that is whole."""

import pytest
from sqlalchemy import text
from sqlmodel import select

from content.errors import MissingAssetError
from content.recipes import sha256_of
from content.values import Passage, object_key
from storage.tables import ClaimRow


@pytest.fixture
def published(editor):
    """Give what was published into a whole library."""
    return editor.publish()


def kinds(library):
    return [fault.kind for fault in library.verify()]


def change(library, statement):
    with library.database.session() as session:
        session.execute(text(statement))


def test_a_whole_library_has_no_fault_and_every_object_is_looked_at(library, published):
    library.objects.put(sha256_of(b"orphan"), b"orphan")  # harmless: the sweep takes it
    seen = []
    assert list(library.verify(lambda done, total: seen.append((done, total)))) == []
    count = len(list(library.objects.keys("sha256/")))
    assert seen == [(done, count) for done in range(count + 1)]


@pytest.mark.parametrize(
    ("damage", "kind"),
    [
        (lambda data: bytes([data[0] ^ 1]) + data[1:], "corrupt object"),
        (lambda data: data[:-1], "corrupt object"),
        (lambda _: b"", "corrupt object"),
        (None, "missing object"),
    ],
    ids=["flipped bit", "truncated", "emptied", "deleted"],
)
def test_a_damaged_object_is_one_fault_that_names_who_needs_it_and_how_to_mend_it(library, published, damage, kind):
    ref = published.video.movie
    data = library.read(ref)
    library.objects.delete(ref.key) if damage is None else library.objects.write(ref.key, damage(data))
    (fault,) = library.verify()
    assert fault.kind == kind
    assert ref.sha256 in fault.what
    assert "needed by harbour-letter/2026-01-01 video" in fault.where
    assert "pressroom rerun" in fault.how
    library.objects.delete(ref.key)
    library.objects.put(ref.sha256, data)
    assert list(library.verify()) == []


def test_a_damaged_source_is_told_once_and_not_once_more_for_each_of_its_claims(library, published):
    library.objects.write(published.articles[0].sources[0].text.key, b"something else")
    assert kinds(library) == ["corrupt object"]


def test_a_damaged_orphan_and_a_stray_object_are_told(library, published):
    library.objects.write(object_key(sha256_of(b"orphan")), b"damaged")
    library.objects.write("sha256/readme.txt", b"")
    assert sorted(kinds(library)) == ["corrupt object", "stray object"]


@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        ("UPDATE claim SET text = 'The ferry sinks tonight.' WHERE role = 'lead'", {"untraced claim", "edited claims"}),
        ("UPDATE claim SET start = start + 1 WHERE role = 'point'", {"untraced claim", "edited claims"}),
        ("UPDATE claim SET speaker = 'Somebody Else' WHERE role = 'quotation'", {"edited claims"}),
        ("DELETE FROM claim WHERE role = 'lead'", {"edited claims"}),
        ("DELETE FROM claim", {"edited claims"}),
        ("UPDATE asset SET bytes = bytes + 1 WHERE kind = 'mail'", {"wrong size"}),
        ("UPDATE asset SET key = 'elsewhere' WHERE kind = 'mail'", {"wrong key"}),
        ("DELETE FROM verdict WHERE modality = 'video'", {"not passed"}),
        ("UPDATE verdict SET decision = 'hold' WHERE modality = 'mail'", {"not passed"}),
        ("DELETE FROM edition_asset", {"empty edition"}),
    ],
)
def test_an_edited_row_is_found(library, published, statement, expected):
    change(library, statement)
    assert set(kinds(library)) == expected


def test_a_cover_that_no_row_names_is_found(library, published):
    change(library, f"DELETE FROM asset WHERE sha256 = '{published.articles[0].cover.scene.sha256}'")
    library.objects.delete(published.articles[0].cover.scene.key)
    (fault,) = library.verify()
    assert (fault.kind, fault.what) == ("unknown asset", published.articles[0].cover.scene.sha256)
    assert fault.where == "harbour-letter/2026-01-01 article 1 cover"


def test_an_asset_that_is_shown_cannot_be_forgotten(library, published):
    from content.errors import BadInputError

    with pytest.raises(BadInputError, match="nothing was written"):
        change(library, f"DELETE FROM asset WHERE sha256 = '{published.email.sha256}'")


def own_words(article, **changes):
    """Give an article whose lead is in a model's own words and rests on two places."""
    lead, point = article.draft.lead, article.draft.points[0]
    other = Passage(url=point.url, source=point.source, start=point.start, end=point.end)
    lead = lead.model_copy(
        update={"text": "Sailings are back, and slow.", "wording": "own", "others": (other,)} | changes
    )
    return article.model_copy(update={"draft": article.draft.model_copy(update={"lead": lead})})


def test_a_sentence_in_own_words_keeps_every_place_it_rests_on(library, editor):
    editor.publish(articles=(own_words(editor.article()),))
    assert kinds(library) == []
    with library.database.reading() as session:
        lead = session.exec(select(ClaimRow).where(ClaimRow.role == "lead")).one()
    (other,) = lead.others
    assert (lead.wording, other["source"], other["start"]) == ("own", lead.source_sha256, 31)


@pytest.mark.parametrize("place", [{"start": 5000, "end": 6000}, {"start": 30, "end": 31}])
def test_a_place_that_is_not_there_or_says_nothing_is_told(library, editor, place):
    article = own_words(editor.article())
    (other,) = article.draft.lead.others
    editor.publish(articles=(own_words(article, others=(other.model_copy(update=place),)),))
    assert kinds(library) == ["untraced claim"]


def test_own_words_that_were_edited_on_record_are_told(library, editor):
    editor.publish(articles=(own_words(editor.article()),))
    with library.database.session() as session:
        session.execute(text("UPDATE claim SET others = '[]'"))
    assert kinds(library) == ["edited claims"]


def test_own_words_cannot_rest_on_a_text_that_was_never_kept(library, editor):
    article = own_words(editor.article())
    (other,) = article.draft.lead.others
    lost = own_words(article, others=(other.model_copy(update={"source": "b" * 64}),))
    with pytest.raises(MissingAssetError, match="cited text b"):
        editor.publish(articles=(lost,))
