"""The typographic illustrator: a headline, quotation or figure to a designed picture in a brand's colours.

It needs no weights, only typefaces. The seed decides composition, arrangement and colours;
the same request and seed give the same bytes in any process with the same typefaces and Pillow.
"""

import random
from dataclasses import dataclass
from typing import TYPE_CHECKING, get_args

from content.alt_text import alt_text, figure_alt, quote_alt
from content.proportions import proportion_in
from content.recipes import EngineIdentity
from models.illustrator.canvas import Canvas
from models.illustrator.card_drawing import CARDS, draw_ground, plan_card
from models.illustrator.card_layout import lay_out_card
from models.illustrator.colours import GroundName, Scheme, scheme_for
from models.illustrator.compositions import COMPOSITIONS
from models.illustrator.cover_layout import Arrangement, CoverLayout, lay_out
from models.illustrator.lettering import set_lines
from models.illustrator.linebreaks import is_han, tidy
from models.illustrator.png import encode_png
from models.illustrator.quote_marks import opened
from models.illustrator.typefaces import Typecase
from models.protocols import CoverRequest, RenderedPicture

if TYPE_CHECKING:
    from PIL.Image import Image

DESIGN = "2"
"""Raised with every change that alters a cover: it is part of every picture's recipe, as `CARDS` is."""

MOTIFS = (*COMPOSITIONS, "initial")


@dataclass(frozen=True)
class Plan:
    """What the dice decided before anything is drawn; the same in every format."""

    motif: str
    arrangement: Arrangement
    low: bool
    scheme: Scheme
    dice: int


def plan_cover(request: CoverRequest, seed: int) -> Plan:
    """Throw the dice for a cover; the headline, brand and seed decide, the format does not."""
    dice = random.Random(f"cover {DESIGN} {seed}")
    motif = dice.choice(MOTIFS)
    arrangements = COMPOSITIONS[motif].arrangements if motif in COMPOSITIONS else ("side", "open")
    arrangement = dice.choice(arrangements)
    grounds = get_args(GroundName)
    ground = dice.choices(grounds, weights=(38, 27, 20, 15))[0]
    calm = motif in COMPOSITIONS and COMPOSITIONS[motif].calm
    split, card = arrangement != "open", arrangement == "card"
    scheme = scheme_for(request.brand, ground, split=split, calm=calm, card=card, dice=dice)
    return Plan(motif, arrangement, dice.random() < 0.4, scheme, dice.getrandbits(64))


