"""`pressroom video`: which video is meant, a timeline edited as a file, the files it names, and what is copied."""

import json
import wave
from types import SimpleNamespace
from typing import Any

import pytest
import typer
from films import film, sound
from PIL import Image
from typer.testing import CliRunner

from content.errors import PressroomError
from content.timeline import Card, Scene, Timeline
from content.timeline_file import read_timeline, write_timeline
from content.values import Verdict, Video
from pressroom import video as command
from pressroom.running import Ended
from pressroom.timelines import keep_timeline
from wiring.container import container

DATE = "2026-03-10"
EDITION = f"harbour-morning/{DATE}"


@pytest.fixture
def folder(house: Any, tmp_path):
    """Give a folder with a timeline of two scenes, and beside it a picture, a clip, a song and a voice."""
    made = tmp_path / "edit"
    (made / "pictures").mkdir(parents=True)
    Image.new("RGB", (64, 36), "navy").save(made / "pictures" / "photo.jpg")
    film(made / "clip.mp4", seconds=1)
    sound(made / "song.mp3", seconds=2)
    sound(made / "voice.m4a", seconds=3)
    return made


def kept_line(**changes: Any) -> Timeline:
    """Give a timeline of two scenes whose files are all kept."""
    library = container().library
    voice = library.keep("narration", sounding(3), "audio/wav")
    picture = library.keep("card", b"\x89PNG not looked at again", "image/png")
    scenes = (
        Scene(picture=picture, card=Card(headline="Ships"), start_s=0, duration_s=2),
        Scene(picture=picture, start_s=1.5, duration_s=3),
    )
    return Timeline(**{"scenes": scenes, "narration": voice, "duration_s": 4.5, **changes})


def sounding(seconds: float) -> bytes:
    import io

    file = io.BytesIO()
    with wave.open(file, "wb") as made:
        made.setparams((1, 2, 8000, 0, "NONE", ""))
        made.writeframes(b"\1\2" * int(8000 * seconds))
    return file.getvalue()


def written(folder, **changes: Any):
    """Write the timeline's file with fields of its second scene, or of the whole (`film`), changed."""
    whole = json.loads(write_timeline(kept_line()))
    whole |= changes.pop("film", {})
    whole["scenes"][1] |= changes
    file = folder / "my.json"
    file.write_text(json.dumps({name: value for name, value in whole.items() if value is not None}))
    return file


def test_local_files_are_looked_at_kept_and_named_by_their_sha256(folder):
    file = written(folder, picture="pictures/photo.jpg", clip="clip.mp4", film={"music": "song.mp3"})
    kept = keep_timeline(file)

    assert kept.unjudged == ("clip.mp4", "pictures/photo.jpg"), "music is for people to choose"
    text = container().library.text(kept.ref)
    assert (kept.ref.kind, kept.ref.media_type) == ("timeline", "application/json")
    assert not any(name in text for name in ("song", "clip.mp4", "photo"))
    assert read_timeline(text, known=container().library.kept) == kept.board
    scene, music = kept.board.plan.scenes[1], kept.board.plan.music
    assert [(ref.kind, ref.media_type) for ref in (scene.picture, scene.clip, music)] == [
        ("picture", "image/jpeg"),
        ("clip", "video/mp4"),
        ("music", "audio/mpeg"),
    ]
    assert container().library.read(scene.picture) == (folder / "pictures" / "photo.jpg").read_bytes()
    verdict = Verdict(sha256=scene.clip.sha256, modality="video", decision="pass", moderator="somebody")
    container().library.record_verdicts([verdict])
    again = keep_timeline(file)
    assert again.ref == kept.ref, "the same file again is the same timeline"
    assert again.unjudged == ("pictures/photo.jpg",)


def test_a_foreign_voice_becomes_a_wav_of_ours_and_the_film_must_be_as_long(folder):
    kept = keep_timeline(written(folder, film={"narration": "voice.m4a"}))
    assert kept.board.plan.narration.media_type == "audio/wav"
    with pytest.raises(PressroomError, match=r"my.json: the film ends at 4.5 s, and the voice, .* at 5\.\d+ s"):
        keep_timeline(written(folder, film={"narration": "voice.m4a", "narration_start_s": 2}))


