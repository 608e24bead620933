"""Pictures from outside decoded within limits, and finished pictures to bytes that hold nothing but pixels.

Works on Pillow images in RGB. The same picture gives the same bytes.
"""

import io
from pathlib import Path
from typing import TYPE_CHECKING, Final

from content.errors import BadInputError

if TYPE_CHECKING:
    from PIL.Image import Image

FORMATS: Final = ("JPEG", "PNG", "WEBP", "GIF")
LARGEST_PIXELS: Final = 25_000_000
LARGEST_BYTES: Final = 50_000_000


def open_picture(
    source: bytes | Path, *, what: str = "the picture", formats: tuple[str, ...] = FORMATS, at_least: int = 0
) -> "Image":
    """Decode a picture: its first frame, upright, on white where it is transparent.

    With `at_least` it may come smaller, both sides that long at least, where its format can be decoded so.
    Raises BadInputError for what is no whole picture in one of the formats, of at most 25 megapixels and 50 MB.
    """
    from PIL import Image, ImageOps

    size = source.stat().st_size if isinstance(source, Path) else len(source)
    if size > LARGEST_BYTES:
        raise BadInputError(f"{what} has {size / 1e6:.0f} MB; {LARGEST_BYTES // 1_000_000} MB is all")
    try:
        with Image.open(source if isinstance(source, Path) else io.BytesIO(source), formats=formats) as opened:
            _refuse_bomb(opened, what)
            if at_least:
                opened.draft("RGB", (at_least, at_least))
            return on_ground(ImageOps.exif_transpose(opened))
    except BadInputError:
        raise
    except Exception as error:  # noqa: BLE001 - decoders fail on hostile bytes in ways nobody has listed
        # Of a bomb Pillow says how many pixels it has before it gives a size.
        why = str(error) if isinstance(error, Image.DecompressionBombError) else type(error).__name__
        raise BadInputError(
            f"{what} is no readable picture ({why}); use a {', '.join(formats[:-1])} or {formats[-1]} file of at most"
            " 25 megapixels"
        ) from None


def on_ground(picture: "Image", ground: str = "white") -> "Image":
    """Give a picture in RGB as it is seen on a ground, where anything can be seen through."""
    from PIL import Image

    if picture.mode.startswith("I"):  # 16 bits of grey, which Pillow would cut off at 255 instead of scaling
        return picture.convert("I").point(lambda level: level / 257).convert("L").convert("RGB")
    if not picture.has_transparency_data:
        return picture.convert("RGB")
    layered = picture.convert("RGBA")
    return Image.alpha_composite(Image.new("RGBA", layered.size, ground), layered).convert("RGB")


def _refuse_bomb(opened: "Image", what: str) -> None:
    # Only the header is read so far.
    if opened.width * opened.height > LARGEST_PIXELS:
        raise BadInputError(f"{what} has {opened.width}×{opened.height} pixels; 25 megapixels is all")


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
