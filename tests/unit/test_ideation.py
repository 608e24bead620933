"""Agendas over small hand-made vectors: one axis a story, so that what is near is plain to see."""

import datetime as dt
import hashlib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from content.clustering import Closeness
from content.errors import BadInputError, MissingAssetError
from content.ideation import MAX_SOURCES, ideation_text, make_agenda, window
from content.recipes import canonical_json
from content.values import AssetRef, Newsletter, PublishedStory, SourceEntry

DAY = dt.date(2015, 11, 30)
CLOSENESS = Closeness(same_story=0.6, same_publisher=0.9, apart=0.4, twins=0.95, remembered=0.7, akin=0.5)
NEWSLETTER = Newsletter(slug="pell", name="Pell", feeds=("http://a.example/feed",), lookback_days=7)
AXES = 12
WORDS = tuple(
    f"{first}{last}" for first in ("har", "tim", "lan", "cop", "mead") for last in ("bour", "ber", "tern", "per")
)


def prose(seed: int, sentences: int = 8) -> str:
    """Give sentences of which no two seeds share a run of words."""
    rng = np.random.default_rng(seed)
    return "\n".join(
        "The " + " ".join(rng.choice(WORDS, 11)) + f" counted {int(rng.integers(100, 10_000))} in Town{seed}x{number}."
        for number in range(sentences)
    )


class Desk:
    """Collects entries with their texts and vectors."""

    def __init__(self) -> None:
        self.entries: list[SourceEntry] = []
        self.texts: dict[str, str] = {}
        self.vectors: dict[SourceEntry, np.ndarray] = {}

    def read(
        self, story, publisher, text, *, url="", title="A pier reopens after two winters", age=1.0, lean=0.0, **more
    ):
        """`story` is the axis of the vector; `lean` tilts it by an axis of its own, so it stands farther off."""
        data = text.encode()
        sha256 = hashlib.sha256(data).hexdigest()
        self.texts[sha256] = text
        entry = SourceEntry(
            url=url or f"http://{publisher}.example/{story}/{len(self.entries)}",
            title=title,
            publisher=publisher,
            feed_url=f"http://{publisher}.example/feed",
            published=dt.datetime(2015, 11, 30, 12, tzinfo=dt.UTC) - dt.timedelta(days=age),
            language=more.get("language", "en"),
            text=AssetRef(kind="text", sha256=sha256, bytes=len(data), media_type="text/plain"),
            via="feed",
        )
        row = np.zeros(AXES)
        row[story] = 1 - lean
        row[AXES - 1 - len(self.entries) % 3] += lean
        self.entries.append(entry)
        self.vectors[entry] = (row / np.linalg.norm(row)).astype(np.float32)
        return entry

    def agenda(self, memory=(), *, order=None, spare=0, date=DAY, newsletter=NEWSLETTER):
        entries = [self.entries[at] for at in order] if order is not None else self.entries
        rows = np.array([self.vectors[entry] for entry in entries], dtype=np.float32).reshape(len(entries), AXES)
        past = np.eye(AXES, dtype=np.float32)[[int(story.lead.split()[-1]) for story in memory]]
        return make_agenda(
            entries, self.texts, rows, memory, past,
            newsletter=newsletter, edition_date=date, closeness=CLOSENESS, spare=spare,
        )  # fmt: skip


def remembered(story, *entries, days=3, texts=True):
    """A published story whose vector is the axis named at the end of its lead."""
    return PublishedStory(
        edition_date=DAY - dt.timedelta(days=days),
        story_id="1" * 64,
        headline="Pier vote is near",
        lead=f"The board will vote on the pier, axis {story}",
        urls=tuple(entry.url for entry in entries),
        sources=tuple(entry.text.sha256 for entry in entries) if texts else (),
    )


def a_week(desk: Desk) -> Desk:
    desk.read(0, "courier", prose(1), age=1)
    desk.read(0, "radio", prose(2), age=2)
    desk.read(0, "weekly", prose(3), age=3)
    desk.read(1, "courier", prose(4), age=0.5)
    desk.read(2, "radio", prose(5), age=5)
    desk.read(3, "weekly", prose(6), age=1)
    desk.read(3, "station", prose(7), age=1)
    return desk


def test_the_story_that_most_publishers_carry_comes_first():
    agenda = a_week(Desk()).agenda()
    assert [len(brief.sources) for brief in agenda.briefs] == [3, 2, 1, 1]
    assert agenda.considered == 7
    assert agenda.reason == ""
    assert agenda.briefs[0].why_now == "Reported by three sources since Friday."