def test_files_that_are_not_what_they_should_be_are_refused_with_their_place(folder, tmp_path):
    Image.new("RGB", (8, 8)).save(folder / "moving.gif")
    Image.new("1", (6000, 5000)).save(folder / "huge.png")
    (folder / "torn.jpg").write_bytes((folder / "pictures" / "photo.jpg").read_bytes()[:300])
    (folder / "list.mp3").write_text("ffconcat version 1.0\nfile song.mp3\n")
    (tmp_path / "secret.jpg").write_bytes((folder / "pictures" / "photo.jpg").read_bytes())
    (folder / "link.jpg").symlink_to(tmp_path / "secret.jpg")
    film(folder / "long.mp4", seconds=32, rate="2", size="32x32", tone=0)
    for changes, said in (
        ({"picture": "missing.jpg"}, r"my.json, scene 2: “picture” cannot be used: there is no file missing.jpg"),
        ({"picture": "pictures"}, "there is no file pictures"),
        ({"picture": "link.jpg"}, "link that leads out"),
        ({"picture": "moving.gif"}, "moving.gif is no readable picture .* use a PNG, JPEG or WEBP"),
        ({"picture": "torn.jpg"}, "torn.jpg is no readable picture"),
        ({"picture": "huge.png"}, "25 megapixels is all"),
        ({"clip": "song.mp3"}, "“clip” cannot be used: song.mp3 is not a video"),
        ({"clip": "long.mp4"}, "lasts 32 s, and a clip 30 s at most; cut it first: pressroom edit long.mp4"),
        ({"film": {"music": "pictures/photo.jpg"}}, "“music” cannot be used: .* is no sound file by its name"),
        ({"film": {"music": "list.mp3"}}, "list.mp3 is no sound file that can be read"),
        ({"film": {"music": f"sha256:{'0' * 64}"}}, "is not kept here"),
    ):
        with pytest.raises(PressroomError, match=said):
            keep_timeline(written(folder, **changes))
    (folder / "latin.json").write_bytes(b'{"about": "\xe9"}')
    with pytest.raises(PressroomError, match="not UTF-8"):
        keep_timeline(folder / "latin.json")
    with pytest.raises(PressroomError, match=r"--save-timeline none\.json"):
        keep_timeline(folder / "none.json")


@pytest.fixture
def run(house: Any, monkeypatch, tmp_path):
    """Run the command on a recorded edition, with a flow that says what it was asked and how it ended."""
    articles = [
        SimpleNamespace(position=number, slug=slug, status=status)
        for number, slug, status in (
            (1, "harbour-reopens", "published"),
            (2, "harbour-tolls-rise", "published"),
            (3, "ferries", "held"),
        )
    ]
    edition = SimpleNamespace(newsletter="harbour-morning", date=DATE)
    record = SimpleNamespace(edition=edition, articles=articles)
    asked: dict[str, Any] = {}
    outcome = {"name": "Made", "message": "4 s: somewhere"}

    def ran(_flow, *, quiet, **parameters):
        asked.clear()
        asked.update(parameters)
        library = container().library
        made = Video(
            movie=library.keep("video", b"movie", "video/mp4"),
            captions=library.keep("captions", b"WEBVTT", "text/vtt"),
            subtitles=library.keep("subtitles", b"1", "application/x-subrip"),
            poster=library.keep("poster", b"poster", "image/jpeg"),
            timeline=library.keep("timeline", write_timeline(kept_line()).encode(), "application/json"),
            duration_s=4.5,
            width=1920,
            height=1080,
        )
        return Ended(SimpleNamespace(**outcome, result=lambda: made.model_dump(mode="json")), 1.0)

    def found(text):
        if text != EDITION:
            raise PressroomError(f"there is no edition {text}")
        return record

    monkeypatch.setattr(command, "edition_or_exit", found)
    monkeypatch.setattr(command, "run_flow", ran)
    monkeypatch.chdir(tmp_path)
    app = typer.Typer()
    app.command()(command.video)

    def go(*arguments):
        done = CliRunner().invoke(app, [str(argument) for argument in arguments])
        if done.exception and not isinstance(done.exception, SystemExit):
            raise done.exception
        return done

    go.asked, go.outcome = asked, outcome
    return go


