"""Where a still's subject is: the place that a camera goes to and a crop keeps, and how much stands where captions do.

What matters is what stands out from around it, in colours that its edges and the whole lack. No faces are looked for.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal

import numpy as np
from numpy.typing import NDArray

from models.assembler.scene_pictures import SHOWN
from models.media.pictures import open_picture

Map = NDArray[np.float64]

BAND: Final = 0.3
"""The share of a picture's height, at its foot and at its head, that captions and the air around them take."""

_LONGEST: Final = 160
"""The longest side that is looked at, in pixels."""

_SCALES: Final = (0.02, 0.045, 0.1)
"""How large the things are that are looked for, as shares of the picture's mean side; what is around is four times."""

_REACH: Final = 0.16
"""How far around a place things count as one with it, as a share of the mean side."""

_MIDDLE: Final = (0.5, 0.45)
"""Where a subject is likeliest, across and down: what has a head carries it above the middle."""

_OFF_MIDDLE: Final = 0.5
"""How much less the edges count: of two things alike the one nearer the middle is the subject."""

_TO_OPPONENTS: Final = np.array([[0.2126, 0.7152, 0.0722], [1.0, -1.0, 0.0], [-0.5, -0.5, 1.0]])
"""From red, green, blue to light, red against green, blue against yellow: a change of brightness only scales them."""

_FLAT: Final = 0.004
"""The contrast, of 1, up to which a picture is a plain ground: less than a step and a half of an 8-bit channel."""


@dataclass(frozen=True)
class Subject:
    """What a picture is about. `focus` is a place in shares of its width and height, in whole hundredths.

    `foot` and `head` are the shares of all that matters that stand in the lowest and in the highest `BAND`.
    """

    focus: tuple[float, float]
    foot: float
    head: float


def subject_of(picture: bytes | Path) -> Subject:
    """Find the subject of a PNG, JPEG or WEBP picture; of a plain ground it is the middle.

    Raises BadInputError for what is none of these, is broken, or has more than 25 megapixels.
    """
    matters = _what_matters(_evened(_small(picture) @ _TO_OPPONENTS.T))
    if matters is None:
        return Subject(focus=(0.5, 0.5), foot=BAND, head=BAND)
    row = matters.sum(axis=1)
    return Subject(focus=_focus(matters), foot=round(_at_the_end(row), 2), head=round(_at_the_end(row[::-1]), 2))


def captions_go_to(subject: Subject) -> Literal["foot", "head"]:
    """Say where captions hide least: at the foot, unless clearly more of what matters stands there than at the head."""
    return "head" if subject.foot > BAND and subject.foot >= 2 * subject.head else "foot"


def _small(picture: bytes | Path) -> Map:
    """Decode a picture, upright and on white, to (height, width, 3) from 0 to 1."""
    from PIL import Image

    named = f" ({picture.name})" if isinstance(picture, Path) else ""
    whole = open_picture(picture, what=f"a scene's picture{named}", formats=SHOWN, at_least=2 * _LONGEST)
    scale = min(1.0, _LONGEST / max(whole.size))
    size = max(1, round(whole.width * scale)), max(1, round(whole.height * scale))
    return np.asarray(whole.resize(size, Image.Resampling.BOX), np.float64) / 255


def _evened(colours: Map) -> Map:
    """Take away what rises evenly across a picture, as a sky does or the light of a window."""
    slopes = []
    for means in (colours.mean(axis=1), colours.mean(axis=0)):  # by row, by column
        way = np.linspace(-1, 1, len(means)) if len(means) > 1 else np.zeros(1)
        slopes.append(np.outer(way, way @ means / max(float(way @ way), 1.0)))
    return np.asarray(colours - slopes[0][:, None] - slopes[1][None, :])