@settings(max_examples=25, deadline=None)
@given(st.permutations(range(7)))
def test_the_order_in_which_entries_are_read_changes_nothing(order):
    desk = a_week(Desk())
    assert canonical_json(desk.agenda(order=order)) == canonical_json(desk.agenda())


@settings(max_examples=25, deadline=None)
@given(changed=st.integers(0, 6), seed=st.integers(100, 10_000), age=st.floats(0, 6))
def test_a_change_in_one_story_leaves_every_other_brief_as_it_was(changed, seed, age):
    before, after = a_week(Desk()), a_week(Desk())
    entry = after.entries.pop(changed)
    story = [0, 0, 0, 1, 2, 3, 3][changed]
    after.read(story, entry.publisher, prose(seed, sentences=5 + seed % 9), url=entry.url, age=age, lean=0.2)
    untouched = {
        canonical_json(brief)
        for brief in before.agenda().briefs
        if entry.url not in {source.url for source in brief.sources}
    }
    assert len(untouched) == 3
    assert untouched <= {canonical_json(brief) for brief in after.agenda().briefs}


def test_an_agenda_has_as_many_briefs_as_asked_and_the_spare_ones_follow():
    desk = a_week(Desk())
    two = NEWSLETTER.model_copy(update={"articles": 2})
    assert len(desk.agenda(newsletter=two).briefs) == 2
    assert desk.agenda(newsletter=two, spare=1).briefs == desk.agenda().briefs[:3]


def test_a_syndicated_text_counts_once_and_its_earliest_whole_copy_speaks():
    desk = Desk()
    first = desk.read(0, "agency", prose(1, 9), age=3)
    desk.read(0, "courier", prose(1, 9) + "\nSee also our other pages.", age=2)
    desk.read(0, "radio", prose(1, 3), age=4)
    (brief,) = desk.agenda().briefs
    assert brief.sources == (first,)
    assert brief.why_now == "Published on Friday by agency."


def test_one_address_read_twice_counts_once_in_its_newest_state():
    desk = Desk()
    desk.read(0, "courier", prose(1), url="http://courier.example/pier", age=2)
    newer = desk.read(0, "courier", prose(2), url="http://courier.example/pier", age=1)
    (brief,) = desk.agenda().briefs
    assert brief.sources == (newer,)


def test_the_most_central_report_leads_and_among_equals_the_longest():
    desk = Desk()
    short, long = desk.read(0, "courier", prose(1, 4)), desk.read(0, "radio", prose(2, 12))
    edge = desk.read(0, "weekly", prose(3, 20), lean=0.3)
    (brief,) = desk.agenda().briefs
    assert brief.sources == (long, short, edge)


def test_a_brief_never_carries_more_than_a_handful_of_sources():
    desk = Desk()
    for number in range(MAX_SOURCES + 4):
        desk.read(0, f"paper{number}", prose(number))
    (brief,) = desk.agenda().briefs
    assert len(brief.sources) == MAX_SOURCES


def test_what_was_published_does_not_return():
    desk = Desk()
    used = desk.read(0, "courier", prose(1))
    for texts in (True, False):
        agenda = desk.agenda([remembered(0, used, texts=texts)])
        assert agenda.briefs == ()
        assert agenda.reason == (
            "Nothing new among the 1 entries since 23 November 2015: "
            "1 told in earlier editions, with nothing material since."
        )


def test_a_copy_of_what_was_published_does_not_return_under_another_address():
    desk = Desk()
    used = desk.read(0, "courier", prose(1), age=2)
    desk.read(0, "radio", prose(1), age=0.1)
    assert desk.agenda([remembered(0, used)]).briefs == ()


def test_a_second_report_without_new_facts_is_no_update():
    desk = Desk()
    used = desk.read(0, "courier", prose(1))
    desk.read(0, "radio", "\n".join("Once more: " + line for line in prose(1).lower().split("\n")[:5]), age=0.2)
    assert desk.agenda([remembered(0, used)]).briefs == ()


def test_material_news_returns_as_an_update_made_of_the_new_reports_only():
    desk = Desk()
    used = desk.read(0, "courier", prose(1))
    fresh = desk.read(0, "radio", prose(2), age=0)
    (brief,) = desk.agenda([story := remembered(0, used)]).briefs
    assert brief.sources == (fresh,)
    assert brief.update_of == story
    assert brief.why_now == "New since our story of 27 November: published today by radio."


