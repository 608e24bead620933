"""Compositions of hard-edged shapes: circles, bars, tiles and blocks on a grid."""

import math
import random

from models.illustrator.canvas import Canvas, arc
from models.illustrator.colours import Figures, Rgb, luminance, mix


def arcs(c: Canvas, f: Figures, dice: random.Random) -> None:
    """Draw rings that spread from a corner, and a disc that answers them; along a strip, one set after another."""
    right, bottom = dice.random() < 0.6, dice.random() < 0.7
    rings = dice.randint(4, 6)
    order = [f[0], f[1], c.ground, f[2]] if dice.random() < 0.5 else [f[1], c.ground, f[0], c.ground]
    edges = [0.0, *(dice.choice((0.5, 1.0, 1.0, 1.5)) for _ in range(rings))]
    edges[0] = sum(edges) * dice.uniform(0.2, 0.35)
    sums = [sum(edges[: n + 1]) / sum(edges) for n in range(rings + 1)]
    size = c.short * dice.uniform(0.11, 0.17)
    answer = f[dice.choice((0, 2))]
    if c.long < 2 * c.short:
        x, y = c.width * float(right), c.height * float(bottom)
        _rings(c, (x, y), math.hypot(c.short, min(c.long, c.short * 1.25)) * 0.9, sums, [f[3], *order])
        inset = size + c.short * 0.1
        c.disc(abs(c.width - x - inset), abs(c.height - y - inset), size, answer)
        return
    sets = max(2, round(c.width / (c.height * 2)))
    for number in range(sets):
        x, y = (number + 0.5) * c.width / sets, c.height * float((number + bottom) % 2)
        turned = order[number % 4 :] + order[: number % 4]
        _rings(c, (x, y), min(c.height, c.width / sets / 2) * 0.995, sums, [f[3], *turned])


def _rings(c: Canvas, at: tuple[float, float], reach: float, edges: list[float], colours: list[Rgb]) -> None:
    core, *order = colours
    for number, edge in reversed(list(enumerate(edges))):
        c.disc(*at, reach * edge, order[number % len(order)] if number else core)


def arches(c: Canvas, f: Figures, dice: random.Random) -> None:
    """Draw gateways of nested arches, side by side, at different heights."""
    across = dice.choice((2, 2, 3)) if c.width <= c.height * 1.3 else dice.choice((5, 6))
    cell = c.width / across
    rings = dice.randint(3, 4)
    previous = -1
    for column in range(across):
        rise = dice.choice([step for step in range(5) if step != previous])
        previous = rise
        top = c.height * (0.16 + 0.13 * rise) if c.height > cell * 1.4 else c.height * (0.08 + 0.09 * rise)
        shift = dice.randrange(4)
        middle = cell * (column + 0.5)
        for ring in range(rings):
            radius = cell / 2 * (1 - ring / rings)
            colour = c.ground if ring == rings - 1 and dice.random() < 0.4 else f[(ring + shift) % 4]
            c.disc(middle, top + cell / 2, radius, colour)
            c.box(middle - radius, top + cell / 2, middle + radius, c.height, colour)


def blocks(c: Canvas, f: Figures, dice: random.Random) -> None:
    """Draw an isometric town: three-faced blocks of different heights, back to front."""
    edge = c.short * dice.uniform(0.135, 0.165)
    across, up = edge * math.cos(math.pi / 6), edge * 0.5
    size = int(c.width / across) + 6
    families = [f[0], f[1], f[2]]
    seed = dice.random()
    for rank in range(2 * size):
        for column in range(size):
            row = rank - column
            if not 0 <= row < size:
                continue
            x = c.width / 2 + (column - row) * across
            ground_y = c.height * 0.36 + (rank - size) * up + edge
            # Heights from a cell's own dice: the same town stands in every format.
            cell = random.Random(f"{seed}:{column - row}:{rank - size}")
            height = edge * cell.choice((0.0, 0.0, 0.5, 1.0, 1.0, 1.5, 2.2))
            colour = cell.choice(families) if height else f[3]
            if ground_y - height < c.height * 0.18 or not -across < x < c.width + across:
                continue
            y = ground_y - height
            below = max(height, edge * 0.12)
            c.polygon([(x, y - up), (x + across, y), (x, y + up), (x - across, y)], mix(colour, (255, 255, 255), 0.16))
            left = [(x - across, y), (x, y + up), (x, y + up + below), (x - across, y + below)]
            right = [(x + across, y), (x, y + up), (x, y + up + below), (x + across, y + below)]
            # On a pale block the lit face would vanish into the top.
            c.polygon(left, mix(colour, (0, 0, 0), 0.1 if luminance(colour) > 0.55 else 0.0))
            c.polygon(right, mix(colour, (0, 0, 0), 0.24))


