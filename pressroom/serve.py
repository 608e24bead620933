"""`pressroom serve`: the Prefect server and UI, every deployment of prefect.yaml, a worker, and the site to look at.

Everything listens on 127.0.0.1. The processes live as long as the command; Ctrl-C lets the worker finish first.
"""

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from content.errors import BadConfigurationError, PressroomError, UnreachableError
from models.registry import MEDIA
from pressroom.prefect_home import SERVER_FILE, prepare, running_server
from pressroom.preview import site_shown
from wiring.container import container

POOL = "pressroom"
START_S = 180
SHORT_S, MOST_SHORT_LIVES = 30, 5


def serve(
    port: Annotated[int, typer.Option(min=1, max=65535, help="Of the Prefect server and UI.")] = 4200,
    site_port: Annotated[int, typer.Option(min=1, max=65535, help="Of the published site.")] = 4201,
    limit: Annotated[int, typer.Option(min=1, max=64, help="Flow runs at a time.")] = 2,
) -> None:
    """Run the Prefect server and UI, the deployments with their schedules, a worker and the site."""
    settings = container().settings
    if not Path("prefect.yaml").is_file():
        raise BadConfigurationError("there is no prefect.yaml here; run `pressroom serve` in the checkout")
    if url := running_server(settings.home):
        raise BadConfigurationError(f"a server already runs for {settings.home}: {url}")
    container().objects.check()
    container().database.check()
    api = f"http://127.0.0.1:{port}/api"
    os.environ["PREFECT_API_URL"] = api
    os.environ["PRESSROOM_PREVIEW_URL"] = f"http://127.0.0.1:{site_port}"
    os.environ["PRESSROOM_HOME"] = str(settings.home)
    os.environ["PRESSROOM_CHECKOUT"] = str(Path.cwd())
    os.environ.setdefault("PREFECT_WORKER_QUERY_SECONDS", "2")
    os.environ.setdefault("PREFECT_SERVER_UI_SHOW_PROMOTIONAL_CONTENT", "false")
    prepare(settings, quiet=False)
    console = Console(stderr=True)
    with ExitStack() as stack:
        stack.callback(lambda: (settings.home / SERVER_FILE).unlink(missing_ok=True))
        stack.enter_context(_stop_on_sigterm())
        stack.enter_context(site_shown(settings.site, site_port))
        with console.status("Starting the Prefect server"):
            server = stack.enter_context(
                _process(_prefect("server", "start", "--host", "127.0.0.1", "--port", str(port)), signal.SIGTERM)
            )
            _wait_until_healthy(api, server)
        (settings.home / SERVER_FILE).write_text(json.dumps({"api": api, "pid": server.pid}), "utf-8")
        with console.status("Deploying the flows of prefect.yaml"):
            asyncio.run(_create_pool(limit))
            _run("--no-prompt", "deploy", "--all")
        console.print(f"[bold]Prefect UI[/]  http://127.0.0.1:{port}", highlight=False)
        console.print(f"[bold]Site[/]        http://127.0.0.1:{site_port}", highlight=False)
        console.print("Trigger a flow under Deployments; Ctrl-C stops everything.")
        _keep_a_worker(server, console)
        raise UnreachableError("the Prefect server ended by itself; its last lines are above")


async def _create_pool(limit: int) -> None:
    """Make the work pool, with the limit on the pool.

    A limit on the worker ends the worker when a run is retried before its first process is quite gone (3.8.8).
    """
    from prefect.client.orchestration import get_client
    from prefect.client.schemas.actions import WorkPoolCreate

    async with get_client() as client:
        await client.create_work_pool(
            WorkPoolCreate(name=POOL, type="process", concurrency_limit=limit), overwrite=True
        )


def _keep_a_worker(server: "subprocess.Popen[bytes]", console: Console) -> None:
    """Keep a worker alive as long as the server lives; one that cannot live at all is an error."""
    warm = needs_warm_worker()
    command = (
        [sys.executable, "-m", "pressroom.warm_worker", POOL] if warm else _prefect("worker", "start", "--pool", POOL)
    )
    if warm:
        console.print("One process makes all runs, so that models stay loaded between them.")
    short_lives = 0
    while server.poll() is None:
        started = time.monotonic()
        with _process(command, signal.SIGINT) as worker:
            while server.poll() is None and worker.poll() is None:
                time.sleep(0.5)
        if server.poll() is None:
            short_lives = short_lives + 1 if time.monotonic() - started < SHORT_S else 0
            if short_lives == MOST_SHORT_LIVES:
                raise UnreachableError(f"the worker ended {short_lives} times right after its start; see above")
            console.print("[yellow]The worker ended by itself; another one starts.[/]")
            time.sleep(2)


def needs_warm_worker() -> bool:
    """Say whether a newsletter uses an engine that puts a model on a device and takes long to load."""
    house = container()
    for letter in house.newsletters.values():
        profile = house.profile(letter)
        for medium in MEDIA:
            # An engine that cannot be had is told to whoever starts a run with it.
            with suppress(PressroomError, ImportError):
                if house.has(medium, profile, letter.language):
                    engine = house.engine(medium, profile, letter.language)
                    if getattr(engine, "device", "") not in {"", "server"}:
                        return True
    return False


def _prefect(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "prefect", *arguments]


def _run(*arguments: str) -> None:
    done = subprocess.run(_prefect(*arguments), check=False, capture_output=True, text=True, timeout=START_S)
    if done.returncode:
        said = (done.stdout + done.stderr).strip()[-2000:]
        raise BadConfigurationError(f"`prefect {' '.join(arguments)}` failed:\n{said}")


@contextmanager
def _process(command: list[str], stop: signal.Signals) -> Iterator["subprocess.Popen[bytes]"]:
    """Run a command beside us, in a session of its own so that Ctrl-C reaches it through us only."""
    process = subprocess.Popen(command, start_new_session=True, stdin=subprocess.DEVNULL)
    try:
        yield process
    finally:
        if process.poll() is None:
            process.send_signal(stop)
            try:
                process.wait(timeout=30)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _wait_until_healthy(api: str, server: "subprocess.Popen[bytes]") -> None:
    deadline = time.monotonic() + START_S
    while time.monotonic() < deadline and server.poll() is None:
        try:
            with urllib.request.urlopen(f"{api}/health", timeout=2):  # noqa: S310 - our own loopback address
                return
        except (OSError, urllib.error.URLError):
            time.sleep(0.3)
    raise UnreachableError(f"the Prefect server did not answer at {api}; is another program on that port?")


@contextmanager
def _stop_on_sigterm() -> Iterator[None]:
    """Treat a service manager's SIGTERM like Ctrl-C, so that everything is stopped in order."""

    def stop(*_: Any) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, stop)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
