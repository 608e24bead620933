"""Cards drawn: every word can be read on any brand, a share is as large as it says, a film alternates."""

import io

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from content.proportions import proportion_in
from content.recipes import sha256_of
from content.values import Brand
from models.fakes.fakes import FakeIllustrator
from models.illustrator.card_drawing import draw_ground, plan_card
from models.illustrator.card_layout import lay_out_card
from models.illustrator.colours import READABLE, contrast
from models.illustrator.illustrator_typographic import IllustratorTypographic
from models.illustrator.typefaces import Typecase
from models.protocols import CoverRequest

CASE = Typecase()
SHAPES = {"disc", "hill", "rings", "slope"}
colours = st.integers(0, 0xFFFFFF).map(lambda value: f"#{value:06x}")
brands = st.builds(Brand, ink=colours, paper=colours, accent=colours, support=colours)


def request(kind="quote", headline="“We waited all winter for her.”", width=480, height=270, **more):
    told = {"kicker": "The Harbour Post", "byline": "Han Ruoxi", "kept_free": 0.26} | more
    return CoverRequest(kind=kind, headline=headline, width=width, height=height, **told)


def ground_of(asked, seed):
    plan = plan_card(asked, seed)
    share = proportion_in(asked.headline, asked.byline) if asked.kind == "figure" else None
    layout = lay_out_card(asked, CASE, share=plan.form if share is not None else "")
    return plan, layout, draw_ground(asked, plan, layout, share)


@settings(max_examples=80, deadline=None)
@given(
    brands,
    st.sampled_from([("quote", "“We waited all winter for her.”"), ("figure", "$4.2 million"), ("figure", "62%")]),
    st.sampled_from([(480, 270), (270, 270), (270, 480)]),
    st.integers(0, 2**32),
)
def test_every_word_is_readable_on_what_lies_under_it_whatever_the_brand(brand, shown, size, seed):
    plan, layout, ground = ground_of(request(*shown, *size, brand=brand), seed)
    for line in layout.lines:
        box = line.box
        under = ground.crop((int(box.left), int(box.top), int(box.right) + 1, int(box.bottom) + 1))
        for _, colour in under.getcolors(1 << 20):
            assert contrast(plan.scheme.text, colour) >= READABLE
    if plan.scheme.behind:
        assert contrast(plan.scheme.text, plan.scheme.behind) >= READABLE
    assert contrast(plan.scheme.accent, plan.scheme.ground) >= 3


@pytest.mark.parametrize("size", [(960, 540), (540, 540), (540, 960)])
@pytest.mark.parametrize("figure", ["0%", "8%", "37.5%", "百分之六十二", "100%"])
def test_a_share_covers_exactly_its_part_of_the_whole(size, figure):
    for form in ("solid", "dots"):
        asked = request("figure", figure, *size, byline="of trips")
        seed = next(seed for seed in range(50) if plan_card(asked, seed).form == form)
        plan, layout, ground = ground_of(asked, seed)
        box = layout.proportion
        inside = ground.crop((int(box.left) - 1, int(box.top) - 1, int(box.right) + 2, int(box.bottom) + 2))
        filled, rest = coverage(inside, plan.scheme)
        assert filled / (filled + rest) == pytest.approx(float(proportion_in(figure)), abs=0.004)


def coverage(picture, scheme):
    """How much of a picture is accent and how much track; pixels on an edge count by what they hold of each."""
    ground = np.array(scheme.ground, float)
    mixed = np.stack([np.array(scheme.accent) - ground, np.array(scheme.track) - ground], axis=1)
    pixels = np.asarray(picture, float).reshape(-1, 3) - ground
    return np.linalg.lstsq(mixed, pixels.T, rcond=None)[0].sum(axis=1)


def test_a_film_alternates_between_both_grounds_and_every_shape():
    plans = [plan_card(request(headline=f"Sentence number {n}."), 7) for n in range(60)]
    assert {plan.scheme.ground for plan in plans} == {(20, 33, 61), (250, 247, 242)}
    assert {plan.shape for plan in plans} == SHAPES
    assert {plan_card(request("figure", str(n)), 7).shape for n in range(60)} == SHAPES | {"sun"}


def test_a_card_keeps_its_look_in_every_format():
    plans = [plan_card(request(width=w, height=h), 7) for w, h in ((480, 270), (270, 270), (270, 480))]
    assert plans[0] == plans[1] == plans[2]


@pytest.mark.parametrize(("kind", "headline"), [("quote", "“We waited.”"), ("figure", "62 percent")])
def test_the_same_request_and_seed_give_the_same_bytes(kind, headline):
    one, again, other = (
        IllustratorTypographic().illustrate(request(kind, headline, byline="of us"), seed=seed) for seed in (7, 7, 8)
    )
    assert sha256_of(one.data) == sha256_of(again.data) != sha256_of(other.data)
    assert Image.open(io.BytesIO(one.data)).size == (one.width, one.height) == (480, 270)


def test_the_alternative_text_tells_what_is_quoted_and_how_a_share_is_drawn():
    quote = IllustratorTypographic().illustrate(request(headline="“We waited,”"), seed=1)
    assert quote.alt == "Quotation: “We waited” – Han Ruoxi"
    alts = {
        IllustratorTypographic().illustrate(request("figure", "62%", *size, byline="of trips"), seed=seed).alt
        for seed in range(6)
        for size in ((480, 270), (270, 270))
    }
    assert alts == {f"Figure: 62% of trips, drawn as a part of a {form}" for form in ("ring", "bar", "hundred dots")}


def test_the_cards_design_is_part_of_who_drew_it():
    assert IllustratorTypographic().identity.parameters["cards"] == "1"


@pytest.mark.parametrize("kind", ["quote", "figure"])
def test_the_fake_draws_cards_too(kind):
    made = FakeIllustrator().illustrate(request(kind, "62%"), seed=1)
    assert Image.open(io.BytesIO(made.data)).size == (480, 270)