def capsules(c: Canvas, f: Figures, dice: random.Random) -> None:
    """Draw round-ended bars that rush along a diagonal, in ranks."""
    up = dice.choice((-45.0, -45.0, -30.0, -60.0))
    thick = c.short * dice.choice((0.085, 0.1, 0.12))
    turn = math.radians(up)
    along, across = (math.cos(turn), math.sin(turn)), (-math.sin(turn), math.cos(turn))
    reach = math.hypot(c.width, c.height)
    ranks = int(reach / thick) + 2
    seed = dice.random()
    for rank in range(-ranks // 2, ranks // 2 + 1):
        row = random.Random(f"{seed}:{rank}")
        place = -reach / 2 + row.uniform(-3.0, 0.0) * thick
        while place < reach / 2:
            length = thick * row.choice((0.0, 1.5, 2.5, 4.0, 6.0))
            colour = row.choice((f[0], f[0], f[1], f[1], f[2], c.ground, c.ground, f[3]))
            ends = [
                (
                    c.width / 2 + along[0] * (place + step) + across[0] * rank * thick,
                    c.height / 2 + along[1] * (place + step) + across[1] * rank * thick,
                )
                for step in (0.0, length)
            ]
            if colour != c.ground:
                c.stroke(ends, thick * 0.78, colour)
            place += length + thick * row.choice((1.0, 1.0, 1.4))


def orbits(c: Canvas, f: Figures, dice: random.Random) -> None:
    """Draw fine concentric circles about a body, with planets on them."""
    x, y = c.width * dice.uniform(0.42, 0.62), c.height * dice.uniform(0.45, 0.6)
    core = c.short * dice.uniform(0.12, 0.18)
    rings = dice.randint(6, 8)
    step = c.short * dice.uniform(0.075, 0.095)
    line = c.short * 0.0045
    order = [f[0], f[1], f[2]]
    angle = dice.uniform(0, 360)
    for ring in range(1, rings + 3):
        radius = core + ring * step
        c.disc(x, y, 0, f[0])
        c.stroke(arc(x, y, radius, 0, 360), line, mix(c.ground, f[3], 0.75), round_ends=False)
    for ring in range(1, rings + 3):
        radius = core + ring * step
        angle += dice.uniform(80, 170)
        size = c.short * dice.choice((0.018, 0.026, 0.04, 0.06))
        if ring % 3 == 1:
            c.stroke(arc(x, y, radius, angle, angle + dice.uniform(50, 110)), line * 5, order[ring % 3])
        turn = math.radians(angle)
        c.disc(x + radius * math.cos(turn), y + radius * math.sin(turn), size, order[(ring + 1) % 3])
    c.disc(x, y, core, f[0])
    c.pie((x, y), core, 90, 270, f[1])


def fan(c: Canvas, f: Figures, dice: random.Random) -> None:
    """Draw a colour fan opened from a corner on the right, its blades cut at different lengths."""
    bottom = dice.random() < 0.7
    x, y = float(c.width), c.height * float(bottom)
    start = 180 if bottom else 90
    blades = dice.randint(7, 10)
    reach = min(math.hypot(c.width, c.height), c.short * 1.6) * 0.97
    turn = 90 / blades
    colours = [f[0], f[1], f[2], f[3]]
    shift, climb = dice.randrange(4), dice.choice((-1, 1))
    for blade in range(blades):
        share = blade / (blades - 1) if climb > 0 else 1 - blade / (blades - 1)
        length = reach * (0.62 + 0.38 * share)
        first = start + blade * turn
        last = first + turn + 0.15 * (blade < blades - 1)
        colour = colours[(blade + shift) % 4]
        c.pie((x, y), length, first, last, colour)
        c.pie((x, y), length * 0.6, first, last, mix(colour, c.ground, 0.45) if blade % 2 else colour)
    c.disc(x, y, reach * 0.26, c.ground)
    c.disc(x, y, reach * dice.uniform(0.15, 0.2), f[dice.randrange(2)])


def tiles(c: Canvas, f: Figures, dice: random.Random) -> None:
    """Draw a wall of square tiles, each a quarter, a half, a leaf or a disc."""
    most = dice.choice((3, 4))
    edge = c.short / most
    columns, rows = math.ceil(c.width / edge - 0.2), math.ceil(c.height / edge - 0.2)
    wide, tall = c.width / columns, c.height / rows
    seed = dice.random()
    grounds = [c.ground, c.ground, mix(c.ground, f[1], 0.16), f[1], f[2]]
    for column in range(columns):
        for row in range(rows):
            cell = random.Random(f"{seed}:{column}:{row}")
            left, top = column * wide, row * tall
            floor = cell.choice(grounds)
            c.box(left, top, left + wide, top + tall, floor)
            figure = cell.choice([colour for colour in (f[0], f[0], f[1], f[2], f[3]) if colour != floor])
            _tile(c, (left, top, wide, tall), figure, floor, cell)


def _tile(c: Canvas, place: tuple[float, float, float, float], figure: Rgb, floor: Rgb, dice: random.Random) -> None:
    left, top, wide, tall = place
    kind = dice.choice(("quarter", "quarter", "leaf", "half", "disc", "rings", "slope", "bare"))
    corner = dice.randrange(4)
    x, y = left + wide * (corner % 2), top + tall * (corner // 2)
    start = (0, 90, 270, 180)[corner]
    size = min(wide, tall)

    def ellipse(radius: float) -> list[tuple[float, float]]:
        points = arc(0, 0, size * radius, start, start + 90)
        return [(x, y), *((x + px * wide / size, y + py * tall / size) for px, py in points)]

    if kind == "quarter":
        c.polygon(ellipse(1), figure)
    elif kind == "rings":
        for number, radius in enumerate((1, 0.75, 0.5, 0.25)):
            c.polygon(ellipse(radius), floor if number % 2 else figure)
    elif kind == "leaf":
        one = arc(0, 0, size, start, start + 90)
        there = [(x + px * wide / size, y + py * tall / size) for px, py in one]
        far_x, far_y = left + left + wide - x, top + top + tall - y
        back = [(far_x - px * wide / size, far_y - py * tall / size) for px, py in one]
        c.polygon([*there, *back], figure)
    elif kind == "half":
        c.pie((left + wide / 2, top + tall / 2), size / 2, corner * 90, corner * 90 + 180, figure)
    elif kind == "disc":
        c.disc(left + wide / 2, top + tall / 2, size * 0.36, figure)
    elif kind == "slope":
        c.polygon([(x, y), (left + left + wide - x, y), (x, top + top + tall - y)], figure)


def weave(c: Canvas, f: Figures, dice: random.Random) -> None:
    """Draw ribbons that pass over and under each other."""
    pitch = c.short / dice.choice((5, 6, 7))
    ribbon = pitch * dice.choice((0.62, 0.72, 0.8))
    columns, rows = round(c.width / pitch), round(c.height / pitch)
    wide, tall = c.width / columns, c.height / rows
    twill = dice.choice((2, 2, 3))
    seed = dice.random()
    warp = [random.Random(f"{seed}:x{i}").choice((f[0], f[0], f[2])) for i in range(columns)]
    weft = [random.Random(f"{seed}:y{i}").choice((f[1], f[1], f[3])) for i in range(rows)]
    gap = (pitch - ribbon) / 2
    edge = pitch * 0.045
    for column, colour in enumerate(warp):
        c.box(column * wide + gap, 0, (column + 1) * wide - gap, c.height, colour)
    for row, colour in enumerate(weft):
        c.box(0, row * tall + gap, c.width, (row + 1) * tall - gap, colour)
    for column, colour in enumerate(warp):
        for row in range(rows):
            if (column + row) % twill == 0:
                left, right = column * wide + gap, (column + 1) * wide - gap
                top, bottom = row * tall + gap - edge, (row + 1) * tall - gap + edge
                c.box(left - edge, top + edge, right + edge, bottom - edge, c.ground)
                c.box(left, top - edge, right, bottom + edge, colour)
