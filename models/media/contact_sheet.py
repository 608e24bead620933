"""A contact sheet: a film's frames at even moments in one picture, each with its time and number, for looking."""

import io
from collections.abc import Sequence
from fractions import Fraction
from math import ceil, sqrt
from pathlib import Path
from typing import TYPE_CHECKING, Final

from content.errors import BadInputError
from content.values import Brand
from models.assembler.planes import picture_of
from models.deadline import Deadline
from models.editor.film_reader import frames_at, planes
from models.illustrator.typefaces import Typecase
from models.media.foreign_video import Film, FilmLimits, look_at

if TYPE_CHECKING:
    from PIL.Image import Image

MOST_FRAMES: Final = 200

_SHEET_WIDTH, _GAP, _LABEL = 1920, 8, 26
_TALLEST = 8000
_DEADLINE_S = 600.0


def contact_sheet(
    movie: Path, *, every_s: float | None = None, frames: int | None = None, limits: FilmLimits | None = None
) -> bytes:
    """Give a PNG of a film's frames: one every so many seconds, or so many in all; without either, twenty.

    With `every_s` the first is the film's first. With a number they stand in the middle of as many equal parts.
    Raises BadInputError for what is no film, and for more than 200 frames.
    """
    deadline = Deadline(_DEADLINE_S, what=f"the contact sheet of {movie.name}")
    film = look_at(movie, limits, deadline)
    numbers = sampled(film.facts.frames, film.facts.fps, every_s=every_s, frames=frames)
    columns, size = _layout(film.facts.width, film.facts.height, len(numbers))
    pictures = _pictures(film, numbers, size, deadline)
    rows = ceil(len(numbers) / columns)
    return _png(_drawn(pictures, numbers, film.facts.fps, columns, rows, size))


def sampled(total: int, fps: Fraction, *, every_s: float | None = None, frames: int | None = None) -> tuple[int, ...]:
    """Say which frames of a film are shown, in order, each once."""
    if every_s is not None and frames is not None:
        raise BadInputError("say how many seconds lie between the frames, or how many frames there are; not both")
    if every_s is not None:
        step = max(1, round(every_s * fps))
        numbers = tuple(range(0, total, step))
    else:
        count = min(total, frames or 20)
        numbers = tuple(dict.fromkeys(int((at + Fraction(1, 2)) * total / count) for at in range(count)))
    if len(numbers) > MOST_FRAMES:
        raise BadInputError(f"{len(numbers)} frames are too many for one sheet; {MOST_FRAMES} are all")
    return numbers


def _layout(width: int, height: int, count: int) -> tuple[int, tuple[int, int]]:
    """Give the number of columns, and the size of one frame: about as wide as high in all, and no larger than it is."""
    columns = min(count, max(1, round(sqrt(count * height / width * 1.5))))
    while True:
        across = min(width, (_SHEET_WIDTH - _GAP) // columns - _GAP) // 2 * 2
        down = max(2, round(across * height / width / 2) * 2)
        if columns >= count or ceil(count / columns) * (down + _LABEL + _GAP) <= _TALLEST:
            return columns, (across, down)
        columns += 1


def _pictures(film: Film, numbers: Sequence[int], size: tuple[int, int], deadline: Deadline) -> "list[Image]":
    wanted, total = set(numbers), frames_at(film, film.facts.fps)
    frames = planes(film, first=0, count=min(total, numbers[-1] + 1), rate=film.facts.fps, size=size, deadline=deadline)
    return [picture_of(frame) for number, frame in enumerate(frames) if number in wanted]


def _drawn(
    pictures: "Sequence[Image]", numbers: Sequence[int], fps: Fraction, columns: int, rows: int, size: tuple[int, int]
) -> "Image":
    from PIL import Image, ImageDraw

    brand = Brand()
    across, down = size
    width, height = columns * (across + _GAP) + _GAP, rows * (down + _LABEL + _GAP) + _GAP
    sheet = Image.new("RGB", (width, height), brand.ink)
    draw = ImageDraw.Draw(sheet)
    font = Typecase().typeface("sans", "semibold").at(17 if across >= 150 else 13)
    for at, (picture, number) in enumerate(zip(pictures, numbers, strict=True)):
        x = _GAP + at % columns * (across + _GAP)
        y = _GAP + at // columns * (down + _LABEL + _GAP)
        sheet.paste(picture, (x, y))
        draw.text((x + 2, y + down + _LABEL / 2), clock_time(number / fps), font=font, fill=brand.paper, anchor="lm")
        told = f"{number}"
        if across > 2 * draw.textlength(told, font=font) + draw.textlength("00:00.00", font=font):
            draw.text((x + across - 2, y + down + _LABEL / 2), told, font=font, fill="#8d99ae", anchor="rm")
    return sheet


def clock_time(seconds: Fraction) -> str:
    """Write a moment as people read it: 1:02.50, with hours where there are some."""
    hundredths = round(seconds * 100)
    minutes, rest = divmod(hundredths, 6000)
    hours, minutes = divmod(minutes, 60)
    head = f"{hours}:{minutes:02}" if hours else f"{minutes}"
    return f"{head}:{rest // 100:02}.{rest % 100:02}"


def _png(picture: "Image") -> bytes:
    data = io.BytesIO()
    picture.save(data, "PNG", optimize=True)
    return data.getvalue()
