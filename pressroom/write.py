"""`pressroom write`: a post, a summary, an interview or a script from the sources of an edition."""

import json
import sys
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape

from content.errors import BadConfigurationError
from content.values import AssetRef, Edition, Genre, Piece
from pressroom.produce import ProfileOption
from pressroom.running import run_flow, use_profile
from wiring.container import container


def write(
    genre: Annotated[Genre, typer.Argument(help="What to write.")],
    edition: Annotated[str, typer.Argument(metavar="EDITION", help="SLUG/YYYY-MM-DD")],
    article: Annotated[int | None, typer.Option(min=1, help="Only this article's sources.")] = None,
    url: Annotated[list[str] | None, typer.Option(help="Write from this page instead; may be repeated.")] = None,
    profile: ProfileOption = "",
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object on stdout, nothing else there.")] = False,
) -> None:
    """Write in another genre, traced to the sources and checked; needs a profile or engine with a writing model."""
    use_profile(profile)
    try:
        about = Edition.parse(edition)
    except ValueError as error:
        raise BadConfigurationError(f"{error}") from None
    ended = run_flow(
        _flow,
        quiet=as_json,
        newsletter=about.newsletter,
        genre=genre,
        edition_date=about.date,
        article=article,
        urls=url or None,
    )
    if ended.state.name not in {"Made", "Held"}:
        raise ended.cause()
    kept = AssetRef.model_validate(ended.state.result())
    piece, held = Piece.model_validate_json(container().library.read(kept)), ended.state.name == "Held"
    if as_json:
        found = {"status": "held" if held else "made", "reason": ended.state.message if held else "", "asset": kept.key}
        sys.stdout.write(json.dumps(found | piece.model_dump(mode="json"), ensure_ascii=False, indent=2) + "\n")
    else:
        _tell(Console(), piece, ended.state.message or "" if held else "")
    raise typer.Exit(3 if held else 0)


def _tell(console: Console, piece: Piece, held: str) -> None:
    if piece.title:
        console.print(f"[bold]{escape(piece.title)}[/]\n")
    for part in piece.parts:
        said = f"[bold]{escape(part.speaker)}:[/] " if part.speaker else ""
        hosts = ", ".join(dict.fromkeys(passage.url for passage in part.rests_on))
        console.print(f"{said}{escape(part.text)}" + (f"  [dim]{escape(hosts)}[/]" if hosts else ""), highlight=False)
    if piece.cut:
        console.print(f"[dim]{piece.cut} sentences were cut: the sources do not say them.[/]")
    if held:
        console.print(f"[red]Held by the gate:[/] {escape(held)}")


def _flow() -> Any:
    from flows.produce_text import produce_text

    return produce_text
