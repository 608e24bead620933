"""Pictures from outside decoded within limits, and finished pictures to bytes that hold nothing but pixels.

Works on Pillow images in RGB. The same picture gives the same bytes.
"""

import io
from typing import TYPE_CHECKING, Final

from content.errors import BadInputError

if TYPE_CHECKING:
    from PIL.Image import Image

FORMATS: Final = ("JPEG", "PNG", "WEBP", "GIF")
LARGEST_PIXELS: Final = 25_000_000
LARGEST_BYTES: Final = 50_000_000


def open_picture(data: bytes, *, what: str = "the picture") -> "Image":
    """Decode a picture: its first frame, upright, on white where it is transparent.

    Raises BadInputError for what is no whole JPEG, PNG, WEBP or GIF of at most 25 megapixels and 50 MB.
    """
    from PIL import Image

    if len(data) > LARGEST_BYTES:
        raise BadInputError(f"{what} has {len(data) / 1e6:.0f} MB; {LARGEST_BYTES // 1_000_000} MB is all")
    try:
        with Image.open(io.BytesIO(data), formats=FORMATS) as opened:
            _refuse_bomb(opened, what)
            return _flat(opened)
    except BadInputError:
        raise
    except Exception as error:  # noqa: BLE001 - decoders fail on hostile bytes in ways nobody has listed
        raise BadInputError(
            f"{what} is no readable picture ({type(error).__name__}); use a JPEG, PNG, WEBP or GIF file of at most"
            " 25 megapixels"
        ) from None


def _refuse_bomb(opened: "Image", what: str) -> None:
    # Only the header is read so far.
    if opened.width * opened.height > LARGEST_PIXELS:
        raise BadInputError(f"{what} has {opened.width}×{opened.height} pixels; 25 megapixels is all")


def _flat(opened: "Image") -> "Image":
    from PIL import Image, ImageOps

    opened.load()
    upright = ImageOps.exif_transpose(opened)
    if not upright.has_transparency_data:
        return upright.convert("RGB")
    ground = Image.new("RGBA", upright.size, "white")
    return Image.alpha_composite(ground, upright.convert("RGBA")).convert("RGB")


def fitted(picture: "Image", width: int, height: int) -> "Image":
    """Scale a picture to a size, cropped in the middle where the shapes differ."""
    from PIL import Image, ImageOps

    if picture.size == (width, height):
        return picture
    return ImageOps.fit(picture, (width, height), method=Image.Resampling.LANCZOS)


def stretched(picture: "Image", width: int, height: int) -> "Image":
    """Scale a picture to a size, every corner to its corner."""
    from PIL import Image

    return picture if picture.size == (width, height) else picture.resize((width, height), Image.Resampling.LANCZOS)


def png_of(picture: "Image") -> bytes:
    """Encode a picture without loss."""
    return _encoded(picture, "PNG", compress_level=6)


def jpeg_of(picture: "Image") -> bytes:
    """Encode a picture for pages and mail: about an eighth of a PNG, colours at full resolution."""
    return _encoded(picture, "JPEG", quality=88, subsampling=0, optimize=True)


def _encoded(picture: "Image", kind: str, **options: int) -> bytes:
    from PIL import Image

    bare = Image.frombytes("RGB", picture.size, picture.convert("RGB").tobytes())  # leaves notes and profiles behind
    out = io.BytesIO()
    bare.save(out, kind, **options)
    return out.getvalue()
