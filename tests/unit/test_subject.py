"""A still's subject is found wherever it stands, however it is turned and lit; a plain ground has none."""

import io
from pathlib import Path

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from PIL import Image

from content.errors import BadInputError
from models.assembler.subject import BAND, Subject, captions_go_to, subject_of

CORPUS = Path(__file__).resolve().parents[3] / "shared" / "corpus" / "18f" / "site" / "assets" / "blog"

SIZES = [(160, 90), (90, 160), (120, 120), (300, 200), (240, 60)]

shares = st.floats(0.1, 0.9)


def png(pixels, **options):
    data = io.BytesIO()
    Image.fromarray(np.asarray(pixels, np.uint8)).save(data, "PNG", **options)
    return data.getvalue()


def ground(kind, width, height, seed=0):
    noise = np.random.default_rng(seed).integers(40, 150, (height, width, 3))
    across = np.linspace(20, 150, width)[None, :, None] * np.ones((height, 1, 3))
    down = np.linspace(150, 20, height)[:, None, None] * np.array([0.6, 0.8, 1.0]) * np.ones((1, width, 1))
    return {"plain": np.full((height, width, 3), 90), "noise": noise, "across": across, "down": down}[kind]


def disc(pixels, x, y, share=0.12, colour=(255, 240, 200)):
    height, width = pixels.shape[:2]
    rows, columns = np.mgrid[:height, :width] + 0.5
    inside = np.hypot(columns - x * width, rows - y * height) < share * min(height, width)
    return np.where(inside[..., None], colour, pixels)


def painted(seed, width=120, height=80):
    """Give a picture of soft blotches with one subject, and where that is."""
    rng = np.random.default_rng(seed)
    blotches = Image.fromarray(rng.integers(40, 110, (4, 6, 3)).astype(np.uint8)).resize((width, height))
    x, y = rng.uniform(0.2, 0.8, 2)
    return disc(np.asarray(blotches), x, y, 0.16, (215, 150, 40)), (x, y)


def near(focus, place, within):
    return max(abs(focus[0] - place[0]), abs(focus[1] - place[1])) <= within


@given(x=shares, y=shares, size=st.sampled_from(SIZES), kind=st.sampled_from(["plain", "noise", "across", "down"]))
@settings(max_examples=60)
def test_a_bright_disc_is_found_wherever_it_stands(x, y, size, kind):
    found = subject_of(png(disc(ground(kind, *size), x, y)))
    assert near(found.focus, (x, y), 0.08), found


@given(x=st.floats(0.25, 0.75), y=st.floats(0.25, 0.75))
@settings(max_examples=20)
def test_a_disc_of_another_colour_is_found_in_a_crowd(x, y):
    crowd = ground("noise", 160, 90)
    for place in np.random.default_rng(3).uniform(0, 1, (30, 2)):
        crowd = disc(crowd, *place, 0.06, (40, 90, 200))
    assert near(subject_of(png(disc(crowd, x, y, 0.14, (220, 60, 40)))).focus, (x, y), 0.08)


@pytest.mark.parametrize("kind", ["plain", "across", "down"])
@pytest.mark.parametrize("size", [(1, 1), (2, 1), (1, 40), (160, 90), (90, 161), (3000, 7)])
def test_a_ground_without_anything_on_it_is_looked_at_in_the_middle(kind, size):
    assert subject_of(png(ground(kind, *size))) == Subject(focus=(0.5, 0.5), foot=BAND, head=BAND)


@pytest.mark.parametrize("size", [(2, 2), (1, 90), (4000, 3), (5, 4000)])
def test_slivers_of_noise_have_a_subject_inside_them(size):
    found = subject_of(png(ground("noise", *size)))
    assert all(0 <= share <= 1 for share in (*found.focus, found.foot, found.head)), found


@given(seed=st.integers(0, 500))
@settings(max_examples=25)
def test_a_mirrored_picture_has_its_subject_mirrored(seed):
    picture, _ = painted(seed)
    plain, mirrored, upended = (subject_of(png(each)) for each in (picture, picture[:, ::-1], picture[::-1]))
    assert near(mirrored.focus, (1 - plain.focus[0], plain.focus[1]), 0.011)
    assert (mirrored.foot, mirrored.head) == pytest.approx((plain.foot, plain.head), abs=0.011)
    assert near(upended.focus, (plain.focus[0], 1 - plain.focus[1]), 0.03)
    assert (upended.foot, upended.head) == pytest.approx((plain.head, plain.foot), abs=0.011)


@given(seed=st.integers(0, 500), gain=st.floats(0.4, 1.15), lift=st.integers(0, 8))
@example(seed=1, gain=0.4, lift=0)
@settings(max_examples=25)
def test_a_change_of_brightness_does_not_move_it(seed, gain, lift):
    picture, place = painted(seed)
    found = subject_of(png(picture)).focus
    assert near(found, place, 0.08)
    assert near(subject_of(png(np.clip(picture * gain + lift, 0, 255))).focus, found, 0.02)


def test_a_large_picture_has_the_same_subject_as_a_small_one():
    small, _ = painted(5)
    large = np.kron(np.asarray(small), np.ones((8, 8, 1)))
    assert near(subject_of(png(large)).focus, subject_of(png(small)).focus, 0.02)


