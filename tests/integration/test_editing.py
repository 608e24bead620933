"""Editing as a step: a filled-in form becomes edits, the result is kept, and the gate fails closed on strangers."""

import datetime as dt

import pytest
from films import film, numbered, numbers_of, sound

from content.captions import Caption, webvtt
from content.edits import AddCaptions, Concatenate, EditList, Highlights, Reformat, ReplaceAudio, Trim
from content.errors import BadInputError, MissingAssetError
from content.values import Edition, Verdict
from tasks.editing import Edited, edit, kept, moderate_edit, wanted
from tasks.editions import Plan
from tasks.jobs import Job

HELLO = (Caption(text="Hello there", start_s=0.2, end_s=0.9),)


@pytest.fixture
def plan(house):
    edition = Edition(newsletter="harbour-morning", date=dt.date(2026, 1, 2))
    job = Job(edition=edition, run_id="run", profile="embedded", language="en", item="edit", subject="edit")
    return Plan(newsletter=house.newsletter("harbour-morning"), job=job)


@pytest.fixture
def movie(house, tmp_path):
    return house.library.keep("kept", numbered(tmp_path / "film.mp4", 60), "application/octet-stream")


def judged(house, ref, decision="pass"):
    verdict = Verdict(sha256=ref.sha256, modality="video", decision=decision, moderator="rules@1")
    house.library.record_verdicts([verdict])


def done(plan, source, *edits) -> tuple[EditList, Edited]:
    told = EditList(edits=edits)
    return told, edit.run_here(plan.job, source=source, edits=told)


def gate(plan, source, told, edited):
    return moderate_edit.run_here(plan.job, source=source, edits=told, edited=edited)


def test_what_a_person_fills_in_becomes_edits_in_order(house, plan, movie, tmp_path):
    track = house.library.keep("kept", sound(tmp_path / "a.wav", seconds=1), "audio/wav")
    text = house.library.keep("kept", webvtt(HELLO).encode(), "text/vtt")
    wish = wanted(
        plan, source=movie.sha256, trim_start_s=0.5, trim_end_s=1.5, shape="9:16", captions=True,
        caption_file=text.sha256, audio=track.sha256.upper(), highlight_s=1,
    )  # fmt: skip
    kinds = (AddCaptions, Trim, Highlights, Reformat, ReplaceAudio)
    assert tuple(map(type, wish.edits.edits)) == kinds
    assert wish.edits.edits[0] == AddCaptions(captions=HELLO, burned=True)
    assert wish.edits.edits[2].by == "transcript"
    assert wish.source.sha256 == movie.sha256
    assert wish.edits.brand == plan.newsletter.brand


@pytest.mark.parametrize(
    ("told", "error", "says"),
    [
        ({}, BadInputError, "has no video"),
        ({"source": "../../etc/passwd", "trim_start_s": 1}, BadInputError, "names no kept file"),
        ({"source": "ab" * 32, "trim_start_s": 1}, MissingAssetError, "is kept here"),
        ({"source": "MOVIE"}, BadInputError, "nothing is to be done"),
        ({"source": "MOVIE", "captions": True}, BadInputError, "no captions to show"),
        ({"source": "MOVIE", "trim_start_s": 3, "trim_end_s": 2}, BadInputError, "keeps nothing"),
    ],
)
def test_what_cannot_be_done_is_told(plan, movie, told, error, says):
    told = {key: movie.sha256 if value == "MOVIE" else value for key, value in told.items()}
    with pytest.raises(error, match=says):
        wanted(plan, **told)


def test_an_edit_keeps_its_film_poster_and_captions(house, plan, movie):
    _, edited = done(plan, movie, AddCaptions(captions=HELLO, burned=False), Trim(start_s=0.1, end_s=1.1))
    with house.library.local(edited.video.movie) as path:
        assert numbers_of(path) == list(range(3, 33))
    assert "00:00:00.100 --> 00:00:00.800" in house.library.text(edited.video.captions)
    assert house.library.read(edited.video.poster).startswith(b"\xff\xd8")
    assert (edited.video.duration_s, edited.is_silent) == (1.0, False)


def test_a_film_that_passed_passes_edited_and_every_part_is_on_record(house, plan, movie):
    judged(house, movie)
    told, edited = done(plan, movie, Trim(start_s=0.5))
    assert gate(plan, movie, told, edited).passed
    for ref, modality in (
        (edited.video.movie, "video"),
        (edited.video.poster, "image"),
        (edited.video.captions, "text"),
    ):
        (verdict,) = house.library.verdicts_for([ref.sha256])[ref.sha256]
        assert (verdict.decision, verdict.modality) == ("pass", modality)


def test_a_film_that_was_held_is_held_edited(house, plan, movie):
    judged(house, movie, "block")
    told, edited = done(plan, movie, Trim(start_s=0.5))
    assert not gate(plan, movie, told, edited).passed


def test_a_strangers_film_is_held_until_somebody_watches_and_hears_it(house, plan, movie):
    told, edited = done(plan, movie, Trim(start_s=0.5))
    rules = {reason.rule for reason in gate(plan, movie, told, edited).reasons}
    assert rules == {"gate.no_video_moderator", "gate.no_listener"}


def test_with_a_watcher_a_silent_film_passes_and_one_that_is_heard_does_not(plan, tmp_path):
    from wiring.container import container, use_settings

    use_settings(engines={"video_moderator": "fake"})
    mute = container().library.keep("kept", film(tmp_path / "mute.mp4", seconds=1, tone=0), "video/mp4")
    heard = container().library.keep("kept", film(tmp_path / "heard.mp4", seconds=1), "video/mp4")
    for source, rules in ((mute, set()), (heard, {"gate.no_listener"})):
        told, edited = done(plan, source, Trim(start_s=0.5))
        verdicts = gate(plan, source, told, edited)
        assert {reason.rule for reason in verdicts.reasons} == rules
        assert verdicts.passed == (not rules)


def test_one_stranger_behind_a_film_of_ours_holds_both(house, plan, movie, tmp_path):
    judged(house, movie)
    other = house.library.keep("kept", film(tmp_path / "other.mp4", seconds=1), "video/mp4")
    told, edited = done(plan, movie, Concatenate(others=(other,)))
    assert not gate(plan, movie, told, edited).passed


def test_new_sound_has_to_be_judged_and_sound_that_went_has_not(house, plan, movie, tmp_path):
    judged(house, movie)
    track = house.library.keep("kept", sound(tmp_path / "a.wav", seconds=1), "audio/wav")
    told, edited = done(plan, movie, ReplaceAudio(audio=track))
    assert {reason.rule for reason in gate(plan, movie, told, edited).reasons} == {"gate.no_listener"}
    judged(house, track)
    assert gate(plan, movie, told, edited).passed


def test_the_words_of_captions_are_judged(house, plan, movie):
    judged(house, movie)
    bad = (Caption(text="Kill all the foreigners, they are vermin.", start_s=0, end_s=1),)
    told, edited = done(plan, movie, AddCaptions(captions=bad))
    assert not gate(plan, movie, told, edited).passed


def test_a_kept_file_is_named_by_its_digits_only(house, movie):
    assert kept(f" {movie.sha256.upper()} ", "video", "video/mp4").key == movie.key
