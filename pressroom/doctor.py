"""`pressroom doctor`: what works here and what does not, each fault with the command that mends it."""

import importlib.metadata
from collections.abc import Callable, Iterator
from typing import Annotated, NamedTuple

import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import Progress

from content.errors import PressroomError
from models.devices import best_device, budgets
from models.registry import MEDIA, OPTIONAL
from pressroom.prefect_home import running_server
from wiring.container import container


class Check(NamedTuple):
    """One thing that was looked at; `needed` is False for what only some newsletters want."""

    name: str
    works: bool
    told: str
    needed: bool = True


def doctor(
    newsletter: Annotated[
        str, typer.Argument(help="Check what this newsletter needs; the first one if left out.")
    ] = "",
) -> None:
    """Check engines, weights, device, database, object store and Prefect, and say how to mend what does not work."""
    console = Console()
    with Progress(console=Console(stderr=True), transient=True) as progress:
        bar = progress.add_task("Looking", total=None)
        checks = []
        for check in _checks(newsletter):
            checks.append(check)
            progress.update(bar, description=f"Looking: {check.name}")
    for check in checks:
        mark = "[green]✓[/]" if check.works else ("[red]✗[/]" if check.needed else "[yellow]–[/]")
        console.print(f"{mark} {check.name:<17} {escape(check.told)}", highlight=False)
    raise typer.Exit(1 if any(check.needed and not check.works for check in checks) else 0)


def _checks(slug: str) -> Iterator[Check]:
    house = container()
    letters = house.newsletters
    yield Check("newsletters", bool(letters), ", ".join(letters) or f"none in {house.settings.config}; write one there")
    letter = letters[slug] if slug in letters else next(iter(letters.values()), None)
    profile, language = (house.profile(letter), letter.language) if letter else ("embedded", "en")
    yield _attempt("database", _database)
    yield _attempt("objects", _objects)
    yield Check("prefect", True, _prefect())
    yield _attempt("device", _device)
    for medium in MEDIA:
        yield _medium(medium, profile, language)
    yield from _typefaces(language)


def _attempt(name: str, look: Callable[[], str]) -> Check:
    try:
        return Check(name, True, look())
    except PressroomError as error:
        return Check(name, False, str(error))
    except ImportError as error:
        return Check(name, False, f"{error}; run `make install`")
    except Exception as error:  # noqa: BLE001 - a check that breaks is a finding, and the others are still wanted
        return Check(name, False, f"{type(error).__name__}: {error}")


def _medium(medium: str, profile: str, language: str) -> Check:
    if medium in OPTIONAL:
        wanted = _attempt(medium, lambda: container().engine_name(medium, profile, language))
        if wanted.works and not wanted.told:
            return Check(medium, False, "not in this profile", needed=False)
    return _attempt(medium, lambda: _load(medium, profile, language))


def _database() -> str:
    container().database.check()
    return container().database.url


def _objects() -> str:
    container().objects.check()
    return container().objects.url


def _load(medium: str, profile: str, language: str) -> str:
    """Have an engine loaded once, which is also how a server is asked whether it answers, and let it go again."""
    house = container()
    engine = house.engine(medium, profile, language)
    with house.room.using(engine):
        told = f"{engine.identity}"
    house.room.close()  # the next engine may need the whole device
    return told


def _prefect() -> str:
    version = importlib.metadata.version("prefect")
    url = running_server(container().settings.home)
    return f"{version}, server at {url}" if url else f"{version}, no server running (`pressroom serve` starts one)"


def _device() -> str:
    import torch

    settings = container().settings
    device = best_device(settings.device)
    share = budgets(settings.device, settings.device_memory_gb).get(device)
    name = f"CPU, {torch.get_num_threads()} threads" if device == "cpu" else device
    if device.startswith("cuda"):
        name = torch.cuda.get_device_name(device)
    room = f"models may take {share / 2**30:.1f} GB" if share else "no memory limit is set"
    return f"{name}, {room}, torch {torch.__version__}"


def _typefaces(language: str) -> Iterator[Check]:
    from models.illustrator.typefaces import coverage_report

    for script, missing in coverage_report().items():
        needed = script == "Latin" or (language == "zh" and script == "Chinese")
        yield Check(f"{script} type", missing is None, str(missing or "can be drawn"), needed)