def test_of_two_things_alike_the_one_nearer_the_middle_is_the_subject():
    pair = disc(disc(ground("plain", 160, 90), 0.06, 0.5), 0.7, 0.5)
    assert near(subject_of(png(pair)).focus, (0.7, 0.5), 0.04)


def test_captions_go_to_the_head_when_all_there_is_to_see_stands_at_the_foot():
    low, high = (subject_of(png(disc(ground("noise", 160, 90), 0.5, y, 0.14))) for y in (0.85, 0.15))
    assert captions_go_to(low) == "head"
    assert captions_go_to(high) == "foot"
    assert low.foot > 2 * low.head
    assert high.head > 2 * high.foot


@pytest.mark.parametrize(
    ("foot", "head", "side"),
    [
        (BAND, BAND, "foot"),
        (0.5, 0.26, "foot"),
        (0.5, 0.25, "head"),
        (0.3, 0.0, "foot"),
        (0.31, 0.0, "head"),
        (0.0, 0.0, "foot"),
    ],
)
def test_captions_stay_at_the_foot_unless_it_matters_twice_as_much_and_more_than_its_area(foot, head, side):
    assert captions_go_to(Subject(focus=(0.5, 0.5), foot=foot, head=head)) == side


def test_a_picture_that_lies_on_its_side_is_looked_at_upright():
    lying = Image.fromarray(np.asarray(disc(ground("noise", 160, 90), 0.2, 0.5), np.uint8))
    orientation = Image.Exif()
    orientation[0x0112] = 6
    data = io.BytesIO()
    lying.save(data, "JPEG", quality=95, exif=orientation)
    assert near(subject_of(data.getvalue()).focus, (0.5, 0.2), 0.05)


def test_what_can_be_seen_through_is_white():
    pixels = np.zeros((60, 100, 4))
    pixels[..., :3] = np.random.default_rng(0).integers(0, 255, (60, 100, 3))
    assert subject_of(png(pixels)).focus == (0.5, 0.5)
    pixels[10:22, 70:82, 3] = 255
    assert near(subject_of(png(pixels)).focus, (0.76, 0.27), 0.05)


@pytest.mark.parametrize("form", ["PNG", "JPEG", "WEBP"])
def test_a_file_and_its_bytes_have_the_same_subject(tmp_path, form):
    picture, place = painted(7)
    path = tmp_path / f"picture.{form.lower()}"
    Image.fromarray(np.asarray(picture, np.uint8)).save(path, form)
    found = subject_of(path)
    assert found == subject_of(path.read_bytes())
    assert near(found.focus, place, 0.08)
    assert found.focus == tuple(round(share, 2) for share in found.focus)


def test_what_is_no_picture_is_refused(tmp_path):
    gif = io.BytesIO()
    Image.new("RGB", (4, 4)).save(gif, "GIF")
    whole = png(painted(1)[0])
    for data in (b"", b"words", gif.getvalue(), whole[: len(whole) // 2]):
        with pytest.raises(BadInputError, match=r"no readable picture .* PNG, JPEG or WEBP"):
            subject_of(data)
    (tmp_path / "cover.png").write_bytes(b"words")
    with pytest.raises(BadInputError, match=r"cover\.png"):
        subject_of(tmp_path / "cover.png")


@pytest.mark.parametrize("size", [(5001, 5000), (20000, 20000)])
def test_a_picture_of_more_than_25_megapixels_is_refused(size):
    data = io.BytesIO()
    Image.new("1", size).save(data, "PNG")
    with pytest.raises(BadInputError, match="25 megapixels"):
        subject_of(data.getvalue())


@pytest.mark.parametrize(
    ("name", "left", "top", "right", "bottom"),
    [
        ("layering-innovation/layer_cake.jpg", 0.55, 0.2, 0.86, 0.75),
        ("db-testing-tool/cut_sweater.jpg", 0.7, 0.2, 1.0, 0.6),
        ("speaker-series/natalie-kurz.jpg", 0.2, 0.1, 0.8, 0.9),
        ("talent-manager/hulahoop.JPG", 0.35, 0.1, 0.7, 0.9),
        ("talent-manager/Jamie.jpg", 0.1, 0.1, 0.7, 0.6),
        ("eiti/eiti2.jpg", 0.1, 0.25, 0.4, 1.0),
        ("turn-up-to-11/skeleton-t-shirt.jpg", 0.05, 0.0, 0.9, 1.0),
        ("web-design-standards/lone-ranger.jpg", 0.05, 0.0, 0.9, 0.5),
        ("web-design-standards/decider.jpg", 0.16, 0.05, 0.7, 0.95),
        ("national-day-of-civic-hacking-2015/hacking-day-tucson.jpg", 0.0, 0.2, 1.0, 0.7),
        ("estonia/Estonia2.jpg", 0.1, 0.3, 0.9, 0.9),
        ("agile-workshop/workshop1.jpg", 0.1, 0.3, 0.95, 0.95),
    ],
)
def test_in_photographs_and_drawings_it_is_on_what_people_would_name(name, left, top, right, bottom):
    if not (CORPUS / name).is_file():
        pytest.skip("../shared/corpus is not here")
    x, y = subject_of(CORPUS / name).focus
    assert left <= x <= right
    assert top <= y <= bottom