class IllustratorTypographic:
    """Draws covers and cards. Holds nothing but opened typefaces, which the process keeps."""

    def __init__(self, case: Typecase | None = None) -> None:
        self._case = case or Typecase()

    @property
    def identity(self) -> EngineIdentity:
        """Everything that can change a picture: the designs, Pillow's rasteriser and the faces installed."""
        from PIL import __version__ as pillow

        serif, sans = self._case.names("serif"), self._case.names("sans")
        faces: dict[str, str | int | float | bool] = {"serif": serif, "sans": sans}
        return EngineIdentity(
            backend="typographic", revision=DESIGN, parameters={"cards": CARDS, "pillow": pillow, **faces}
        )

    def load(self) -> None:
        """Open the Latin typefaces; raise MissingEngineError where they are not installed."""
        self._case.typeface("serif", "bold")
        self._case.typeface("sans", "bold")

    def release(self) -> None:
        """Do nothing: opened typefaces are small and shared."""

    def illustrate(self, request: CoverRequest, *, seed: int) -> RenderedPicture:
        """Draw one cover, quotation, sentence or figure.

        Raises MissingGlyphError when no typeface can draw a character, BadInputError for an empty headline and for a
        quotation or figure too long to be read.
        """
        if request.kind == "cover":
            return self._cover(request, seed)
        return self._card(request, seed)

    def _cover(self, request: CoverRequest, seed: int) -> RenderedPicture:
        plan = plan_cover(request, seed)
        layout = lay_out(request, plan.arrangement, self._case, low=plan.low)
        cover = self._draw(request, plan, layout)
        alt = alt_text(request.headline, language=request.language, motif=plan.motif, **_words_for(plan))
        return _finished(request, cover, alt)

    def _card(self, request: CoverRequest, seed: int) -> RenderedPicture:
        plan, language = plan_card(request, seed), request.language
        share = proportion_in(request.headline, request.byline) if request.kind == "figure" else None
        form = "" if share is None else plan.form
        layout = lay_out_card(request, self._case, share=form)
        card = draw_ground(request, plan, layout, share)
        set_lines(card, layout.lines, lambda _: plan.scheme.text)
        if layout.quote:
            set_lines(card, (layout.quote,), lambda _: plan.scheme.accent)
        headline, byline = tidy(request.headline, language), tidy(request.byline, language)
        if request.kind == "point":
            alt = " – ".join(filter(None, (headline, byline)))
        elif request.kind == "quote":
            alt = quote_alt(opened(headline)[1], byline, language=language)
        else:
            drawn = form if form != "solid" else "bar" if layout.is_long else "ring"
            alt = figure_alt(headline, byline, language=language, form=drawn)
        return _finished(request, card, alt)

    def _draw(self, request: CoverRequest, plan: Plan, layout: CoverLayout) -> "Image":
        from PIL import Image, ImageDraw

        scheme, area = plan.scheme, layout.picture
        cover = Image.new("RGB", (request.width, request.height), scheme.ground)
        canvas = Canvas(round(area.width), round(area.height), scheme.panel, focus=layout.focus)
        dice = random.Random(plan.dice)
        if plan.motif in COMPOSITIONS:
            COMPOSITIONS[plan.motif].draw(canvas, scheme.figures, dice)
        else:
            self._initial(request, canvas, scheme, dice)
        cover.paste(canvas.finished(), (round(area.left), round(area.top)))
        draw = ImageDraw.Draw(cover)
        for box, colour in ((layout.card, scheme.ground), (layout.mark, scheme.mark)):
            if box:
                left, top = round(box.left), round(box.top)
                draw.rectangle((left, top, round(box.right) - 1, round(box.bottom) - 1), fill=colour)
        set_lines(cover, layout.lines, lambda line: scheme.quiet if line.role == "byline" else scheme.text)
        return cover

    def _initial(self, request: CoverRequest, canvas: Canvas, scheme: Scheme, dice: random.Random) -> None:
        """Draw the headline's first letter, ideograph or number as the picture, over one plain shape."""
        headline = tidy(request.headline, request.language)
        letter = next((c for c in headline if c.isalnum()), headline[0]).upper()
        f, (w, h) = scheme.figures, (canvas.width, canvas.height)
        shape = dice.choice(("disc", "half", "bar", "quarter"))
        if shape == "disc":
            canvas.disc(w * dice.uniform(0.4, 0.6), h * dice.uniform(0.4, 0.6), canvas.short * 0.36, f[1])
        elif shape == "half":
            canvas.box(0, h * dice.choice((0.5, 0.62)), w, h, f[1])
        elif shape == "bar":
            canvas.box(w * dice.choice((0.0, 0.5, 0.62)), 0, w, h, f[1])
        else:
            canvas.pie((w * dice.choice((0, 1)), h), canvas.short * 0.9, 180, 360, f[1])
        face = self._case.face_for(letter, request.brand.typeface, "black", request.language, han=is_han(letter))
        lean = dice.uniform(-0.04, 0.04)
        canvas.letter(letter, face, (w * (0.5 + lean), h * 0.5), min(h * 0.8, w * 0.82), f[0])


def _finished(request: CoverRequest, picture: "Image", alt: str) -> RenderedPicture:
    return RenderedPicture(
        data=encode_png(picture), media_type="image/png", width=request.width, height=request.height, alt=alt
    )


def _words_for(plan: Plan) -> dict[str, str]:
    hexed = ["#{:02x}{:02x}{:02x}".format(*c) for c in (plan.scheme.text, plan.scheme.ground, plan.scheme.figures[0])]
    return {"ink": hexed[0], "ground": hexed[1], "figure": hexed[2]}
