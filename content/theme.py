"""A brand's few colours to a light and a dark theme in which every text can be read.

A brand says what people should recognise; this module moves those colours in OKLab, keeping their hue,
until they reach the contrast of WCAG 2.2 AA (4.5:1) on every ground they are set on.
Colours are #RRGGBB.
"""

from collections.abc import Callable

from content.recipes import Value
from content.values import Brand, Colour

BODY_CONTRAST = 7.0
TEXT_CONTRAST = 4.6  # 4.5 asked; the rest is for rounding to eight bits
WHITE, BLACK = "#ffffff", "#000000"

Lab = tuple[float, float, float]


class Theme(Value):
    """The colours of one colour scheme; `ink`, `muted`, `accent` and `support` are legible on both grounds."""

    ground: Colour
    surface: Colour
    ink: Colour
    muted: Colour
    rule: Colour
    accent: Colour
    support: Colour
    on_accent: Colour


class Themes(Value):
    """A brand by day and by night."""

    light: Theme
    dark: Theme


def themes_of(brand: Brand) -> Themes:
    """Derive both colour schemes from a brand, whatever its colours are."""
    light_ground = _shift_until(brand.paper, WHITE, lambda colour: luminance(colour) >= 0.85)
    dark_ground = _shift_until(brand.ink, BLACK, lambda colour: luminance(colour) <= 0.011)
    return Themes(light=_theme(brand, light_ground, BLACK), dark=_theme(brand, dark_ground, WHITE))


def _theme(brand: Brand, ground: str, pole: str) -> Theme:
    surface = mix(ground, pole, 0.035 if pole == BLACK else 0.07)
    grounds = (ground, surface)
    ink = readable(brand.ink if pole == BLACK else mix(brand.paper, ground, 0.06), grounds, pole, BODY_CONTRAST)
    accent = readable(brand.accent, grounds, pole)
    return Theme(
        ground=ground,
        surface=surface,
        ink=ink,
        muted=readable(mix(ink, ground, 0.34), grounds, pole),
        rule=mix(ground, ink, 0.18),
        accent=accent,
        support=readable(brand.support, grounds, pole),
        on_accent=ground,
    )


def readable(colour: str, grounds: tuple[str, ...], pole: str, target: float = TEXT_CONTRAST) -> str:
    """Move a colour towards black or white (`pole`), no further than needed to reach `target` on every ground."""
    return _shift_until(colour, pole, lambda moved: all(contrast(moved, ground) >= target for ground in grounds))


def _shift_until(colour: str, pole: str, good: Callable[[str], bool]) -> str:
    moved = colour.lower()
    for percent in range(101):
        moved = mix(colour, pole, percent / 100)
        if good(moved):
            break
    return moved


def contrast(first: str, second: str) -> float:
    """Give the contrast ratio of two colours, 1 to 21 (WCAG 2.2, "contrast ratio")."""
    low, high = sorted((luminance(first), luminance(second)))
    return (high + 0.05) / (low + 0.05)


def luminance(colour: str) -> float:
    """Give a colour's relative luminance, 0 to 1 (WCAG 2.2, "relative luminance")."""
    red, green, blue = _linear(colour)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def mix(colour: str, other: str, share: float) -> str:
    """Blend two colours in OKLab; `share` 0 gives the first, 1 the second."""
    if share <= 0:
        return colour.lower()
    blended = (a + (b - a) * share for a, b in zip(_to_lab(colour), _to_lab(other), strict=True))
    lightness, green_red, blue_yellow = blended
    return _from_lab((lightness, green_red, blue_yellow))


def _linear(colour: str) -> Lab:
    red, green, blue = (int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5))
    return _decode(red), _decode(green), _decode(blue)


def _decode(level: float) -> float:
    return level / 12.92 if level <= 0.04045 else float(((level + 0.055) / 1.055) ** 2.4)


def _encode(level: float) -> int:
    level = min(1.0, max(0.0, level))
    curved = level * 12.92 if level <= 0.0031308 else 1.055 * level ** (1 / 2.4) - 0.055
    return round(curved * 255)


# The matrices are those of Björn Ottosson's definition of OKLab (2020).
def _to_lab(colour: str) -> Lab:
    r, g, b = _linear(colour)
    long = (0.4122214708 * r + 0.5363325363 * g + 0.0514459929 * b) ** (1 / 3)
    medium = (0.2119034982 * r + 0.6806995451 * g + 0.1073969566 * b) ** (1 / 3)
    short = (0.0883024619 * r + 0.2817188376 * g + 0.6299787005 * b) ** (1 / 3)
    return (
        0.2104542553 * long + 0.7936177850 * medium - 0.0040720468 * short,
        1.9779984951 * long - 2.4285922050 * medium + 0.4505937099 * short,
        0.0259040371 * long + 0.7827717662 * medium - 0.8086757660 * short,
    )


def _from_lab(lab: Lab) -> str:
    lightness, a, b = lab
    long = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3
    medium = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3
    short = (lightness - 0.0894841775 * a - 1.2914855480 * b) ** 3
    red = _encode(4.0767416621 * long - 3.3077115913 * medium + 0.2309699292 * short)
    green = _encode(-1.2684380046 * long + 2.6097574011 * medium - 0.3413193965 * short)
    blue = _encode(-0.0041960863 * long - 0.7034186147 * medium + 1.7076147010 * short)
    return f"#{red:02x}{green:02x}{blue:02x}"
