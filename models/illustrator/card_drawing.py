"""Cards drawn: a quotation, a sentence or a figure on a ground of the brand, with one shape that leaves words alone."""

import random
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Literal

from models.illustrator.canvas import Canvas
from models.illustrator.card_layout import CardLayout, ShareForm
from models.illustrator.colours import READABLE, Rgb, contrast, distance, luminance, mix, parts, readable_on, rgb
from models.illustrator.cover_layout import Box
from models.protocols import CoverRequest

if TYPE_CHECKING:
    from PIL.Image import Image

CARDS = "1"
"""Raised with every change that alters a card: it is part of every card's recipe."""

ShapeName = Literal["disc", "hill", "rings", "slope", "sun"]
_SHAPES: tuple[ShapeName, ...] = ("disc", "hill", "rings", "slope")
_SEEN = 3.0  # WCAG 2.2, 1.4.11: what a graphic needs to be told from its ground


@dataclass(frozen=True)
class CardScheme:
    """The colours of a card.

    `text` reads on `ground` and on `behind`, which is None where no colour of the brand bears it; `accent` is seen on
    `ground`. `shape` stands clear of words, `shade` and `track` are the ground a little towards the text.
    """

    ground: Rgb
    text: Rgb
    accent: Rgb
    shape: Rgb
    behind: Rgb | None
    shade: Rgb
    track: Rgb


@dataclass(frozen=True)
class CardPlan:
    """What the dice decided; the same in every format."""

    scheme: CardScheme
    shape: ShapeName
    form: ShareForm


def plan_card(request: CoverRequest, seed: int) -> CardPlan:
    """Throw the dice for a card: ground, shape, and whether a share is a ring or bar (`form`) or a field of dots."""
    dice = random.Random(f"card {CARDS} {seed} {request.headline}")
    dark = dice.random() < 0.5
    loud = dice.random() < 0.7
    shapes = (*_SHAPES, "sun", "sun") if request.kind == "figure" else _SHAPES
    form: ShareForm = "solid" if dice.random() < 0.5 else "dots"
    return CardPlan(_scheme(request, dark=dark, loud=loud), dice.choice(shapes), form)


def _scheme(request: CoverRequest, *, dark: bool, loud: bool) -> CardScheme:
    brand = request.brand
    paper, ink = rgb(brand.paper), rgb(brand.ink)
    ground = ink if dark else paper
    text = readable_on(ground, paper, ink)
    accent = _moved(rgb(brand.accent), text, lambda c: contrast(c, ground) >= _SEEN)
    strong = [rgb(brand.accent), rgb(brand.support)]
    if loud != (request.kind == "figure"):  # a quotation's mark is of the accent already
        strong.reverse()
    shape = next((colour for colour in strong if parts(colour, ground)), mix(ground, text, 0.3))
    brighter = luminance(text) > luminance(ground)

    def bears_text(colour: Rgb) -> bool:
        return contrast(text, colour) >= READABLE and (luminance(text) > luminance(colour)) == brighter

    behind = [_moved(colour, ground, bears_text) for colour in strong]
    # A colour that had to move far is no longer the brand's: then nothing stands behind words.
    kept = (b for colour, b in zip(strong, behind, strict=True) if distance(colour, b) < 0.12 and parts(b, ground))
    return CardScheme(ground, text, accent, shape, next(kept, None), mix(ground, text, 0.06), mix(ground, text, 0.16))


def _moved(colour: Rgb, towards: Rgb, good: Callable[[Rgb], bool]) -> Rgb:
    """Move a colour towards another, no further than it needs to be good; the other itself where nothing is."""
    return next((c for step in range(50) if good(c := mix(colour, towards, step / 50))), towards)


def draw_ground(request: CoverRequest, plan: CardPlan, layout: CardLayout, share: Decimal | None) -> "Image":
    """Draw everything but the letters: the ground, its shape, a share, the brand's mark and the rule."""
    scheme = plan.scheme
    canvas = Canvas(request.width, request.height, scheme.ground)
    _draw_shape(canvas, plan.shape, layout, scheme, quiet=share is not None)
    if share is not None and layout.proportion:
        draw_share(canvas, layout.proportion, float(share), scheme, plan.form)
    for box in (layout.mark, layout.rule, *layout.corner):
        if box:
            canvas.box(box.left, box.top, box.right, box.bottom, scheme.accent)
    return canvas.finished()


def _draw_shape(canvas: Canvas, shape: ShapeName, layout: CardLayout, scheme: CardScheme, *, quiet: bool) -> None:
    """Draw one shape that comes in from the foot, clear of the words, or, the sun, stands behind a figure's end.

    Beside a share it is but a shade: there the share is the picture.
    """
    w, h, short = canvas.width, canvas.height, canvas.short
    colour = scheme.shade if quiet else scheme.shape
    crest = max(layout.foot + short * 0.05, h - short * 0.8)
    reach = h - crest
    if shape == "sun" and scheme.behind and not quiet and w >= h:
        number = layout.figure
        x = min(max(number.right, w * 0.7), w * 0.8)
        room = x - short * 0.03 - max([line.box.right for line in layout.lines if line.role == "kicker"], default=0.0)
        canvas.disc(x, number.top, max(short * 0.12, min(short * 0.4, number.height * 0.9, room)), scheme.behind)
    elif shape in {"disc", "sun"}:
        radius = max(short * 0.56, reach * 0.62)
        canvas.disc(w * 0.8, crest + radius, radius, colour)
    elif shape == "hill":
        radius = canvas.long * 0.8
        canvas.disc(w * 0.4, crest + radius, radius, colour)
    elif shape == "slope":
        canvas.polygon([(0, h), (0, h - reach * 0.2), (w, crest), (w, h)], colour)
    else:
        radius = reach if quiet else min(short * 0.86, layout.clearance(w, h) - short * 0.05)
        for ring in range(5):
            canvas.disc(w, h, radius * (1 - ring / 5), scheme.ground if ring % 2 else colour)


def draw_share(canvas: Canvas, box: Box, share: float, scheme: CardScheme, form: ShareForm) -> None:
    """Draw a share of a whole into a box, exact to the value: a ring or a bar, or a hundred dots."""
    if form == "dots":
        _dots(canvas, box, share, scheme)
    elif box.width > 2 * box.height:
        canvas.box(box.left, box.top, box.right, box.bottom, scheme.track)
        canvas.box(box.left, box.top, box.left + box.width * share, box.bottom, scheme.accent)
    else:
        at, radius = ((box.left + box.right) / 2, (box.top + box.bottom) / 2), box.height / 2
        canvas.disc(*at, radius, scheme.track)
        if share > 0:
            canvas.pie(at, radius, -90, -90 + 360 * share, scheme.accent)
        canvas.disc(*at, radius * 0.6, scheme.ground)


def _dots(canvas: Canvas, box: Box, share: float, scheme: CardScheme) -> None:
    columns = 25 if box.width > 2 * box.height else 10
    cell = box.width / (columns - 0.28)
    radius = cell * 0.36
    for number in range(100):
        x = box.left + radius + number % columns * cell
        y = box.top + radius + number // columns * cell
        filled = min(1.0, max(0.0, share * 100 - number))
        canvas.disc(x, y, radius, scheme.accent if filled == 1 else scheme.track)
        if 0 < filled < 1:
            canvas.pie((x, y), radius, -90, -90 + 360 * filled, scheme.accent)
