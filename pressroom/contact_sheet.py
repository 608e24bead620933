"""`pressroom contact-sheet`: a film's frames with their times in one picture, for looking at what was made."""

from pathlib import Path
from typing import Annotated

import typer

from content.errors import BadConfigurationError
from pressroom.films import opened_film


def contact_sheet(
    video: Annotated[str, typer.Argument(metavar="VIDEO", help="A video file, or an edition: SLUG/YYYY-MM-DD.")],
    out: Annotated[Path | None, typer.Option(metavar="PNG", help="The picture to write; default: beside you.")] = None,
    every: Annotated[float | None, typer.Option(min=0.001, metavar="SECONDS", help="One frame every so often.")] = None,
    frames: Annotated[int | None, typer.Option(min=1, max=200, help="So many frames in all; default: 20.")] = None,
) -> None:
    """Lay a video's frames out in one picture, each with its time and number."""
    if every is not None and frames is not None:
        raise BadConfigurationError("--every and --frames exclude each other; give one of them")
    with opened_film(video) as film:
        from models.media.contact_sheet import contact_sheet as drawn

        picture = drawn(film.movie, every_s=every, frames=frames)
    target = out or Path(f"{film.name}-frames.png")
    if not target.parent.is_dir():
        raise BadConfigurationError(f"--out {target}: there is no folder {target.parent}")
    target.write_bytes(picture)
    typer.echo(str(target))
