"""The command line as a person and as a script use it, with the real engines once."""

import json
from pathlib import Path

import pytest

from models.media.media_probe import measure_loudness, probe

DATE = "2026-03-10"
EDITION = f"harbour-morning/{DATE}"


@pytest.fixture
def finished(pressroom, tmp_path):
    """An edition with every engine the real one; the tests below look at it one after another."""
    made = pressroom("newsletter", "--edition-date", DATE, "--articles", "3", "--json", PRESSROOM_ENGINES="{}")
    assert made.code == 0, made.err[-2000:]
    return made.json


def test_a_real_edition_from_feeds_to_video(finished, pressroom):
    edition = finished["edition"]
    assert (edition["newsletter"], edition["date"], edition["status"]) == ("harbour-morning", DATE, "published")
    for what in ("page", "email", "video"):
        assert Path(edition[what]).is_file(), what

    movie = Path(edition["video"])
    seen = probe(movie)
    assert (seen.width, seen.height, seen.video_codec, seen.pixel_format) == (1920, 1080, "h264", "yuv420p")
    assert seen.audio_codec == "aac"
    assert 30 <= seen.duration_s <= 60
    assert abs(measure_loudness(movie).integrated_lufs - -16) <= 1

    assert all(article["claims"] == article["claims_traced"] > 0 for article in finished["articles"])
    assert {step["outcome"] for step in finished["steps"]} == {"computed"}
    assert {verdict["decision"] for verdict in finished["verdicts"]} == {"pass"}
    judged = {verdict["sha256"] for verdict in finished["verdicts"]}
    assert {asset["sha256"] for asset in finished["assets"]} <= judged, "everything shown was judged"
    assert finished["engine_s"] > 0 < finished["wall_s"]

    shown = pressroom("show", EDITION, "--json")
    assert (shown.code, shown.json["edition"]) == (0, edition)
    told = pressroom("show", EDITION)
    assert all(word in told.out for word in ("published", "computed", "extractive", "espeak", "moviepy"))

    again = pressroom("rerun", EDITION, "--from", "compose", "--json", PRESSROOM_ENGINES="{}")
    assert again.code == 0
    computed = {step["step"] for step in again.json["steps"] if step["outcome"] == "computed"}
    assert computed == {"compose", "moderate"}, "the same bytes again are published already"
    assert again.json["edition"] == edition

    verified = pressroom("verify", "--json")
    assert (verified.code, verified.json) == (0, {"ok": True, "faults": []})
    stored = movie.resolve()
    stored.chmod(0o644)
    with stored.open("r+b") as file:
        file.seek(1000)
        file.write(b"\0\1\2\3")
    assert pressroom("verify").code == 1


def test_json_is_all_there_is_on_stdout(pressroom):
    made = pressroom("newsletter", "--edition-date", DATE, "--articles", "2", "--json")
    assert json.loads(made.out)["edition"]["status"] == "published"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("newsletter", "harbor-morning"), "harbour-morning"),
        (("newsletter", "--edition-date", "yesterday"), "YYYY-MM-DD"),
        (("newsletter", "--articles", "0"), "articles"),
        (("show", "harbour-morning"), "SLUG/YYYY-MM-DD"),
        (("show", "harbour-morning/1999-01-01"), "no edition"),
        (("rerun", "harbour-morning/1999-01-01"), "no edition"),
        (("rerun", EDITION, "--from", "print"), "print"),
        (("press",), "press"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else None,
)
def test_wrong_usage_is_exit_2_and_says_what_is_right(pressroom, arguments, said):
    ran = pressroom(*arguments)
    assert ran.code == 2
    assert said in ran.err
    assert "Traceback" not in ran.err


def test_a_bad_setting_is_exit_2_and_named(pressroom):
    ran = pressroom("show", EDITION, PRESSROOM_WORKERS="none")
    assert (ran.code, "PRESSROOM_WORKERS" in ran.err) == (2, True)


def test_doctor_finds_this_machine_fit_and_a_missing_engine_unfit(pressroom):
    well = pressroom("doctor")
    assert well.code == 0, well.out
    for name in ("database", "objects", "embedder", "writer", "illustrator", "narrator", "assembler", "moderator"):
        assert f"✓ {name}" in well.out
    ill = pressroom("doctor", PRESSROOM_ENGINES='{"writer": "ghost"}')
    assert ill.code == 1
    assert "ghost" in ill.out
