"""Compositions of stacked layers: hills, cut paper and profiles, each hiding part of the one behind."""

import math
import random

from models.illustrator.canvas import Canvas, Point
from models.illustrator.colours import Figures, luminance, mix


def waves(c: Canvas, f: Figures, dice: random.Random) -> None:
    """Draw rolling layers under a sun, lighter into the distance."""
    layers = dice.randint(5, 7)
    sun_x, sun_r = c.focus[0] + c.short * dice.uniform(-0.2, 0.2), c.short * dice.uniform(0.15, 0.21)
    far, near = dice.choice(((0.72, 0.0), (0.0, 0.72)))
    c.disc(sun_x, c.height * dice.uniform(0.26, 0.36), sun_r, f[1])
    depth = mix(f[0], (0, 0, 0), 0.35) if luminance(c.ground) > 0.2 else f[0]
    for layer in range(layers):
        share = layer / (layers - 1)
        colour = mix(depth if far > near else f[0], c.ground, far + (near - far) * share)
        base = c.height * (0.36 + 0.56 * share)
        swell = c.short * dice.uniform(0.035, 0.075)
        length = c.short * dice.uniform(0.8, 1.5)
        start, second = dice.uniform(0, math.tau), dice.uniform(0, math.tau)
        step = c.width / 160
        edge = [
            (
                i * step,
                base
                + swell * math.sin(start + i * step / length * math.tau)
                + swell * 0.4 * math.sin(second + i * step / length * 2.3 * math.tau),
            )
            for i in range(161)
        ]
        c.polygon([*edge, (c.width, c.height), (0, c.height)], colour)


def ridges(c: Canvas, f: Figures, dice: random.Random) -> None:
    """Draw profile lines one behind the other, with a rise where they cross the middle."""
    lines = dice.randint(17, 22)
    centre = c.width * dice.uniform(0.38, 0.62)
    spread = c.short * dice.uniform(0.2, 0.27)
    tall = c.short * dice.uniform(0.15, 0.22)
    loud = {dice.randrange(4, lines - 2), dice.randrange(4, lines - 2)}
    thick = c.short * 0.0075
    for line in range(lines):
        base = c.height * (0.2 + 0.86 * line / (lines - 1))
        bumps = [
            (centre + dice.gauss(0, 0.7) * spread, spread * dice.uniform(0.3, 0.7), dice.uniform(0.1, 0.7))
            for _ in range(5)
        ]
        step = c.width / 220
        edge: list[Point] = []
        for i in range(221):
            x = i * step
            rise = sum(size * math.exp(-(((x - at) / wide) ** 2)) for at, wide, size in bumps)
            hush = math.exp(-(((x - centre) / (1.5 * spread)) ** 2))
            edge.append((x, base - tall * rise * hush * 0.75))
        c.polygon([*edge, (c.width, c.height + thick), (0, c.height + thick)], c.ground)
        c.stroke(edge, thick * (2.6 if line in loud else 1.0), f[0] if line in loud else f[2])


def paper(c: Canvas, f: Figures, dice: random.Random) -> None:
    """Draw sheets of cut paper, each with a larger opening than the one below, and the soft shadows they cast."""
    sheets = dice.randint(4, 5)
    x = c.focus[0] + c.width * dice.uniform(-0.06, 0.06)
    y = c.focus[1] + c.height * dice.uniform(-0.05, 0.05)
    lobes = [(k, dice.uniform(0.05, 0.17) / k**0.5, dice.uniform(0, math.tau)) for k in (2, 3, 4, 5)]
    first, last = (f[0], f[1]) if dice.random() < 0.5 else (f[1], f[0])
    dark = mix(min((*f, c.ground), key=luminance), (0, 0, 0), 0.5)
    drop = c.short * 0.018
    c.box(0, 0, c.width, c.height, last)
    for sheet in range(sheets):  # from the deepest up
        size = 0.16 + 0.4 * sheet / (sheets - 1)
        drift = dice.uniform(-0.35, 0.35)
        hole: list[Point] = []
        for i in range(240):
            turn = math.tau * i / 240
            radius = size * (1 + sum(a * math.sin(k * turn + p + drift * k) for k, a, p in lobes))
            hole.append((x + c.width * radius * math.cos(turn), y + c.height * radius * math.sin(turn)))
        c.shadow_around([(px + drop, py + drop * 1.3) for px, py in hole], drop * 0.9, dark, 0.36)
        c.around(hole, mix(first, c.ground, (sheet + 1) / sheets) if sheet < sheets - 1 else c.ground)
