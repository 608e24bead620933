"""The assembler by name: which options it knows, which of them shape a film, and encoders that are not there."""

from pathlib import Path

import pytest

from content.errors import BadConfigurationError, MissingEngineError
from models.assembler import piece_encoding
from models.assembler.piece_encoding import Encoding, options_of
from models.naming import EngineName
from models.protocols import Order
from models.registry import build_engine


def named(text):
    return build_engine("assembler", Order(EngineName.parse(text), Path("weights"), lambda _: None))


def test_a_bare_name_is_x264_as_ever():
    assert named("moviepy").encoding == Encoding()
    assert named("moviepy").workers >= 1


def test_options_reach_the_encoder_and_workers_shape_nothing():
    told = named("moviepy?encoder=libx264&crf=18&preset=medium&workers=3")

    assert told.encoding == Encoding(crf=18, preset="medium")
    assert told.workers == 3
    assert told.identity == named("moviepy?crf=18&preset=medium&workers=7").identity
    assert told.identity != named("moviepy?crf=18&preset=slow").identity


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("moviepy?encoder=av1", "use one of libx264, h264_nvenc"),
        ("moviepy?crf=52", "crf must be 0 to 51"),
        ("moviepy?crf=good", "whole number"),
        ("moviepy?workers=-1", "workers must be 0"),
        ("moviepy?bitrate=5", "no option 'bitrate'"),
    ],
)
def test_what_cannot_be_meant_is_named(text, told):
    with pytest.raises(BadConfigurationError, match=told):
        named(text)


def test_another_encoder_makes_other_pieces_in_its_own_preset():
    gpu = named("moviepy?encoder=h264_nvenc")

    assert gpu.encoding.preset == "p4"
    assert gpu.identity != named("moviepy").identity
    assert gpu.identity.model == "h264_nvenc+aac"


def test_a_gpus_pieces_refer_to_no_other_and_have_one_quality():
    options = options_of(Encoding(encoder="h264_nvenc", preset="p4", crf=20), 1920)

    assert (options["rc"], options["cq"], options["b"]) == ("vbr", "20", "0")
    assert (options["bf"], options["forced-idr"], options["strict_gop"]) == ("0", "1", "1")
    assert options["profile"] == "high"
    assert "x264-params" not in options


def test_an_encoder_that_does_not_work_here_is_named_before_any_work(monkeypatch):
    import av

    def refuse(*_):
        raise av.error.ExternalError(-1, "Cannot load libnvidia-encode.so.1")

    monkeypatch.setattr(piece_encoding, "options_of", refuse)
    with pytest.raises(MissingEngineError, match=r"h264_nvenc does not work here.*libx264.*works everywhere"):
        named("moviepy?encoder=h264_nvenc").load()
    named("moviepy").load()
