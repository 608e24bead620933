"""A worker that keeps models loaded: shared by its runs, stopped with care, and never leaving a run for dead."""

import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import pytest
from counting_engine import customised

from content.values import Edition
from tests.workflow.test_served import Served, free_port, wait_until

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Warm:
    """A running `pressroom serve` whose writer counts."""

    served: Served
    folder: Path
    log: Path

    def start(self, date):
        """Trigger a run for a date. Dates run backwards here: an edition never repeats what an earlier one had."""
        deployment = self.served.call("/deployments/name/daily-newsletter/daily")
        parameters = {**deployment["parameters"], "edition_date": date, "articles": 2}
        return self.served.call(f"/deployments/{deployment['id']}/create_flow_run", {"parameters": parameters})["id"]

    def ended(self, run_id):
        """Wait until a run is over."""
        return self.served.wait_for(run_id, "COMPLETED", "FAILED", "CRASHED", "CANCELLED")["state"]

    def set_state(self, run_id, type_, name):
        """Do what a button of the UI does."""
        answer = self.served.call(f"/flow_runs/{run_id}/set_state", {"state": {"type": type_, "name": name}})
        assert answer["status"] == "ACCEPT"

    def until(self, happened):
        """Wait until something is so."""
        deadline = time.monotonic() + 120
        while not happened():
            assert time.monotonic() < deadline, self.log.read_text("utf-8")[-4000:]
            time.sleep(0.1)

    def said(self, text):
        """Wait until the worker has said something."""
        self.until(lambda: text in self.log.read_text("utf-8"))

    def held(self):
        """Have the writer wait in the middle of its work; give the file that keeps it there."""
        (self.folder / "at-work").unlink(missing_ok=True)
        hold = self.folder / "hold"
        hold.touch()
        return hold

    def begun(self):
        """Wait until the writer is at work."""
        self.until((self.folder / "at-work").exists)

    def record(self, date):
        """Give what is on record of an edition."""
        from wiring.container import container, reset_container

        reset_container()
        return container().library.edition_record(Edition.parse(f"harbour-morning/{date}"))

    def forgets_its_claims(self):
        """Wait until the worker has put away what it noted of its runs."""
        self.until(lambda: not list((self.served.home / "claimed-runs").iterdir()))

    @property
    def loads(self):
        """The processes that loaded the writer, in order."""
        return [int(line) for line in (self.folder / "loads").read_text().split()]


@pytest.fixture(scope="module")
def warm(tmp_path_factory):
    home = tmp_path_factory.mktemp("warm")
    folder = home / "writer"
    folder.mkdir()
    port, log = free_port(), home / "serve.log"
    engines = dict.fromkeys(("illustrator", "cards", "narrator", "assembler", "moderator"), "fake")
    environment = {
        **os.environ,
        "PYTHONPATH": customised(home / "python", ROOT),
        "PRESSROOM_HOME": str(home / "home"),
        "PRESSROOM_ENGINES": json.dumps({**engines, "embedder": "ngram", "writer": f"counting:{folder}"}),
        "PREFECT_WORKER_QUERY_SECONDS": "1",
    }
    environment.pop("PREFECT_API_URL", None)
    command = [sys.executable, "-m", "pressroom", "serve", "--port", str(port), "--site-port", str(free_port())]
    with log.open("wb") as out:
        process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=out, stderr=out)
    wait_until(lambda: b"Ctrl-C stops everything" in log.read_bytes(), process, log)
    yield Warm(Served(f"http://127.0.0.1:{port}/api", "", home / "home"), folder, log)
    process.send_signal(signal.SIGTERM)
    assert process.wait(timeout=90) == 130


@pytest.fixture(autouse=True)
def same_home(warm, monkeypatch):
    from wiring.container import reset_container

    monkeypatch.setenv("PRESSROOM_HOME", str(warm.served.home))
    yield
    reset_container()


def test_two_runs_load_a_model_once(warm):
    states = [warm.ended(warm.start(date)) for date in ("2026-03-20", "2026-03-19")]
    assert [state["name"] for state in states] == ["Published", "Published"], states
    assert len(warm.loads) == 1
    assert {warm.record(date).status for date in ("2026-03-20", "2026-03-19")} == {"published"}
    warm.forgets_its_claims()


def test_a_cancelled_run_ends_after_the_step_at_work_and_the_model_stays(warm):
    hold = warm.held()
    run_id = warm.start("2026-03-18")
    warm.begun()
    warm.set_state(run_id, "CANCELLING", "Cancelling")
    warm.said(f"Run {run_id} is cancelled; it ends after the steps at work")
    assert warm.served.call(f"/flow_runs/{run_id}")["state_type"] == "CANCELLING"
    hold.unlink()
    assert warm.ended(run_id)["type"] == "CANCELLED"
    warm.until(lambda: warm.record("2026-03-18").status == "failed")
    record = warm.record("2026-03-18")
    assert "cancelled" in record.reason
    assert "draft" in {step.step for step in record.steps}, "the step at work was finished and is kept"
    assert "illustrate" not in {step.step for step in record.steps}
    assert warm.ended(warm.start("2026-03-17"))["name"] == "Published", "the worker works on"
    assert len(warm.loads) == 1


def test_a_worker_that_is_stopped_waits_for_the_step_at_work_and_ends_its_run(warm):
    hold = warm.held()
    run_id = warm.start("2026-03-16")
    warm.begun()
    os.kill(warm.loads[-1], signal.SIGINT)
    assert warm.served.call(f"/flow_runs/{run_id}")["state_type"] == "RUNNING"
    hold.unlink()
    state = warm.ended(run_id)
    assert (state["type"], "was stopped; retry it" in state["message"]) == ("CRASHED", True), state
    assert warm.ended(warm.start("2026-03-15"))["name"] == "Published", "another worker starts"
    assert len(set(warm.loads)) == len(warm.loads) == 2


def test_a_run_whose_worker_is_killed_ends_as_crashed_and_can_be_retried(warm):
    hold = warm.held()
    run_id = warm.start("2026-03-14")
    warm.begun()
    os.kill(warm.loads[-1], signal.SIGKILL)
    hold.unlink()
    state = warm.ended(run_id)
    assert (state["type"], "was killed; retry it" in state["message"]) == ("CRASHED", True), state
    warm.until(lambda: warm.record("2026-03-14").status == "failed")

    warm.set_state(run_id, "SCHEDULED", "AwaitingRetry")
    assert warm.ended(run_id)["name"] == "Published"
    assert len(set(warm.loads)) == len(warm.loads) == 3
    assert warm.record("2026-03-14").status == "published"
    warm.forgets_its_claims()
