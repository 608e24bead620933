"""The pictures a cover can carry, by name, each drawn into a canvas of any shape.

A composition takes its canvas, four figure colours (the loudest first) and dice.
Everything is proportional to the canvas, so one throw of the dice gives kindred pictures in every format.
"""

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from models.illustrator import compositions_fields as fields
from models.illustrator import compositions_layers as layers
from models.illustrator import compositions_shapes as shapes
from models.illustrator.canvas import Canvas
from models.illustrator.colours import Figures
from models.illustrator.cover_layout import Arrangement


@dataclass(frozen=True)
class Composition:
    """A way to draw, and the arrangements it looks right in.

    `calm` asks for a panel of paper or ink: the picture fades into its panel, and two loud colours fade through mud.
    """

    draw: Callable[[Canvas, Figures, random.Random], None]
    arrangements: tuple[Arrangement, ...]
    calm: bool = False


COMPOSITIONS: Mapping[str, Composition] = {
    "arcs": Composition(shapes.arcs, ("side", "band")),
    "arches": Composition(shapes.arches, ("side", "band", "open")),
    "blocks": Composition(shapes.blocks, ("side", "band")),
    "capsules": Composition(shapes.capsules, ("side", "band", "card")),
    "discs": Composition(fields.discs, ("side", "open")),
    "halftone": Composition(fields.halftone, ("side",)),
    "orbits": Composition(shapes.orbits, ("side",)),
    "paper": Composition(layers.paper, ("side", "band", "card"), calm=True),
    "fan": Composition(shapes.fan, ("side", "open")),
    "ridges": Composition(layers.ridges, ("side", "open")),
    "tiles": Composition(shapes.tiles, ("side", "band", "card")),
    "topography": Composition(fields.topography, ("side", "band", "card"), calm=True),
    "waves": Composition(layers.waves, ("side", "band", "card"), calm=True),
    "weave": Composition(shapes.weave, ("side", "band", "card")),
}
"""`initial`, a letter as picture, needs the headline and is drawn by the illustrator itself."""
