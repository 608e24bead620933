"""Finished pictures to small PNG files: flat colours kept exactly, the blends between them rounded to a palette."""

import io
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from PIL.Image import Image

Codes = NDArray[np.uint32]
"""Colours as 0xRRGGBB."""


def encode_png(picture: "Image", *, colours: int = 256) -> bytes:
    """Encode an RGB picture with at most `colours` colours; the same picture gives the same bytes.

    Covers are a few flat colours and their blends. The commonest colours are kept as they are, and every other
    goes to the nearest kept one, so that a brand's colour stays that colour, which median-cut does not promise.
    """
    from PIL import Image

    pixels = np.asarray(picture, dtype=np.uint8).astype(np.uint32)
    packed = ((pixels[..., 0] << 16) | (pixels[..., 1] << 8) | pixels[..., 2]).astype(np.uint32)
    # A count over all 2²⁴ colours would be slow; blends are first gathered in cells of 6 bits a channel.
    cells = _cell(packed)
    counts = np.bincount(cells.ravel(), minlength=1 << 18)
    used = np.flatnonzero(counts)
    owner = np.zeros(1 << 18, np.uint32)
    owner[cells.ravel()] = packed.ravel()  # any one colour of the cell, below replaced by the flat one if it has one
    flat = _flat_colours(packed)
    owner[_cell(flat)] = flat
    ranked = used[np.argsort(-counts[used], kind="stable")][:colours]
    palette = _channels(owner[ranked])
    every = _channels(owner[used])
    apart = ((every[:, None, :] - palette[None, :, :]) ** 2).sum(axis=2)
    index = np.zeros(1 << 18, np.uint8)
    index[used] = apart.argmin(axis=1)
    finished = Image.fromarray(index[cells])
    finished.putpalette(palette.astype(np.uint8).tobytes())
    out = io.BytesIO()
    finished.save(out, "PNG", compress_level=9)
    return out.getvalue()


def _flat_colours(packed: Codes) -> Codes:
    """Give the colours that fill areas: those that stand at many points of a coarse sample, rarest first."""
    values, counts = np.unique(packed[3::7, 3::7], return_counts=True)
    order = np.argsort(counts, kind="stable")
    return values[order][counts[order] >= 4]


def _cell(packed: Codes) -> Codes:
    """Give each colour's cell: its upper six bits a channel."""
    cell = ((packed >> 6) & 0x3F000) | ((packed >> 4) & 0xFC0) | ((packed >> 2) & 0x3F)
    return cell.astype(np.uint32)


def _channels(packed: Codes) -> NDArray[np.int32]:
    return np.stack([packed >> 16, (packed >> 8) & 255, packed & 255], axis=1).astype(np.int32)
