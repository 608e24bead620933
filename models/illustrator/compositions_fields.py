"""Compositions computed for every pixel: dots, contours and translucent circles, with edges smoothed by distance."""

import random

import numpy as np

from models.illustrator.canvas import Canvas, Field, grid
from models.illustrator.colours import Figures, Rgb, luminance, mix


def halftone(c: Canvas, f: Figures, dice: random.Random) -> None:
    """Print a shaded ball in dots on a slanted screen, over a second, finer tone."""
    pitch = c.short / dice.choice((26, 30, 36))
    turn = np.float32(np.pi * dice.choice((0.25, 0.25, 1 / 6, 1 / 12)))
    ball_x, ball_y = c.width * dice.uniform(0.4, 0.6), c.height * dice.uniform(0.42, 0.55)
    radius = c.short * dice.uniform(0.32, 0.4)
    light = dice.choice((-1.0, 1.0))
    fade = dice.choice((-1.0, 1.0))
    x, y = grid(c)
    u, v = x * np.cos(turn) + y * np.sin(turn), y * np.cos(turn) - x * np.sin(turn)
    # Each pixel belongs to one dot; the tone is read at the dot's middle so that dots stay round.
    middle_u, middle_v = (np.floor(u / pitch) + 0.5) * pitch, (np.floor(v / pitch) + 0.5) * pitch
    off = np.hypot(u - middle_u, v - middle_v)
    dot_x = middle_u * np.cos(turn) - middle_v * np.sin(turn)
    dot_y = middle_u * np.sin(turn) + middle_v * np.cos(turn)
    to_x, to_y = (dot_x - ball_x) / radius, (dot_y - ball_y) / radius
    inside = to_x**2 + to_y**2
    height = np.sqrt(np.clip(1 - inside, 0, 1))
    shade = np.clip(1 - (height * 0.62 - to_x * 0.55 * light - to_y * 0.5), 0.1, 0.64)
    sky = np.clip(0.5 + fade * (dot_y / c.height - 0.5) * 1.25, 0, 1) ** 1.4 * 0.42
    ball = inside < 1
    for mask, tone, colour in ((~ball, sky, f[1]), (ball, shade, f[0])):
        size = pitch * 0.62 * np.sqrt(tone)
        c.wash((np.clip(size - off + 0.5, 0, 1) * mask * (size > 0.6)).astype(np.float32), colour)


def topography(c: Canvas, f: Figures, dice: random.Random) -> None:
    """Draw a mountain map: tinted heights, contour lines, one summit marked."""
    x, y = grid(c)
    land = np.zeros((c.height, c.width), np.float32)
    for number in range(7):
        at_x, at_y = c.width * dice.uniform(0, 1), c.height * dice.uniform(0, 1)
        if number == 1:
            at_x, at_y = c.focus[0] + (at_x - c.width / 2) * 0.15, c.focus[1] + (at_y - c.height / 2) * 0.15
        wide, tall = c.short * dice.uniform(0.2, 0.5), c.short * dice.uniform(0.2, 0.5)
        size = 1.35 if number == 1 else dice.uniform(0.5, 0.9) * (1 if number % 3 else -0.6)
        # A bump is the outer product of two bells: one exponential a row and a column.
        land += size * np.exp(-(((y - at_y) / tall) ** 2)) * np.exp(-(((x - at_x) / wide) ** 2))
    levels = dice.randint(9, 12)
    land = (land - land.min()) / (land.max() - land.min()) * levels
    rise_y, rise_x = np.gradient(land)
    slope = np.hypot(rise_x, rise_y) + 1e-6
    tints = dice.random() < 0.65
    for level in range(1, levels) if tints else ():
        edge = np.clip((land - level) / slope + 0.5, 0, 1)
        c.wash(edge, mix(c.ground, f[0], 0.94 * (level / (levels - 1)) ** 1.2))
    thin = max(0.55, c.short * 0.0014)
    line_colour = mix(c.ground, f[2], 0.85) if tints else f[0]
    nearest = np.abs(land - np.clip(np.round(land), 1, levels - 1)) / slope
    index = np.round(land).astype(np.int32) % 4 == 0
    c.wash(np.clip(np.where(index, thin * 2.0, thin) - nearest + 0.5, 0, 1).astype(np.float32), line_colour)
    peak = np.unravel_index(int(np.argmax(land)), land.shape)
    spot = np.hypot(x - peak[1], y - peak[0])
    c.wash(np.clip(c.short * 0.034 - spot + 0.5, 0, 1), c.ground)
    c.wash(np.clip(c.short * 0.026 - spot + 0.5, 0, 1), f[1])


def discs(c: Canvas, f: Figures, dice: random.Random) -> None:
    """Overlap three great circles like transparent inks."""
    x, y = grid(c)
    start = dice.uniform(0, 2 * np.pi)
    throw = c.short * dice.uniform(0.15, 0.18)
    size = c.short * dice.uniform(0.26, 0.29)
    colours = [f[0], f[1], f[2]]
    circles: list[Field] = []
    for number in range(3):
        turn = start + number * 2 * np.pi / 3
        radius = size * dice.uniform(0.8, 1.15)
        at_x, at_y = c.width / 2 + throw * np.cos(turn), c.height / 2 + throw * np.sin(turn)
        if c.long > 1.8 * c.short:  # three in a heap would look lost on a strip: three in a row
            radius *= 1.35
            at_x, at_y = c.width / 2 + (number - 1) * size * 1.75, c.height / 2 + throw * 0.35 * np.sin(turn)
        circles.append(np.clip(radius - np.hypot(x - at_x, y - at_y) + 0.5, 0, 1).astype(np.float32))
    a, b, d = circles
    deep = _overprint(c.ground, _overprint(c.ground, *colours[:2]), colours[2])
    # Eight regions, each with its own share of a pixel: washing circles over each other would leave hairlines.
    c.blend(
        [
            (a * (1 - b) * (1 - d), colours[0]),
            (b * (1 - a) * (1 - d), colours[1]),
            (d * (1 - a) * (1 - b), colours[2]),
            (a * b * (1 - d), _overprint(c.ground, colours[0], colours[1])),
            (b * d * (1 - a), _overprint(c.ground, colours[1], colours[2])),
            (a * d * (1 - b), _overprint(c.ground, colours[0], colours[2])),
            (a * b * d, deep),
        ]
    )


def _overprint(ground: Rgb, one: Rgb, other: Rgb) -> Rgb:
    """Mix as inks do on light paper, as lights do on dark."""
    if luminance(ground) > 0.18:
        product = (one[0] * other[0] // 255, one[1] * other[1] // 255, one[2] * other[2] // 255)
        return mix(product, one, 0.2)
    screen = tuple(255 - (255 - a) * (255 - b) // 255 for a, b in zip(one, other, strict=True))
    return mix((screen[0], screen[1], screen[2]), one, 0.2)
