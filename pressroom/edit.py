"""`pressroom edit`: cut a video file or an edition's video, give it another format, captions or sound.

The work is done here and now, without Prefect: a person waits for one file, and there is nothing to resume or publish.
The `edit` deployment does the same with a record, a cache and the gate.
"""

import json
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer
from pydantic import ValidationError
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from content.caption_files import read_captions
from content.captions import Caption, webvtt
from content.edits import (
    AddCaptions,
    Concatenate,
    Edit,
    EditList,
    Filling,
    Highlights,
    Reformat,
    ReplaceAudio,
    Shape,
    Trim,
)
from content.errors import BadConfigurationError, BadInputError
from content.publication import EditionRecord
from content.values import AssetRef, Brand
from pressroom.films import opened_film
from wiring.container import container


def edit(
    source: Annotated[str, typer.Argument(metavar="FILE|EDITION", help="A video file, or SLUG/YYYY-MM-DD.")],
    out: Annotated[Path | None, typer.Option(metavar="FILE", help="The MP4 to write; captions go beside it.")] = None,
    append: Annotated[list[Path] | None, typer.Option(metavar="FILE", help="Put this video behind; repeat.")] = None,
    trim: Annotated[str, typer.Option(metavar="FROM:TO", help="Keep these seconds: 3:10, 3: or :10.")] = "",
    highlights: Annotated[float | None, typer.Option(metavar="SECONDS", help="Keep the best, so long at most.")] = None,
    format: Annotated[Shape | None, typer.Option(help="The picture's new shape.")] = None,  # noqa: A002
    filling: Annotated[Filling, typer.Option(help="How: crop follows what matters, whole shows all of it.")] = "auto",
    captions: Annotated[Path | None, typer.Option(metavar="FILE", help="WebVTT or SubRip captions.")] = None,
    burn: Annotated[bool, typer.Option(help="Draw captions into the picture, or write them beside it only.")] = True,
    audio: Annotated[Path | None, typer.Option(metavar="FILE", help="Sound in place of its own, at −16 LUFS.")] = None,
    keep: Annotated[
        bool, typer.Option("--keep", help="Keep the file for the edit deployment; print its name.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object on stdout, nothing else there.")] = False,
) -> None:
    """Edit a video: pixels are encoded once at most, and not at all where packets can be copied."""
    with opened_film(source) as film:
        told = _Wish(film.edition)
        told.append(append or ())
        told.captions(captions, burn=burn)
        told.cut(trim, highlights)
        told.shape(format, filling)
        told.sound(audio)
        if not told.is_empty:
            found = _edited(film.movie, told, out or Path(f"{film.name}-edited.mp4"), keep=keep, quiet=as_json)
        elif keep:
            found = {"kept": _kept(film.movie)}
        else:
            raise BadConfigurationError("nothing is to be done; give --trim, --format, --captions, --audio or the like")
    if as_json:
        sys.stdout.write(json.dumps(found, ensure_ascii=False, indent=2) + "\n")
        return
    console = Console()
    for name, value in found.items():
        console.print(f"  {name:<9} {value}", soft_wrap=True, highlight=False)


