"""`pressroom video`: the video of an edition or of one article, wide, tall or square, with captions and poster."""

import json
import shutil
import sys
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from content.edits import Shape
from content.errors import BadConfigurationError
from content.values import Video
from pressroom.look import edition_or_exit
from pressroom.produce import ProfileOption
from pressroom.running import run_flow, use_profile
from wiring.container import container


def video(
    edition: Annotated[str, typer.Argument(metavar="EDITION", help="SLUG/YYYY-MM-DD of a published edition.")],
    article: Annotated[int | None, typer.Option(min=1, help="Of this article only.")] = None,
    format: Annotated[Shape, typer.Option(help="Wide, tall for phones, or square.")] = "16:9",  # noqa: A002
    out: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Copy the MP4 there; captions and poster go beside it.")
    ] = None,
    profile: ProfileOption = "",
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object on stdout, nothing else there.")] = False,
) -> None:
    """Make a video from a published edition's own sentences and pictures, and have it checked."""
    use_profile(profile)
    record = edition_or_exit(edition)
    ended = run_flow(
        _flow,
        quiet=as_json,
        newsletter=record.edition.newsletter,
        edition_date=record.edition.date,
        article=article,
        shape=format,
    )
    if ended.state.name not in {"Made", "Held"}:
        raise ended.cause()
    made = Video.model_validate(ended.state.result())
    held = ended.state.name == "Held"
    found: dict[str, Any] = {
        "status": "held" if held else "made",
        "reason": ended.state.message if held else "",
        "duration_s": made.duration_s,
        "width": made.width,
        "height": made.height,
        "wall_s": round(ended.wall_s, 2),
        "movie": made.movie.key,
        **({} if held or not out else _copied(made, out)),
    }
    if as_json:
        sys.stdout.write(json.dumps(found, ensure_ascii=False, indent=2) + "\n")
    else:
        console = Console()
        console.print(ended.state.message or "", soft_wrap=True, highlight=False)
        for name in ("file", "captions", "poster"):
            if name in found:
                console.print(f"  {name:<9} {found[name]}", soft_wrap=True, highlight=False)
    raise typer.Exit(3 if held else 0)


def _copied(made: Video, out: Path) -> dict[str, str]:
    if out.suffix.lower() != ".mp4":
        raise BadConfigurationError(f"--out {out} is not the name of an MP4 file")
    out.parent.mkdir(parents=True, exist_ok=True)
    places = {"file": out, "captions": out.with_suffix(".vtt"), "poster": out.with_suffix(".jpg")}
    for name, ref in (("file", made.movie), ("captions", made.captions), ("poster", made.poster)):
        beside = places[name].with_name(f".{places[name].name}")
        with container().library.local(ref) as kept:
            shutil.copyfile(kept, beside)
        beside.replace(places[name])
    return {name: str(path) for name, path in places.items()}


def _flow() -> Any:
    from flows.produce_video import produce_video

    return produce_video
