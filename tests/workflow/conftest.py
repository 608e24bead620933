"""One Prefect harness for the whole session, and a way to run an edition in this process."""

import asyncio
import json
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from prefect.settings import PREFECT_FLOWS_HEARTBEAT_FREQUENCY, PREFECT_LOGGING_LEVEL, temporary_settings
from prefect.testing.utilities import prefect_test_harness

from content.publication import EditionRecord
from wiring.container import Container

ROOT = Path(__file__).resolve().parents[2]
DATE = "2026-03-10"
# The video is the one slow step; its own tests and the end-to-end test run the real one.
QUICK = json.dumps({"assembler": "fake"})


@pytest.fixture(scope="session")
def prefect_harness() -> Iterator[None]:
    """A Prefect API for flows that run in this process."""
    quiet = {PREFECT_FLOWS_HEARTBEAT_FREQUENCY: None, PREFECT_LOGGING_LEVEL: "CRITICAL"}
    with prefect_test_harness(server_startup_timeout=180), temporary_settings(quiet):
        yield


@dataclass(frozen=True)
class Made:
    """How a run ended, and what is on record of its edition."""

    state: Any
    record: EditionRecord

    @property
    def mine(self) -> list[Any]:
        """The step rows of this run."""
        return [step for step in self.record.steps if step.run_id == str(self.state.state_details.flow_run_id)]

    @property
    def outcomes(self) -> Counter[str]:
        """How many of this run's steps were computed, reused, held and failed."""
        return Counter(step.outcome for step in self.mine)

    def computed(self) -> list[tuple[str, str]]:
        """Step and item of what this run computed."""
        return sorted((step.step, step.item) for step in self.mine if step.outcome == "computed")


@pytest.fixture
def make(prefect_harness: None, house: Container, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Made]:
    """Make an edition of the example newsletter (or another) in this process."""

    def run(newsletter: str = "harbour-morning", **parameters: Any) -> Made:
        from flows.daily_newsletter import daily_newsletter
        from wiring.container import container, reset_container

        reset_container()
        given = {"edition_date": DATE, "articles": 3, **parameters}
        state = asyncio.run(_run(daily_newsletter, newsletter=newsletter, **given))
        edition = container().library.edition_of_run(str(state.state_details.flow_run_id))
        assert edition is not None, state.message
        record = container().library.edition_record(edition)
        assert record is not None
        return Made(state, record)

    monkeypatch.setenv("PRESSROOM_ENGINES", QUICK)
    return run


async def _run(flow: Any, **parameters: Any) -> Any:
    return await flow(**parameters, return_state=True)


@dataclass(frozen=True)
class Ran:
    """A finished command."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> dict[str, Any]:
        """What `--json` printed."""
        found: dict[str, Any] = json.loads(self.out)
        return found


@pytest.fixture(scope="session")
def prefect_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A Prefect server of its own for commands that run as processes, so that each need not start one."""
    import socket
    import time
    import urllib.request

    home = tmp_path_factory.mktemp("prefect-server")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environment = {**os.environ, "PREFECT_HOME": str(home), "PREFECT_LOGGING_SERVER_LEVEL": "CRITICAL"}
    environment.pop("PREFECT_API_URL", None)
    command = [sys.executable, "-m", "prefect", "server", "start", "--host", "127.0.0.1", "--port", str(port)]
    with (home / "log").open("wb") as log:
        server = subprocess.Popen(command, env=environment, stdout=log, stderr=log)
    url = f"http://127.0.0.1:{port}/api"
    deadline = time.monotonic() + 180
    while True:
        try:
            urllib.request.urlopen(f"{url}/health", timeout=2).close()
            break
        except OSError:
            if time.monotonic() > deadline or server.poll() is not None:
                pytest.fail(f"the Prefect server did not start: {(home / 'log').read_text()[-2000:]}")
            time.sleep(0.3)
    yield url
    server.terminate()
    server.wait(timeout=60)


@pytest.fixture
def pressroom(prefect_server: str, tmp_path: Path) -> Callable[..., Ran]:
    """Run a command of ours as a process, with state in a temporary folder."""

    def run(*arguments: str, **environment: str) -> Ran:
        given = {
            **os.environ,
            "PRESSROOM_HOME": str(tmp_path / "home"),
            "PRESSROOM_CONFIG": str(ROOT / "pressroom.toml"),
            "PRESSROOM_ENGINES": QUICK,
            "PREFECT_API_URL": prefect_server,
            **environment,
        }
        done = subprocess.run(
            [sys.executable, "-m", "pressroom", *arguments],
            env=given, cwd=ROOT, capture_output=True, text=True, timeout=280, check=False,
        )  # fmt: skip
        return Ran(done.returncode, done.stdout, done.stderr)

    return run