class _Wish:
    """The edits in the order they are done, and the files they take."""

    def __init__(self, edition: EditionRecord | None) -> None:
        """Begin without edits; an edition's captions are in its picture already, and go along beside it."""
        self.edits: list[Edit] = []
        self.media: dict[str, Path] = {}
        self.brand = edition.newsletter.brand if edition else Brand()
        self.language = edition.newsletter.language if edition else "en"
        self._own_captions = _captions_of(edition)
        self._transcribed = self._asked = False

    @property
    def is_empty(self) -> bool:
        """Whether nothing was asked for; captions that only go along are not an edit."""
        return not self._asked

    @property
    def edit_list(self) -> EditList:
        return EditList(edits=tuple(self.edits), brand=self.brand, language=self.language)

    def append(self, others: Any) -> None:
        if others:
            self._add(Concatenate(others=tuple(self._file(path, "video") for path in others)))

    def captions(self, file: Path | None, *, burn: bool) -> None:
        found = read_captions(_read(file), file.name) if file else self._own_captions
        if found:
            self._add(AddCaptions(captions=found, burned=burn and file is not None), asked=file is not None)
            self._transcribed = True

    def cut(self, trim: str, highlights: float | None) -> None:
        try:
            if trim:
                self._add(_trim(trim))
            if highlights is not None:
                by = "transcript" if self._transcribed else "shots"
                self._add(Highlights.model_validate({"target_s": highlights, "by": by}))
        except ValidationError as error:
            raise BadConfigurationError(error.errors()[0]["msg"].removeprefix("Value error, ")) from None

    def shape(self, shape: Shape | None, filling: Filling) -> None:
        if shape:
            self._add(Reformat(shape=shape, filling=filling))

    def sound(self, audio: Path | None) -> None:
        if audio:
            self._add(ReplaceAudio(audio=self._file(audio, "audio")))

    def _add(self, edit: Edit, *, asked: bool = True) -> None:
        self.edits.append(edit)
        self._asked = self._asked or asked

    def _file(self, path: Path, kind: str) -> AssetRef:
        from storage.objects import digest_of_file

        if not path.is_file():
            raise BadInputError(f"there is no file {path}")
        sha256, size = digest_of_file(path)
        self.media[sha256] = path
        return AssetRef(kind=kind, sha256=sha256, bytes=size, media_type="application/octet-stream")


def _edited(movie: Path, told: _Wish, out: Path, *, keep: bool, quiet: bool) -> dict[str, Any]:
    if out.suffix.lower() != ".mp4":
        raise BadConfigurationError(f"--out {out} must end in .mp4: that is what is written")
    if not out.parent.is_dir():
        raise BadConfigurationError(f"--out {out}: there is no folder {out.parent}")
    if any(out.exists() and out.samefile(path) for path in (movie, *told.media.values())):
        raise BadConfigurationError(f"--out {out} is what is edited; write to another file")
    house = container()
    profile = house.settings.profile or "embedded"
    with (
        tempfile.TemporaryDirectory(prefix=".pressroom-edit-", dir=out.parent) as folder,
        _bar(quiet=quiet) as progress,
        house.editor(profile, told.language) as editor,
    ):
        made = editor.edit(movie, told.edit_list, told.media, Path(folder), progress)
        made.movie.chmod(0o644)
        made.movie.replace(out)
    found: dict[str, Any] = {"video": str(out), "seconds": round(made.duration_s, 3), "frames": made.frames}
    found |= {"size": f"{made.width}×{made.height}", "pictures": "copied" if made.copied else "encoded"}
    if made.captions:
        beside = out.with_suffix(".vtt")
        beside.write_text(webvtt(made.captions), "utf-8")
        found["captions"] = str(beside)
    return found | ({"kept": _kept(out)} if keep else {})


def _captions_of(edition: EditionRecord | None) -> tuple[Caption, ...]:
    if edition is None or edition.video is None:
        return ()
    data = container().library.read(edition.video.captions)
    return read_captions(data) if b"-->" in data else ()


def _trim(text: str) -> Trim:
    start, colon, end = text.partition(":")
    try:
        from_s, to_s = float(start or 0), float(end) if end else None
    except ValueError:
        colon = ""
    if not colon:
        raise BadConfigurationError(f"--trim {text!r} is no stretch; write FROM:TO in seconds: 3:10, 3: or :10")
    return Trim(start_s=from_s, end_s=to_s)


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise BadInputError(f"{path} cannot be read: {error.strerror}") from None


def _kept(path: Path) -> str:
    """Keep a file in the store, and give the name it has there."""
    return container().library.keep("kept", path, "application/octet-stream").sha256


@contextmanager
def _bar(*, quiet: bool) -> Iterator[Callable[[int, int], None]]:
    columns = (TextColumn("{task.description:<20}"), BarColumn(bar_width=40), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True, quiet=quiet), transient=True) as bars:
        bar = bars.add_task("Editing the video", total=100)
        yield lambda done, total: bars.update(bar, completed=done, total=total)
