"""Compressed bodies: the whole text or a refusal, whatever the pieces they arrive in."""

import gzip
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sources.decoding import Bomb, Decoder

MIB = 1024 * 1024


def decoded(encoding, body, size=1000, max_bytes=10 * MIB, max_ratio=100):
    decoder = Decoder(encoding, max_bytes, max_ratio)
    for start in range(0, len(body), size):
        decoder.feed(body[start : start + size])
    return decoder.finish()


def raw_deflate(data):
    engine = zlib.compressobj(wbits=-15)
    return engine.compress(data) + engine.flush()


PACKERS = {"": bytes, "identity": bytes, "gzip": gzip.compress, "x-gzip": gzip.compress, "deflate": zlib.compress}


@given(st.binary(max_size=3000), st.sampled_from(sorted(PACKERS)), st.integers(2, 500))
def test_what_was_packed_comes_out(data, encoding, size):
    assert decoded(encoding, PACKERS[encoding](data), size) == data


def test_raw_deflate_many_members_and_padding_are_read():
    assert decoded("deflate", raw_deflate(b"ab" * 900)) == b"ab" * 900
    assert decoded("gzip", gzip.compress(b"a") + gzip.compress(b"b") + b"\0" * 50) == b"ab"


def test_long_runs_that_fill_every_piece_come_out_whole():
    data = bytes(900 * 1024)
    assert decoded("gzip", gzip.compress(data), len(data)) == data
    assert decoded("deflate", zlib.compress(data), 10_000) == data


@pytest.mark.parametrize("packer", ["gzip", "deflate"])
def test_a_bomb_is_stopped_by_its_ratio_long_before_the_limit(packer):
    with pytest.raises(Bomb, match="100 times"):
        decoded(packer, PACKERS[packer](bytes(50 * MIB)))


def test_the_decoded_size_is_what_counts():
    import random

    noise = random.Random(1).randbytes(300_000)
    with pytest.raises(Bomb, match="larger than"):
        decoded("gzip", gzip.compress(noise), max_bytes=250_000)
    with pytest.raises(Bomb, match="larger than"):
        decoded("", noise, max_bytes=250_000)


def test_broken_and_unasked_encodings_are_refused():
    with pytest.raises(Bomb, match="broke off"):
        decoded("gzip", gzip.compress(bytes(range(256)))[:-20])
    with pytest.raises(Bomb, match="is not"):
        decoded("gzip", b"<html>")
    for encoding in ("br", "gzip, gzip", "zstd"):
        with pytest.raises(Bomb, match="not asked for"):
            Decoder(encoding, MIB, 100)
