"""`pressroom models list|pull|verify`: which open weights there are, which are here, and whether they are right."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, NamedTuple, Self

import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import (
    BarColumn,
    DownloadColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeRemainingColumn,
    TransferSpeedColumn,
)

from content.errors import BadConfigurationError
from models.naming import EngineName, is_folder
from models.weights.catalogue import BEST, best_profile, catalogue, fits, weights_named_by
from models.weights.weight_store import UNPINNED, Manifest, is_commit, model_folder, pulled_in, read_manifest, state_of
from models.weights.weights import commit_of
from pressroom.pulling import Puller
from sources.hub import Hub, HubFile, Listing
from wiring.settings import Settings, load_settings

app = typer.Typer(
    name="models",
    help="Open weights: what there is, pull it, check it.",
    no_args_is_help=True,
    context_settings={"help_option_names": ["-h", "--help"]},
)

ProfileOption = Annotated[
    str, typer.Option(help="A profile of open weights: open, open-cpu, open-8, open-24, open-80.")
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")]


class Row(NamedTuple):
    """One use of a model: in a profile for a medium, or pulled by name."""

    profile: str
    medium: str
    model: str
    revision: str
    licence: str
    permissive: bool
    disk_gb: float
    memory_gb: float
    state: str
    fits: bool


@app.command("list")
def list_models(profile: ProfileOption = "", as_json: JsonOption = False) -> None:
    """List the open weights of every profile, what they need, and which are on this machine."""
    settings = load_settings()
    best = best_profile(settings.device, settings.device_memory_gb)
    rows = [*_catalogued(settings, _profiles(profile, best)), *([] if profile else _others(settings.weights))]
    if as_json:
        told = {"best": best, "weights": str(settings.weights), "models": [row._asdict() for row in rows]}
        typer.echo(json.dumps(told, indent=2, ensure_ascii=False))
        return
    console = Console(highlight=False)
    for number, row in enumerate(rows):
        if not number or row.profile != rows[number - 1].profile:
            console.print(_heading(row, best))
        colour = {"pulled": "green", "partial": "yellow"}.get(row.state, "default")
        revision = row.revision[:7] if is_commit(row.revision) else row.revision
        licence = row.licence if row.permissive else f"{row.licence}, to be accepted by name"
        memory = f", {row.memory_gb:.1f} GB at work" if row.memory_gb else ""
        console.print(f"  {escape(row.model)}  [{colour}]{row.state}[/]")
        facts = (row.medium, f"{row.disk_gb:.1f} GB on disk{memory}", licence, revision)
        console.print(f"    [dim]{escape(' · '.join(filter(None, facts)))}[/]")
    console.print(f"\n◂ is what `{BEST}` is on this machine. Weights are kept in {settings.weights}")


def _heading(row: Row, best: str) -> str:
    if not row.profile:
        return "\n[bold]pulled by name[/]"
    known = catalogue().profiles.get(row.profile)
    machine = f" · {known.machine}" if known else ""
    mark = " ◂" if row.profile == best else ("" if row.fits else " [dim](does not fit this machine)[/]")
    return f"\n[bold]{row.profile}[/]{machine}{mark}"


@app.command()
def pull(
    names: Annotated[
        list[str] | None, typer.Argument(help="Models by their name on the hub: ORG/NAME or ORG/NAME@REVISION.")
    ] = None,
    profile: ProfileOption = "",
    accept_licence: Annotated[
        list[str] | None, typer.Option(help="Accept a licence that is not a free one, by its name; may be repeated.")
    ] = None,
    again: Annotated[
        bool, typer.Option("--again", help="Read what is here too, and fetch anew what is wrong with it.")
    ] = False,
) -> None:
    """Pull weights: safetensors and text only, every file checked, continued where an earlier pull broke off."""
    settings = load_settings()
    wanted = _wanted(settings, names or [], profile)
    if not wanted:
        raise BadConfigurationError("name a model (ORG/NAME), or a profile with --profile open")
    with PullBars(Console(stderr=True), len(wanted)) as bars:
        puller = Puller(settings.weights, Hub(), bars, accepted=accept_licence or ())
        for model, asked in wanted:
            manifest = puller.pull(model, asked, again=again)
            typer.echo(f"{model} {manifest.commit[:7]}  {manifest.licence}  {manifest.size / 1e9:.2f} GB")


@app.command()
def verify(
    names: Annotated[list[str] | None, typer.Argument(help="Models to check; all that are here if left out.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Read every byte that was pulled and compare it with its sha256; exit code 1 when anything is wrong."""
    settings = load_settings()
    faults: dict[str, list[str]] = {}
    with _byte_bars(Console(stderr=True)) as progress:
        for folder, model, asked, manifest in _to_verify(settings.weights, names or []):
            name = f"{model}@{asked}" if asked else model
            if manifest is None:
                faults[name] = ["was never pulled whole"]
                continue
            bar = progress.add_task(model, total=manifest.size)
            found = list(manifest.faults_in(folder, lambda size, bar=bar: progress.advance(bar, size)))  # type: ignore[misc]
            progress.update(bar, completed=manifest.size)
            faults[name] = found
    if as_json:
        typer.echo(json.dumps(faults, indent=2, ensure_ascii=False))
    else:
        for name, found in faults.items():
            for fault in found:
                typer.echo(f"✗ {name}: {fault}")
            typer.echo(f"  mend it with: pressroom models pull {name} --again" if found else f"✓ {name}")
        if not faults:
            typer.echo(f"nothing was pulled into {settings.weights} yet; run: pressroom models pull --profile {BEST}")
    raise typer.Exit(1 if any(faults.values()) else 0)