@pytest.mark.parametrize(
    ("arguments", "number"),
    [
        ((EDITION,), None),
        ((EDITION, "--article", "2"), 2),
        ((f"{EDITION}/2",), 2),
        ((f"{EDITION}/2", "--article", "2"), 2),
        ((f"{EDITION}/harbour-reopens",), 1),
        ((f"{EDITION}/harbour-t",), 2),
    ],
)
def test_an_article_is_named_by_number_or_slug(run, arguments, number):
    assert run(*arguments).exit_code == 0
    assert (run.asked["article"], run.asked["shape"], run.asked["timeline"]) == (number, None, None)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((f"{EDITION}/harbour",), "2 articles of .* begin with 'harbour'; there are: 1 harbour-reopens, 2 harbour-"),
        ((f"{EDITION}/ferries",), "no article 'ferries'"),
        ((f"{EDITION}/7",), "no article '7'"),
        ((f"{EDITION}/",), "no article ''"),
        ((f"{EDITION}/1", "--article", "2"), "is article 1, and --article says 2"),
        (("harbour-morning",), "no edition harbour-morning"),
        ((EDITION, "--out", "film.avi"), "not the name of an MP4"),
        ((EDITION, "--save-timeline", "."), "is a folder"),
        ((EDITION, "--timeline", "a.json", "--save-timeline", "./a.json"), "is what you edited"),
        ((EDITION, "--timeline", "a.json"), "there is no file a.json"),
    ],
)
def test_what_cannot_be_meant_is_refused_before_any_work(run, arguments, said):
    with pytest.raises(PressroomError, match=said):
        run(*arguments)
    assert not run.asked


def test_a_video_is_copied_with_both_captions_its_poster_and_its_timeline(run, tmp_path):
    done = run(EDITION, "--format", "9:16", "--out", "new/film.mp4", "--save-timeline", "new/film.json", "--json")
    told = json.loads(done.stdout)
    assert run.asked["shape"] == "9:16"
    assert [told[name] for name in ("file", "captions", "subtitles", "poster", "timeline")] == [
        f"new/film.{ending}" for ending in ("mp4", "vtt", "srt", "jpg", "json")
    ]
    assert {path.name for path in (tmp_path / "new").iterdir()} == {
        f"film.{ending}" for ending in ("mp4", "vtt", "srt", "jpg", "json")
    }
    again = keep_timeline(tmp_path / "new" / "film.json")
    assert again.board.timeline() == kept_line()


def test_a_timeline_goes_to_the_flow_as_it_is_kept(run, folder):
    file = written(folder, picture="pictures/photo.jpg")
    assert run(EDITION, "--timeline", file).exit_code == 0
    assert run.asked["timeline"] == keep_timeline(file).ref.sha256
    assert run.asked["shape"] is None


def test_a_held_video_says_why_and_that_nothing_was_copied(run, folder, tmp_path):
    run.outcome.update(name="Held", message="unjudged (gate.every-input)")
    file = written(folder, picture="pictures/photo.jpg")
    done = run(EDITION, "--timeline", file, "--out", "film.mp4", "--save-timeline", "film.json")
    assert done.exit_code == 3
    assert done.stdout == (
        "Held: unjudged (gate.every-input): nobody has judged pictures/photo.jpg; nothing was copied\n"
    )
    assert not list(tmp_path.glob("film.*"))


def test_an_edited_timeline_is_rendered_again_and_a_strangers_picture_holds_it(pressroom, tmp_path):
    made = pressroom("newsletter", "--edition-date", DATE, "--articles", "2", "--json")
    assert made.code == 0, made.err[-2000:]
    file = tmp_path / "film.json"
    first = pressroom("video", f"{EDITION}/1", "--save-timeline", str(file), "--json")
    assert first.code == 0, first.err[-2000:]

    whole = json.loads(file.read_text("utf-8"))
    assert "words" in whole["captions"][0]
    whole["captions"][0]["text"] = "What people read"
    whole["scenes"][0]["card"]["headline"] = "Quite another title"
    edited = tmp_path / "edited.json"
    edited.write_text(json.dumps(whole))
    again = tmp_path / "again"
    told = pressroom("video", f"{EDITION}/1", "--timeline", str(edited), "--out", str(again / "film.mp4"), "--json")
    assert told.code == 0, told.err[-2000:]
    assert "What people read" in (again / "film.srt").read_text("utf-8")
    assert told.json["movie"] != first.json["movie"]
    square = pressroom("video", f"{EDITION}/1", "--timeline", str(edited), "--format", "1:1", "--json")
    assert square.code == 0, square.err[-2000:]

    Image.new("RGB", (64, 36), "navy").save(tmp_path / "photo.png")
    whole["scenes"][1] |= {"picture": "photo.png", "card": None}
    edited.write_text(json.dumps(whole))
    held = pressroom("video", f"{EDITION}/1", "--timeline", str(edited), "--out", str(tmp_path / "held.mp4"), "--json")
    assert held.code == 3, held.err[-2000:]
    assert "nobody has judged photo.png; nothing was copied" in held.json["reason"]
    assert not (tmp_path / "held.mp4").exists()
