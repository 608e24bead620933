"""`pressroom edit` and `pressroom contact-sheet` as a person uses them on files."""

import json

import pytest
import typer
from films import film, luma, numbered, numbers_of, sound
from PIL import Image
from typer.testing import CliRunner

from content.captions import Caption, webvtt
from content.errors import PressroomError
from pressroom.contact_sheet import contact_sheet
from pressroom.edit import edit

HELLO = (Caption(text="Hello there", start_s=0.5, end_s=1.5),)


@pytest.fixture
def run(house, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    app = typer.Typer()
    app.command()(edit)
    app.command()(contact_sheet)

    def command(*arguments):
        done = CliRunner().invoke(app, [str(argument) for argument in arguments])
        if done.exception and not isinstance(done.exception, SystemExit):
            raise done.exception
        return done

    return command


def test_a_file_is_cut_reshaped_captioned_and_given_sound(run, tmp_path):
    source = numbered(tmp_path / "in.mp4", 90)
    (tmp_path / "words.vtt").write_text(webvtt(HELLO))
    track = sound(tmp_path / "music.wav", seconds=1)

    done = run(
        *("edit", source, "--trim", "0.5:2.5", "--format", "1:1", "--filling", "crop", "--captions", "words.vtt"),
        *("--no-burn", "--audio", track, "--out", "out.mp4", "--json"),
    )

    told = json.loads(done.stdout)
    assert (told["frames"], told["size"], told["pictures"]) == (60, "90×90", "encoded")
    assert luma(tmp_path / "out.mp4").shape == (60, 90, 90)
    assert "00:00:00.000 --> 00:00:01.000\nHello there" in (tmp_path / "out.vtt").read_text()
    assert {path.name for path in tmp_path.iterdir()} >= {"out.mp4", "out.vtt"}
    assert not list(tmp_path.glob(".pressroom-edit-*"))


def test_films_are_put_behind_each_other(run, tmp_path):
    source = numbered(tmp_path / "in.mp4", 30)
    run("edit", source, "--append", source, "--trim", ":1.5", "--out", "out.mp4")
    assert numbers_of(tmp_path / "out.mp4") == [*range(30), *range(15)]


def test_without_a_name_the_result_lies_beside_you(run, tmp_path):
    source = film(tmp_path / "in.mp4", seconds=2)
    assert "in-edited.mp4" in run("edit", source, "--highlights", "1").stdout
    assert len(luma(tmp_path / "in-edited.mp4")) == 30


def test_a_file_can_be_kept_for_the_deployment(run, house, tmp_path):
    source = film(tmp_path / "in.mp4", seconds=1)
    sha256 = json.loads(run("edit", source, "--keep", "--json").stdout)["kept"]
    assert house.library.read(sha256) == source.read_bytes()


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ((), "nothing is to be done"),
        (("--trim", "abc"), "write FROM:TO"),
        (("--trim", "5"), "write FROM:TO"),
        (("--trim", "3:1"), "keeps nothing"),
        (("--trim", "0:1", "--out", "film.mov"), r"must end in \.mp4"),
        (("--trim", "0:1", "--out", "nowhere/film.mp4"), "no folder"),
        (("--trim", "0:1", "--out", "in.mp4"), "write to another file"),
        (("--captions", "gone.vtt"), "cannot be read"),
        (("--audio", "gone.wav"), "there is no file"),
    ],
)
def test_what_cannot_be_done_is_told_before_any_work(run, tmp_path, arguments, says):
    before = film(tmp_path / "in.mp4", seconds=1).read_bytes()
    with pytest.raises(PressroomError, match=says):
        run("edit", "in.mp4", *arguments)
    assert [path.name for path in tmp_path.iterdir() if path.name != "home"] == ["in.mp4"]
    assert (tmp_path / "in.mp4").read_bytes() == before


@pytest.mark.parametrize("command", ["edit", "contact-sheet"])
def test_what_is_neither_a_file_nor_an_edition_is_told(run, command):
    with pytest.raises(PressroomError, match=r"no file gone\.mp4"):
        run(command, "gone.mp4")
    with pytest.raises(PressroomError, match="is not an edition"):
        run(command, "harbour/yesterday")


def test_a_contact_sheet_lies_beside_you_or_where_it_is_told(run, tmp_path):
    film(tmp_path / "in.mp4", seconds=2)
    assert run("contact-sheet", "in.mp4", "--every", "0.5").stdout.strip() == "in-frames.png"
    run("contact-sheet", "in.mp4", "--frames", "9", "--out", "sheet.png")
    sizes = []
    for name in ("in-frames.png", "sheet.png"):
        with Image.open(tmp_path / name) as sheet:
            sizes.append(sheet.size)
    assert sizes[0] != sizes[1]
    with pytest.raises(PressroomError, match="exclude each other"):
        run("contact-sheet", "in.mp4", "--every", "1", "--frames", "3")
