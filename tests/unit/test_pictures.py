"""Foreign pictures: decoded within limits or refused; finished ones: pixels and nothing else."""

import contextlib
import io
import struct
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, PngImagePlugin

from content.errors import BadInputError
from models.media.pictures import LARGEST_BYTES, fitted, jpeg_of, open_picture, png_of, stretched


def encoded(picture, kind="PNG", **options):
    out = io.BytesIO()
    picture.save(out, kind, **options)
    return out.getvalue()


NOISE = Image.effect_noise((40, 30), 80).convert("RGB")


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "GIF"])
def test_the_four_formats_of_the_web_are_read(kind):
    opened = open_picture(encoded(NOISE, kind))
    assert (opened.mode, opened.size) == ("RGB", (40, 30))


@pytest.mark.parametrize("level", [0, 90, 255])
def test_grey_of_sixteen_bits_is_seen_as_it_is_shown(level):
    deep = open_picture(encoded(Image.frombytes("I;16", (4, 3), (level * 257).to_bytes(2, "little") * 12)))
    assert deep.getpixel((1, 1)) == (level, level, level)


@pytest.mark.parametrize("kind", ["BMP", "TIFF", "PPM", "ICO", "PDF", "EPS"])
def test_other_formats_are_refused(kind):
    with pytest.raises(BadInputError, match="JPEG, PNG, WEBP or GIF"):
        open_picture(encoded(NOISE, kind))


def png_bomb(width, height):
    def chunk(name, body):
        return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))

    header = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(bytes(100))) + chunk(b"IEND", b"")
    )


@pytest.mark.parametrize("side", [5_100, 10_000, 14_000, 60_000, 2**31 - 1])
@pytest.mark.filterwarnings("ignore::PIL.Image.DecompressionBombWarning")
def test_bombs_are_refused_before_they_are_decoded(side):
    with pytest.raises(BadInputError, match=r"megapixels"):
        open_picture(png_bomb(side, side))


@pytest.mark.filterwarnings("error")
def test_a_bomb_is_refused_too_where_warnings_are_errors():
    with pytest.raises(BadInputError):
        open_picture(png_bomb(10_000, 10_000))


def test_too_many_bytes_are_refused_unread():
    with pytest.raises(BadInputError, match="MB is all"):
        open_picture(bytes(LARGEST_BYTES + 1))


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
def test_a_cut_picture_is_refused(kind):
    data = encoded(NOISE, kind)
    with pytest.raises(BadInputError, match="the mask"):
        open_picture(data[: len(data) * 2 // 3], what="the mask")


@pytest.mark.filterwarnings("ignore::PIL.Image.DecompressionBombWarning")
@given(st.binary(max_size=300), st.sampled_from(["PNG", "JPEG", "WEBP", "GIF"]), st.integers(0, 400))
def test_garbage_is_a_picture_or_bad_input_and_nothing_else(noise, kind, at):
    data = encoded(NOISE, kind)
    with contextlib.suppress(BadInputError):
        assert open_picture(data[:at] + noise + data[at + len(noise) :]).mode == "RGB"


def test_transparency_is_laid_on_white_and_a_turned_photo_stands_upright():
    clear = open_picture(encoded(Image.new("RGBA", (4, 4), (200, 0, 0, 0))))
    assert clear.getpixel((1, 1)) == (255, 255, 255)
    turned = Image.Exif()
    turned[0x0112] = 6
    assert open_picture(encoded(NOISE, "JPEG", exif=turned)).size == (30, 40)


def test_finished_pictures_hold_pixels_only_and_the_same_bytes_each_time():
    noted = NOISE.copy()
    notes = PngImagePlugin.PngInfo()
    notes.add_text("Comment", "made at home")
    noted = Image.open(io.BytesIO(encoded(noted, pnginfo=notes, dpi=(300, 300), icc_profile=b"profile")))
    noted.load()
    for made in (png_of(noted), jpeg_of(noted)):
        assert b"home" not in made
        assert b"profile" not in made
        again = Image.open(io.BytesIO(made))
        assert not {"icc_profile", "dpi", "exif", "Comment"} & set(again.info)
    assert png_of(noted) == png_of(NOISE)
    assert jpeg_of(noted) == jpeg_of(NOISE)
    assert open_picture(png_of(NOISE)).tobytes() == NOISE.tobytes()


def test_fitting_crops_in_the_middle_and_stretching_keeps_every_corner():
    halves = Image.new("RGB", (40, 20), "red")
    halves.paste("blue", (20, 0, 40, 20))
    middle = fitted(halves, 10, 10)
    assert middle.size == (10, 10)
    assert middle.getpixel((0, 5))[0] > middle.getpixel((9, 5))[0]
    assert stretched(halves, 8, 8).getpixel((0, 0)) == (255, 0, 0)
    assert fitted(halves, 40, 20) is halves