class PullBars:
    """Bars of a pull: one for a model, one for each file under way; on a pipe it says nothing."""

    def __init__(self, console: Console, models: int) -> None:
        self._progress, self._models, self._done = _byte_bars(console), models, 0
        self._total: TaskID | None = None
        self._lock = threading.Lock()

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._progress.stop()

    def model(self, listing: Listing) -> None:
        """Begin the bar of a model."""
        self._done += 1
        title = f"[bold]{escape(listing.model)}[/] {self._done}/{self._models}" if self._models > 1 else listing.model
        self._total = self._progress.add_task(title, total=listing.size)

    @contextmanager
    def file(self, file: HubFile) -> Iterator[Callable[[int], None]]:
        """Show a file while it comes."""
        bar = self._progress.add_task(f"  {escape(file.name)}", total=file.size)
        total = self._total

        def moved(size: int) -> None:
            self._progress.advance(bar, size)
            if total is not None:
                self._progress.advance(total, size)

        try:
            yield moved
        finally:
            self._progress.remove_task(bar)


def _byte_bars(console: Console) -> Progress:
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(bar_width=24),
        DownloadColumn(),
        TransferSpeedColumn(),
        TimeRemainingColumn(),
        console=console,
        disable=not console.is_terminal,
    )


def _profiles(wanted: str, best: str) -> tuple[str, ...]:
    known = tuple(catalogue().profiles)
    if wanted == BEST:
        return (best,)
    if wanted and wanted not in known:
        raise BadConfigurationError(f"there is no profile of open weights {wanted!r}; use {BEST}, {', '.join(known)}")
    return (wanted,) if wanted else known


def _catalogued(settings: Settings, profiles: tuple[str, ...]) -> Iterator[Row]:
    for profile in profiles:
        uses: dict[str, list[str]] = {}  # one line for a model that serves several media
        engines = catalogue().profiles[profile].engines
        for medium, engine in engines.items():
            uses.setdefault(engine.name, []).append(medium)
        for name, media in uses.items():
            for model, asked in weights_named_by(name):
                known = catalogue().model(model)
                commit = commit_of(settings.weights, model, asked)
                gigabytes = engines[media[0]].gb
                yield Row(
                    profile,
                    ", ".join(media),
                    model,
                    commit,
                    known.licence if known else "",
                    bool(known) and catalogue().is_permissive(known.licence if known else ""),
                    known.disk_gb if known else 0,
                    gigabytes,
                    state_of(model_folder(settings.weights, model, commit)),
                    fits(
                        gigabytes, settings.device, settings.device_memory_gb, kind=catalogue().profiles[profile].device
                    ),
                )


def _others(store: Path) -> Iterator[Row]:
    """Go through what was pulled by name and is in no profile."""
    known = {model.name for model in catalogue().models}
    for folder, manifest in pulled_in(store):
        if manifest.model not in known:
            size = manifest.size / 1e9
            weights = sum(file.size for file in manifest.files if file.name.endswith(".safetensors")) / 2**30
            yield Row(
                "",
                "",
                manifest.model,
                manifest.commit,
                manifest.licence,
                catalogue().is_permissive(manifest.licence),
                round(size, 2),
                round(weights, 2),
                state_of(folder),
                fits(weights),
            )


def _wanted(settings: Settings, names: list[str], profile: str) -> list[tuple[str, str]]:
    """Give the models to pull, each once, in the order they were named."""
    wanted = [_model(name) for name in names]
    if profile:
        best = best_profile(settings.device, settings.device_memory_gb)
        for each in _profiles(profile, best):
            for engine in catalogue().profiles[each].names.values():
                wanted += weights_named_by(engine)
    return list(dict.fromkeys(wanted))


def _model(name: str) -> tuple[str, str]:
    """Read ORG/NAME@REVISION; a whole engine's name is understood, too."""
    if is_folder(name):
        raise BadConfigurationError(f"{name} is a folder; it is used where it is, there is nothing to pull")
    found = EngineName.parse(name if ":" in name.partition("@")[0] else f"hub:{name}")
    return found.model, found.revision


def _to_verify(store: Path, names: list[str]) -> Iterator[tuple[Path, str, str, Manifest | None]]:
    if not names:
        for folder, manifest in pulled_in(store):
            asked = "" if commit_of(store, manifest.model) == manifest.commit else manifest.asked or manifest.commit
            yield folder, manifest.model, asked, manifest
    for model, asked in map(_model, names):
        commit = commit_of(store, model, asked)
        folder = model_folder(store, model, commit)
        yield folder, model, asked, None if commit == UNPINNED else read_manifest(folder)
