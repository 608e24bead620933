"""Pictures of every kind a scene may be given: what is shown of them, and what is refused before it takes memory."""

import struct
import tracemalloc
import zlib

import numpy as np
import pytest
from PIL import Image

from content.errors import BadInputError
from content.timeline import Scene, Timeline
from content.values import AssetRef
from models.assembler.planes import picture_of, split
from models.assembler.scene_frames import SceneFrames

NAME = "d" * 64
REF = AssetRef(kind="cover", sha256=NAME, bytes=1, media_type="image/png")
LINE = Timeline(scenes=(Scene(picture=REF, start_s=0, duration_s=1),), narration=REF, duration_s=1, width=96, height=54)


def first_frame(path):
    return SceneFrames(LINE, {NAME: path}).draw(0)


def shown(folder, picture, kind="PNG", **options):
    path = folder / NAME
    picture.save(path, kind, **options)
    return first_frame(path)


def colour(frame):
    return np.asarray(picture_of(frame), int).reshape(-1, 3).mean(axis=0)


def test_a_picture_of_one_pixel_is_a_plain_ground(tmp_path):
    frame = shown(tmp_path, Image.new("RGB", (1, 1), (46, 127, 134)))

    assert [np.ptp(plane) for plane in split(frame)] == [0, 0, 0]
    assert colour(frame) == pytest.approx((46, 127, 134), abs=3)


@pytest.mark.parametrize("size", [(20_000, 1_000), (1_000, 20_000), (20_000, 1)])
def test_a_picture_twenty_thousand_pixels_long_shows_its_middle(tmp_path, size):
    picture = Image.new("L", size, 60)
    around = tuple(side // 4 if side == 20_000 else 0 for side in size)
    picture.paste(180, (*around, size[0] - around[0], size[1] - around[1]))

    assert colour(shown(tmp_path, picture)) == pytest.approx((180, 180, 180), abs=2)


def test_a_picture_that_only_says_it_is_huge_is_refused_with_its_size_and_takes_no_memory(tmp_path):
    def chunk(name, data):
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    for side, size in ((20_000, "400000000 pixels"), (6_000, "6000×6000")):
        head = chunk(b"IHDR", struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0))
        path = tmp_path / NAME
        path.write_bytes(b"\x89PNG\r\n\x1a\n" + head + chunk(b"IDAT", zlib.compress(bytes(1000))) + chunk(b"IEND", b""))
        tracemalloc.start()
        with pytest.raises(BadInputError, match="25 megapixels") as refused:
            first_frame(path)
        assert tracemalloc.get_traced_memory()[1] < 3_000_000
        tracemalloc.stop()
        assert size in refused.value.message


@pytest.mark.parametrize("level", [0, 90, 255])
def test_grey_of_eight_and_of_sixteen_bits_looks_the_same(tmp_path, level):
    assert colour(shown(tmp_path, Image.new("L", (64, 36), level))) == pytest.approx([level] * 3, abs=2)
    deep = Image.fromarray(np.full((36, 64), level * 257, np.uint16))
    assert colour(shown(tmp_path, deep)) == pytest.approx([level] * 3, abs=2)


@pytest.mark.parametrize(
    ("mode", "kind"), [("CMYK", "JPEG"), ("P", "PNG"), ("1", "PNG"), ("LA", "PNG"), ("RGBA", "WEBP"), ("L", "JPEG")]
)
def test_pictures_of_every_mode_keep_their_light(tmp_path, mode, kind):
    grey = Image.new("RGB", (64, 36), (255, 255, 255)).convert(mode)

    assert colour(shown(tmp_path, grey, kind)) == pytest.approx((255, 255, 255), abs=3)


def test_what_can_be_seen_through_lies_on_white(tmp_path):
    assert colour(shown(tmp_path, Image.new("RGBA", (64, 36), (200, 0, 0, 0)))) == pytest.approx((255,) * 3, abs=2)
    palette = Image.new("P", (64, 36), 0)
    palette.putpalette([200, 0, 0])
    assert colour(shown(tmp_path, palette, transparency=0)) == pytest.approx((255,) * 3, abs=2)


@pytest.mark.parametrize("kind", ["PNG", "WEBP"])
def test_of_an_animated_picture_the_first_is_shown(tmp_path, kind):
    first, *others = (Image.new("RGB", (64, 36), (level, level, level)) for level in (200, 40, 90))
    frame = shown(
        tmp_path, first, kind, save_all=True, append_images=others, **({"lossless": True} if kind == "WEBP" else {})
    )

    assert colour(frame) == pytest.approx((200,) * 3, abs=2)


@pytest.mark.parametrize("kind", ["GIF", "TIFF", "BMP"])
def test_other_formats_are_refused_by_name(tmp_path, kind):
    with pytest.raises(BadInputError, match="PNG, JPEG or WEBP"):
        shown(tmp_path, Image.new("RGB", (64, 36)), kind)


def test_a_picture_that_ends_early_is_refused(tmp_path):
    path = tmp_path / NAME
    Image.effect_noise((200, 200), 90).save(path, "PNG")
    path.write_bytes(path.read_bytes()[:2000])
    with pytest.raises(BadInputError, match="no readable"):
        first_frame(path)