def _what_matters(colours: Map) -> Map | None:
    """Say how much each place of a picture in opponent colours matters; the whole is 1, None on a plain ground."""
    side = float(np.sqrt(colours.shape[0] * colours.shape[1]))
    contrast = np.zeros(colours.shape[:2])
    strongest = 0.0
    for scale in _SCALES:
        here, around = (_blurred(colours, side * scale * times) for times in (1, 4))
        difference = np.linalg.norm(here - around, axis=2)
        strongest = max(strongest, float(difference.max()))
        contrast += _above(difference)
    if strongest < _FLAT:
        return None
    smooth = _blurred(colours, side * _SCALES[0])
    unlike_edges = _above(_unlike_the_edges(smooth))
    unlike_all = _above(_distance(smooth, smooth.reshape(-1, 3)))
    # The root, so that one spot in a loud colour does not outweigh all else.
    return _share(np.sqrt(contrast / len(_SCALES) + unlike_edges + unlike_all))


def _unlike_the_edges(colours: Map) -> Map:
    """Say how unlike the picture's four edges each place is: a ground reaches at least one of them.

    The most unlike edge is left out, as in minimum barrier saliency (Zhang et al. 2015): a subject may touch it.
    """
    height, width = colours.shape[:2]
    deep, wide = max(1, height // 10), max(1, width // 10)
    edges = (colours[:deep], colours[-deep:], colours[:, :wide], colours[:, -wide:])
    unlike = np.sort([_share(_distance(colours, edge.reshape(-1, 3))) for edge in edges], axis=0)
    return np.asarray(unlike[:3].sum(axis=0))


def _distance(colours: Map, ground: Map) -> Map:
    """Measure how far each colour is from those of a ground, in the ground's own spread (Mahalanobis)."""
    off = ground - ground.mean(axis=0)
    spread = off.T @ off / len(ground)
    # A ground without any spread would make the least difference endless.
    spread += np.eye(3) * max(float(np.trace(spread)) / 30, _FLAT**2)
    away = colours - ground.mean(axis=0)
    return np.asarray(np.sqrt(np.einsum("hwi,ij,hwj->hw", away, np.linalg.inv(spread), away)))


def _focus(matters: Map) -> tuple[float, float]:
    """Find the place with the most around it, then the middle of that."""
    height, width = matters.shape
    reach = float(np.sqrt(height * width)) * _REACH
    rows, columns = np.arange(height) + 0.5, np.arange(width) + 0.5
    off = np.add.outer((rows / height - _MIDDLE[1]) ** 2, (columns / width - _MIDDLE[0]) ** 2)
    held = _blurred(matters * np.maximum(0.0, 1 - 4 * _OFF_MIDDLE * off), reach, beyond=True)
    row, column = (float(at) + 0.5 for at in np.unravel_index(np.argmax(held), held.shape))
    for _ in range(3):
        near_rows, near_columns = (_bell(places - at, reach) for places, at in ((rows, row), (columns, column)))
        near = matters**2 * np.outer(near_rows, near_columns)
        row, column = (
            float(sums @ places / near.sum())
            for sums, places in ((near.sum(axis=1), rows), (near.sum(axis=0), columns))
        )
    return round(column / width, 2), round(row / height, 2)


def _at_the_end(row: Map) -> float:
    """Give the share of a row's whole in its last `BAND`."""
    return 1 - float(np.interp(len(row) * (1 - BAND), np.arange(len(row) + 1), np.concatenate([[0.0], np.cumsum(row)])))


def _blurred(values: Map, sigma: float, *, beyond: bool = False) -> Map:
    """Average over a bell. Past the edges there is nothing to average or, `beyond`, nothing that matters."""
    for axis in (0, 1):
        places = np.arange(values.shape[axis])
        bell = _bell(places[:, None] - places, sigma)
        sums = bell.sum(axis=1, keepdims=True)
        values = np.moveaxis(np.tensordot(bell / (sums.max() if beyond else sums), values, axes=(1, axis)), 0, axis)
    return values


def _bell(away: NDArray[Any], sigma: float) -> Map:
    return np.asarray(np.exp(-((away / sigma) ** 2) / 2), np.float64)


def _above(values: Map) -> Map:
    """Keep what is above the mean, as shares of it all."""
    return _share(np.maximum(0.0, values - values.mean()))


def _share(values: Map) -> Map:
    whole = values.sum()
    return values / whole if whole > 1e-9 else np.full_like(values, 1 / values.size)
