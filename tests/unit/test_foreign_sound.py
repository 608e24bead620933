"""A stranger's sound file: it is decoded whole, or what is wrong with it is said."""

import wave

import pytest
from films import film, sound

from content.errors import BadInputError
from models.media.foreign_sound import decode_sound


@pytest.mark.parametrize("name", ["a.wav", "a.mp3", "a.flac", "a.ogg", "a.m4a"])
def test_every_usual_kind_of_sound_becomes_a_wav_as_long(tmp_path, name):
    made = tmp_path / "made.wav"
    seconds = decode_sound(sound(tmp_path / name, seconds=1.5), made, longest_s=60)
    assert seconds == pytest.approx(1.5, abs=0.06), "coders add a frame"
    with wave.open(str(made)) as file:
        assert (file.getnchannels(), file.getsampwidth(), file.getframerate()) == (1, 2, 48_000)
        assert file.getnframes() / 48_000 == seconds


def test_what_is_no_sound_is_told(tmp_path):
    (tmp_path / "text.wav").write_text("hello")
    (tmp_path / "list.mp3").write_text("#EXTM3U\n/etc/passwd\n")
    long = sound(tmp_path / "long.wav", seconds=3)
    for path, said in (
        (tmp_path / "text.wav", "text.wav is no sound file"),
        (tmp_path / "list.mp3", "list.mp3 is no sound file"),
        (film(tmp_path / "silent.mp4", seconds=1, tone=0), "silent.mp4 is no sound file"),
        (long, "long.wav lasts longer than 0.0333333 minutes"),
    ):
        with pytest.raises(BadInputError, match=said):
            decode_sound(path, longest_s=2)
