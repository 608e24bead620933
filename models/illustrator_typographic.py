"""The typographic illustrator: a headline to a designed cover, from a brand's colours and a throw of the dice.

It needs no weights, only typefaces. The seed decides composition, arrangement and colours;
the same request and seed give the same bytes in any process with the same typefaces and Pillow.
"""

import random
from dataclasses import dataclass
from typing import TYPE_CHECKING, get_args

from content.alt_text import alt_text
from content.recipes import EngineIdentity
from models.canvas import Canvas
from models.colours import GroundName, Scheme, scheme_for
from models.compositions import COMPOSITIONS
from models.cover_layout import Arrangement, CoverLayout, lay_out
from models.linebreaks import is_han, tidy
from models.png import encode_png
from models.protocols import CoverRequest, RenderedPicture
from models.typefaces import Typecase

if TYPE_CHECKING:
    from PIL.Image import Image

DESIGN = "2"
"""Raised with every change that alters a picture: it is part of every cover's recipe."""

MOTIFS = (*COMPOSITIONS, "initial")
_FINER_TEXT = 4


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
    """Draws covers. Holds nothing but opened typefaces, which the process keeps."""

    def __init__(self, case: Typecase | None = None) -> None:
        self._case = case or Typecase()

    @property
    def identity(self) -> EngineIdentity:
        """Everything that can change a cover: the design, Pillow's rasteriser and the faces installed."""
        from PIL import __version__ as pillow

        serif, sans = self._case.names("serif"), self._case.names("sans")
        return EngineIdentity(
            backend="typographic", revision=DESIGN, parameters={"pillow": pillow, "serif": serif, "sans": sans}
        )

    def load(self) -> None:
        """Open the Latin typefaces; raise MissingEngineError where they are not installed."""
        self._case.typeface("serif", "bold")
        self._case.typeface("sans", "bold")

    def release(self) -> None:
        """Do nothing: opened typefaces are small and shared."""

    def illustrate(self, request: CoverRequest, *, seed: int) -> RenderedPicture:
        """Draw one cover.

        Raises MissingGlyphError when no typeface can draw a character, BadInputError for an empty headline.
        """
        plan = plan_cover(request, seed)
        layout = lay_out(request, plan.arrangement, self._case, low=plan.low)
        cover = self._draw(request, plan, layout)
        alt = alt_text(request.headline, language=request.language, motif=plan.motif, **_words_for(plan))
        return RenderedPicture(
            data=encode_png(cover), media_type="image/png", width=request.width, height=request.height, alt=alt
        )

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
        self._set_words(cover, layout, scheme)
        return cover

    def _set_words(self, cover: "Image", layout: CoverLayout, scheme: Scheme) -> None:
        """Draw every glyph at four times its size, so that it stands on quarters of a pixel, and average down."""
        from PIL import Image, ImageDraw

        n = _FINER_TEXT
        for line in layout.lines:
            left, top = int(line.box.left) - 8, int(line.box.top) - 8
            size = (int(line.box.width) + 18, int(line.box.height) + 18)
            mask = Image.new("L", (size[0] * n, size[1] * n), 0)
            draw = ImageDraw.Draw(mask)
            for glyph in line.line.glyphs:
                font = glyph.face.at(round(line.size * glyph.scale * n))
                place = ((line.x + glyph.x * line.size - left) * n, (line.baseline - top) * n)
                draw.text((round(place[0]), round(place[1])), glyph.character, font=font, fill=255, anchor="ls")
            cover.paste(scheme.quiet if line.role == "byline" else scheme.text, (left, top), mask.reduce(n))

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


def _words_for(plan: Plan) -> dict[str, str]:
    hexed = ["#{:02x}{:02x}{:02x}".format(*c) for c in (plan.scheme.text, plan.scheme.ground, plan.scheme.figures[0])]
    return {"ink": hexed[0], "ground": hexed[1], "figure": hexed[2]}
