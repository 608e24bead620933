"""Colour for covers: contrast, mixtures that keep their brightness, and the scheme a brand's four colours give a cover.

Contrast is WCAG 2's; mixtures are made in OKLab, where halfway looks halfway
(https://bottosson.github.io/posts/oklab/).
"""

import math
import random
from dataclasses import dataclass
from typing import Literal

from content.values import Brand

Rgb = tuple[int, int, int]
Figures = tuple[Rgb, Rgb, Rgb, Rgb]
GroundName = Literal["paper", "ink", "accent", "support"]

READABLE = 4.5
BLACK: Rgb = (12, 12, 14)
WHITE: Rgb = (255, 255, 255)


@dataclass(frozen=True)
class Scheme:
    """The colours of one cover.

    `ground` lies under the text, `panel` under the picture; `figures` are what the picture is drawn in,
    the loudest first, each visible on the panel. `text` and `quiet` reach 4.5:1 on the ground.
    """

    ground: Rgb
    text: Rgb
    quiet: Rgb
    mark: Rgb
    panel: Rgb
    figures: Figures


def rgb(colour: str) -> Rgb:
    """Read #RRGGBB."""
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


def luminance(colour: Rgb) -> float:
    """Give WCAG relative luminance, 0 to 1."""
    red, green, blue = (_linear(channel) for channel in colour)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: Rgb, other: Rgb) -> float:
    """Give the WCAG contrast ratio, 1 to 21."""
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def mix(one: Rgb, other: Rgb, share: float) -> Rgb:
    """Mix two colours; `share` is how much of the other."""
    pairs = zip(_oklab(one), _oklab(other), strict=True)
    return _from_oklab(*(a + (b - a) * share for a, b in pairs))


def distance(one: Rgb, other: Rgb) -> float:
    """Give how far apart two colours look, in OKLab; below 0.1 they are hard to tell apart."""
    return math.dist(_oklab(one), _oklab(other))


def readable_on(ground: Rgb, *preferred: Rgb) -> Rgb:
    """Choose the first preferred colour that reads on a ground at 4.5:1; near-black or white where none does."""
    for colour in preferred:
        if contrast(colour, ground) >= READABLE:
            return colour
    return max(BLACK, WHITE, (0, 0, 0), key=lambda colour: contrast(colour, ground))


def scheme_for(brand: Brand, ground: GroundName, *, split: bool, calm: bool, card: bool, dice: random.Random) -> Scheme:
    """Dress a cover in a brand's colours. With `split`, the picture stands on a panel of another colour.

    `calm` keeps loud colours off the panel; `card` keeps the ground's colour out of the picture it lies on.
    """
    inks = {name: rgb(getattr(brand, name)) for name in ("paper", "ink", "accent", "support")}
    floor = _deepened(inks[ground], inks["paper"]) if ground in {"accent", "support"} else inks[ground]
    text = readable_on(floor, inks["paper"], inks["ink"])
    quiet = readable_on(floor, mix(text, floor, 0.3), mix(text, floor, 0.15), text)
    others = [name for name in ("accent", "support", "ink", "paper") if name != ground]
    panel = floor
    if split:
        # The panel has to part from the ground at a glance; a shade of the ground is the last choice.
        parting = [name for name in others if parts(inks[name], floor) and not (calm and _is_loud(inks[name]))]
        plain = ground in {"paper", "ink"} or not parting
        chosen = dice.choice([*parting, "shade"] if plain else parting)
        panel = mix(floor, text, 0.1) if chosen == "shade" else inks[chosen]
    figures = _figures(inks, panel, floor if card else panel, dice)
    mark = next((c for c in (inks["accent"], inks["support"], text) if parts(c, floor)), text)
    return Scheme(floor, text, quiet, mark, panel, figures)


def _figures(inks: dict[str, Rgb], panel: Rgb, card: Rgb, dice: random.Random) -> Figures:
    loud = [inks[name] for name in ("accent", "support") if parts(inks[name], panel)]
    if len(loud) == 2 and dice.random() < 0.4:
        loud.reverse()
    calm = sorted((inks["ink"], inks["paper"]), key=lambda colour: -distance(colour, panel))
    if distance(calm[0], panel) < 0.2:  # ink and paper are both like the panel: black or white keeps things visible
        calm = [readable_on(panel), *calm]
    chosen = [colour for colour in (*loud, *calm) if distance(colour, panel) > 0.12 and distance(colour, card) > 0.1]
    # Brands with near colours, and grounds that use one up, are filled out with tints between what is there.
    tints = [mix(panel, calm[0], 0.55), mix(panel, calm[0], 0.3), mix(panel, loud[0] if loud else calm[0], 0.5)]
    chosen += [tint for tint in tints if all(distance(tint, other) > 0.06 for other in (*chosen, panel))]
    chosen += [calm[0]] * 4
    return chosen[0], chosen[1], chosen[2], chosen[3]


def parts(one: Rgb, other: Rgb) -> bool:
    """Say whether two colours stand well side by side: plainly different, and not two loud ones of equal lightness.

    Such a pair, red on green say, flickers, and is one colour to a reader who cannot tell them apart.
    """
    return distance(one, other) > 0.15 and (contrast(one, other) > 1.45 or not (_is_loud(one) and _is_loud(other)))


def _is_loud(colour: Rgb) -> bool:
    _, a, b = _oklab(colour)
    return math.hypot(a, b) > 0.06


def _deepened(colour: Rgb, paper: Rgb) -> Rgb:
    """Darken a loud ground by a shade where that lets paper-coloured words stand on it; leave it where it does not."""
    for share in (0.0, 0.03, 0.06, 0.09, 0.12):
        deeper = mix(colour, (0, 0, 0), share)
        if contrast(paper, deeper) >= READABLE:
            return deeper
    return colour


def _linear(channel: int) -> float:
    value = channel / 255
    return value / 12.92 if value <= 0.04045 else float(((value + 0.055) / 1.055) ** 2.4)


def _encoded(value: float) -> int:
    value = min(max(value, 0.0), 1.0)
    return round(255 * (value * 12.92 if value <= 0.0031308 else 1.055 * value ** (1 / 2.4) - 0.055))


def _oklab(colour: Rgb) -> tuple[float, float, float]:
    r, g, b = (_linear(channel) for channel in colour)
    long = (0.4122214708 * r + 0.5363325363 * g + 0.0514459929 * b) ** (1 / 3)
    medium = (0.2119034982 * r + 0.6806995451 * g + 0.1073969566 * b) ** (1 / 3)
    short = (0.0883024619 * r + 0.2817188376 * g + 0.6299787005 * b) ** (1 / 3)
    return (
        0.2104542553 * long + 0.7936177850 * medium - 0.0040720468 * short,
        1.9779984951 * long - 2.4285922050 * medium + 0.4505937099 * short,
        0.0259040371 * long + 0.7827717662 * medium - 0.8086757660 * short,
    )


def _from_oklab(lightness: float, a: float, b: float) -> Rgb:
    long = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3
    medium = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3
    short = (lightness - 0.0894841775 * a - 1.2914855480 * b) ** 3
    return (
        _encoded(4.0767416621 * long - 3.3077115913 * medium + 0.2309699292 * short),
        _encoded(-1.2684380046 * long + 2.6097574011 * medium - 0.3413193965 * short),
        _encoded(-0.0041960863 * long - 0.7034186147 * medium + 1.7076147010 * short),
    )
