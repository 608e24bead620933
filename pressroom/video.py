"""`pressroom video`: the video of an edition or of one article, or of a timeline that somebody edited."""

import json
import shutil
import sys
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from content.errors import BadConfigurationError
from content.publication import EditionRecord
from content.values import AssetRef, Shape, Video
from pressroom.look import edition_or_exit
from pressroom.produce import ProfileOption
from pressroom.running import run_flow, use_profile
from pressroom.timelines import KeptTimeline, keep_timeline
from wiring.container import container


def video(
    edition: Annotated[
        str,
        typer.Argument(
            metavar="EDITION[/ARTICLE]", help="SLUG/YYYY-MM-DD of a published edition; one article by number or name."
        ),
    ],
    article: Annotated[int | None, typer.Option(min=1, help="Of this article only.")] = None,
    format: Annotated[  # noqa: A002
        Shape | None, typer.Option(help="Wide (as always), tall for phones, or square; a timeline has its own.")
    ] = None,
    timeline: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Render this file; pictures, clips and sounds lie beside it.")
    ] = None,
    save_timeline: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write what was rendered, to be edited: JSON.")
    ] = None,
    out: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Copy the MP4 there; captions and poster go beside it.")
    ] = None,
    profile: ProfileOption = "",
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object on stdout, nothing else there.")] = False,
) -> None:
    """Make a video from a published edition's own sentences and pictures, and have it checked."""
    _check_targets(timeline, save_timeline, out)
    use_profile(profile)
    record, number = _wanted(edition, article)
    kept = keep_timeline(timeline) if timeline else None
    ended = run_flow(
        _flow,
        quiet=as_json,
        newsletter=record.edition.newsletter,
        edition_date=record.edition.date,
        article=number,
        shape=format,
        timeline=kept.ref.sha256 if kept else None,
    )
    if ended.state.name not in {"Made", "Held"}:
        raise ended.cause()
    made = Video.model_validate(ended.state.result())
    held = ended.state.name == "Held"
    reason = _why(ended.state.message or "", kept) if held else ""
    found: dict[str, Any] = {
        "status": "held" if held else "made",
        "reason": reason,
        "duration_s": made.duration_s,
        "width": made.width,
        "height": made.height,
        "wall_s": round(ended.wall_s, 2),
        "movie": made.movie.key,
        **({} if held else _copied(made, out, save_timeline)),
    }
    if as_json:
        sys.stdout.write(json.dumps(found, ensure_ascii=False, indent=2) + "\n")
    else:
        console = Console()
        told = f"Held: {reason}" if held else ended.state.message or ""
        console.print(told, soft_wrap=True, highlight=False, markup=False)
        for name in ("file", "captions", "subtitles", "poster", "timeline"):
            if name in found:
                console.print(f"  {name:<9} {found[name]}", soft_wrap=True, highlight=False, markup=False)
    raise typer.Exit(3 if held else 0)


def _wanted(text: str, article: int | None) -> tuple[EditionRecord, int | None]:
    """Find an edition and the number of the article that is meant; None is the whole edition."""
    parts = text.split("/", 2)
    record = edition_or_exit("/".join(parts[:2]))
    named = _number(record, parts[2]) if len(parts) > 2 else None
    if named and article and named != article:
        raise BadConfigurationError(f"{text} is article {named}, and --article says {article}; give one of the two")
    return record, named or article


def _number(record: EditionRecord, wanted: str) -> int:
    """Give the number of an article that is named by it, by its slug, or by how only its slug begins."""
    articles = {a.slug: a.position for a in record.articles if a.status == "published"}
    if wanted.isdecimal():
        found = [number for number in articles.values() if number == int(wanted)]
    elif wanted in articles:
        found = [articles[wanted]]
    else:
        found = [number for slug, number in articles.items() if wanted and slug.startswith(wanted)]
    if len(found) == 1:
        return found[0]
    problem = f"{len(found)} articles of {record.edition} begin with" if found else f"{record.edition} has no article"
    listed = ", ".join(f"{number} {slug}" for slug, number in articles.items()) or "none"
    raise BadConfigurationError(f"{problem} {wanted!r}; there are: {listed}")


def _check_targets(timeline: Path | None, save_timeline: Path | None, out: Path | None) -> None:
    """Find out before the work what could not be written after it."""
    if out and out.suffix.lower() != ".mp4":
        raise BadConfigurationError(f"--out {out} is not the name of an MP4 file")
    if not save_timeline:
        return
    if save_timeline.is_dir():
        raise BadConfigurationError(f"--save-timeline {save_timeline} is a folder; name a file in it")
    if timeline and save_timeline.resolve() == timeline.resolve():
        raise BadConfigurationError(f"--save-timeline {save_timeline} is what you edited; write to another file")


def _why(reason: str, kept: KeptTimeline | None) -> str:
    """Say why a video is held, which files somebody brought that nobody has judged, and that nothing was copied."""
    brought = ", ".join(kept.unjudged) if kept and "unjudged" in reason else ""
    told = f"{reason}: nobody has judged {brought}" if brought else reason or "the gate did not pass it"
    return f"{told}; nothing was copied"


def _copied(made: Video, out: Path | None, save_timeline: Path | None) -> dict[str, str]:
    wanted: dict[str, tuple[AssetRef | None, Path]] = {}
    if out:
        poster = ".png" if made.poster.media_type == "image/png" else ".jpg"
        wanted = {
            "file": (made.movie, out),
            "captions": (made.captions, out.with_suffix(".vtt")),
            "subtitles": (made.subtitles, out.with_suffix(".srt")),
            "poster": (made.poster, out.with_suffix(poster)),
        }
    if save_timeline:
        wanted["timeline"] = (made.timeline, save_timeline)
    found = {}
    for name, (ref, path) in wanted.items():
        if ref:
            _copy(ref, path)
            found[name] = str(path)
    return found


def _copy(ref: AssetRef, path: Path) -> None:
    """Copy a kept file; under its name it is whole or not there."""
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".{path.name}")
    with container().library.local(ref) as kept:
        shutil.copyfile(kept, beside)
    beside.replace(path)


def _flow() -> Any:
    from flows.produce_video import produce_video

    return produce_video
