"""The editor's stand-in keeps the contract: a real film of the shape asked for, scripted answers, the same bytes."""

from pathlib import Path

import pytest

from content.captions import Caption
from content.edits import AddCaptions, EditList, Reformat, Trim
from content.errors import BadInputError
from models.fakes.fakes_editor import FakeEditor
from models.media.media_probe import probe

HELLO = Caption(text="Hello", start_s=0, end_s=1)
EDITS = EditList(edits=(Trim(end_s=1), AddCaptions(captions=(HELLO,)), Reformat(shape="9:16")))


def test_it_gives_a_film_as_it_was_asked_for_and_the_same_again(tmp_path: Path) -> None:
    made = []
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        made.append(FakeEditor().edit(tmp_path / "none.mp4", EDITS, {}, tmp_path / name, lambda *_: None))
    facts = probe(made[0].movie)
    assert (facts.width, facts.height, facts.duration_s) == (made[0].width, made[0].height, 1.0)
    assert facts.height > facts.width
    assert made[0].captions == (HELLO,)
    assert made[0].movie.read_bytes() == made[1].movie.read_bytes()


def test_an_error_that_was_scripted_is_raised(tmp_path: Path) -> None:
    fake = FakeEditor()
    fake.enqueue(BadInputError("no video"))
    with pytest.raises(BadInputError, match="no video"):
        fake.edit(tmp_path, EDITS, {}, tmp_path, lambda *_: None)
    assert fake.history == [EDITS]