def test_a_looser_report_continues_a_story_only_when_its_names_return():
    desk = Desk()
    story = remembered(0).model_copy(
        update={"headline": "Vote on Lund and Hallam’s pier", "urls": ("http://x.example/",)}
    )
    desk.read(0, "radio", prose(2), age=0, lean=0.6)
    assert desk.agenda([story]).briefs[0].update_of is None
    desk.entries.clear()
    desk.read(0, "radio", prose(2) + "\nThat is what Edda Lund and Joan Hallam said.", age=0, lean=0.6)
    assert desk.agenda([story]).briefs[0].update_of == story


def test_news_is_measured_against_texts_that_have_left_the_window_too():
    desk = Desk()
    used = desk.read(0, "courier", prose(1), age=30)
    desk.read(
        0, "radio", "\n".join("So it was: " + line.replace("The ", "the ") for line in prose(1).split("\n")), age=0
    )
    assert desk.agenda([remembered(0, used)]).briefs == ()


def test_a_publishers_rewritten_page_returns_when_it_says_something_new():
    desk = Desk()
    was = desk.read(0, "courier", prose(1), url="http://courier.example/pier")
    story = remembered(0, was)
    desk.entries.clear()
    now = desk.read(
        0,
        "courier",
        prose(1) + "\nSurveyor Dana Whitlock told members that repairs would cost £3.4 million after all.",
        url="http://courier.example/pier",
    )
    (brief,) = desk.agenda([story]).briefs
    assert brief.sources == (now,)
    assert brief.update_of == story
    assert brief.story_id != story.story_id


def test_an_edition_made_again_does_not_find_itself_in_memory():
    desk = Desk()
    used = desk.read(0, "courier", prose(1))
    assert len(desk.agenda([remembered(0, used, days=0)]).briefs) == 1
    assert len(desk.agenda([remembered(0, used, days=61)]).briefs) == 1


def test_stale_future_foreign_and_empty_entries_stay_out_and_the_reason_counts_them():
    desk = Desk()
    desk.read(0, "courier", prose(1), age=30)
    assert desk.agenda().reason == (
        "None of the 1 entries read is dated between 23 November 2015 and the day of the edition."
    )
    desk.read(1, "courier", prose(2), age=-2)
    desk.read(2, "courier", prose(3), language="de-AT")
    desk.read(3, "courier", "Too short to say.")
    agenda = desk.agenda()
    assert agenda.briefs == ()
    assert agenda.reason == (
        "Nothing new among the 2 entries since 23 November 2015: 1 with too little text, "
        "1 not in the newsletter's language (en)."
    )


def test_no_entries_give_an_empty_agenda_with_a_reason():
    agenda = Desk().agenda()
    assert (agenda.briefs, agenda.reason, agenda.considered) == ((), "No entry was read.", 0)


def test_the_window_is_whole_days_of_the_newsletters_own_timezone():
    since, until = window(NEWSLETTER.model_copy(update={"timezone": "Asia/Shanghai", "lookback_days": 2}), DAY)
    assert since.astimezone(dt.UTC) == dt.datetime(2015, 11, 27, 16, tzinfo=dt.UTC)
    assert until.astimezone(dt.UTC) == dt.datetime(2015, 11, 30, 16, tzinfo=dt.UTC)


def test_rows_that_do_not_pair_up_and_texts_that_are_missing_are_refused():
    desk = Desk()
    entry = desk.read(0, "courier", prose(1))
    none = np.zeros((0, AXES), dtype=np.float32)
    with pytest.raises(BadInputError, match="1 entries came with 0 vectors"):
        make_agenda([entry], desk.texts, none, [], none, newsletter=NEWSLETTER, edition_date=DAY, closeness=CLOSENESS)
    rows = np.eye(AXES, dtype=np.float32)[:1]
    with pytest.raises(MissingAssetError, match="collect the feed again"):
        make_agenda([entry], {}, rows, [], none, newsletter=NEWSLETTER, edition_date=DAY, closeness=CLOSENESS)


def test_what_is_embedded_is_the_title_and_whole_opening_sentences():
    desk = Desk()
    text = "The pier is open. " + "It has new planks. " * 40
    entry = desk.read(0, "courier", text, title="Pier reopens | Courier")
    embedded = ideation_text(entry, text)
    assert embedded.startswith("Pier reopens\nThe pier is open. It has")
    assert embedded.endswith("planks.")
    assert len(embedded) < 320
