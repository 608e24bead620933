"""The typographic illustrator: same bytes for the same throw, legible in any colours, small files."""

import io
import random
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from content.alt_text import _MOTIFS
from content.recipes import sha256_of
from content.values import Brand
from models.illustrator.colours import READABLE, contrast
from models.illustrator.compositions import COMPOSITIONS
from models.illustrator.illustrator_typographic import MOTIFS, IllustratorTypographic, plan_cover
from models.protocols import CoverRequest, Illustrator

HEADLINE = "Harbour ferry returns after eleven months of repairs"
colours = st.integers(0, 0xFFFFFF).map(lambda value: f"#{value:06x}")


def request(width=1200, height=630, headline=HEADLINE, **more):
    return CoverRequest(
        headline=headline, kicker="The Harbour Post", byline="30 November 2015", width=width, height=height, **more
    )


def seed_for(motif):
    return next(seed for seed in range(2000) if plan_cover(request(), seed).motif == motif)


def test_it_is_an_illustrator():
    assert isinstance(IllustratorTypographic(), Illustrator)


def test_same_seed_gives_same_bytes_in_another_process():
    here = IllustratorTypographic().illustrate(request(600, 315), seed=7).data
    script = (
        "import sys; from models.illustrator.illustrator_typographic import *; from content.recipes import sha256_of;"
        f"r = CoverRequest(headline={HEADLINE!r}, kicker='The Harbour Post', byline='30 November 2015',"
        "width=600, height=315);"
        "print(sha256_of(IllustratorTypographic().illustrate(r, seed=7).data))"
    )
    there = subprocess.run(
        [sys.executable, "-c", script],
        cwd=Path(__file__).resolve().parents[2],
        capture_output=True,
        text=True,
        check=True,
    )
    assert there.stdout.strip() == sha256_of(here)


def test_different_seeds_give_different_pictures():
    drawn = {sha256_of(IllustratorTypographic().illustrate(request(300, 200), seed=seed).data) for seed in range(12)}
    assert len(drawn) == 12


def test_every_motif_is_reached_named_and_drawn_in_every_format():
    assert len(MOTIFS) >= 8
    assert {plan_cover(request(), seed).motif for seed in range(400)} == set(MOTIFS) == set(_MOTIFS)
    for motif in MOTIFS:
        for width, height in ((600, 315), (400, 400), (640, 360), (270, 480)):
            picture = IllustratorTypographic().illustrate(request(width, height), seed=seed_for(motif))
            image = Image.open(io.BytesIO(picture.data))
            assert image.size == (picture.width, picture.height) == (width, height)
            assert len(image.getcolors(1 << 20)) > 3


def test_a_story_keeps_its_motif_and_colours_in_every_format():
    plans = [plan_cover(request(*size), 11) for size in ((1200, 630), (1080, 1080), (1920, 1080))]
    assert plans[0] == plans[1] == plans[2]


@settings(max_examples=200, deadline=None)
@given(colours, colours, colours, colours, st.integers(0, 2**32))
def test_words_reach_their_contrast_on_any_brand(ink, paper, accent, support, seed):
    scheme = plan_cover(request(brand=Brand(ink=ink, paper=paper, accent=accent, support=support)), seed).scheme
    assert contrast(scheme.text, scheme.ground) >= READABLE
    assert contrast(scheme.quiet, scheme.ground) >= READABLE


def test_the_ground_and_the_words_keep_their_exact_colours_in_the_file():
    for seed in range(8):
        scheme = plan_cover(request(), seed).scheme
        image = Image.open(io.BytesIO(IllustratorTypographic().illustrate(request(), seed=seed).data)).convert("RGB")
        found = {colour for _, colour in image.getcolors(1 << 20)}
        assert {scheme.ground, scheme.text} <= found


@pytest.mark.parametrize("motif", sorted(COMPOSITIONS))
def test_a_wide_cover_is_a_small_file(motif):
    assert len(IllustratorTypographic().illustrate(request(), seed=seed_for(motif)).data) < 150_000


def test_drawing_leaves_the_global_dice_alone():
    random.seed(5)
    before = random.getstate()
    IllustratorTypographic().illustrate(request(300, 200), seed=3)
    assert random.getstate() == before


def test_the_alternative_text_tells_headline_colours_and_motif():
    picture = IllustratorTypographic().illustrate(request(300, 200), seed=seed_for("waves"))
    assert picture.alt.startswith(f"Cover: “{HEADLINE}”, set in ")
    assert picture.alt.endswith("waves")
