"""A film encoded on a GPU beside the same film from the processor: as many frames, the same picture, clean joints."""

import pytest
from films import luma
from reference_frames import ssim
from small_films import film, four_scenes

from content.errors import MissingEngineError
from content.pieces import total_frames
from models.assembler.piece_encoding import look_for
from models.media.media_probe import decoder_complaints, probe

pytestmark = pytest.mark.gpu


@pytest.fixture(scope="module")
def films(tmp_path_factory):
    try:
        look_for("h264_nvenc")
    except MissingEngineError as missing:
        pytest.skip(missing.message)
    line = four_scenes(width=640, height=360)
    folder = tmp_path_factory.mktemp("films")
    return line, *(film(line, folder / name, encoder=name).movie for name in ("libx264", "h264_nvenc"))


def test_it_has_the_frames_of_the_other_and_shows_the_same(films):
    line, reference, movie = films
    one, other = luma(reference), luma(movie)

    assert len(one) == len(other) == total_frames(line)
    assert min(ssim(*pair) for pair in zip(one, other, strict=True)) >= 0.95


def test_its_joints_decode_without_a_warning_and_it_is_what_browsers_play(films):
    movie = films[2]
    facts = probe(movie)

    assert decoder_complaints(movie) == ""
    assert (facts.video_codec, facts.profile, facts.pixel_format) == ("h264", "High", "yuv420p")
    assert facts.colours.startswith("tv, bt709")


def test_its_pieces_have_the_same_bytes_twice(films, tmp_path):
    assert film(films[0], tmp_path / "again", encoder="h264_nvenc").movie.read_bytes() == films[2].read_bytes()
