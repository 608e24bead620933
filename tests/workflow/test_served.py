"""The whole house as its users run it: server, deployments, a worker; triggered, failed, retried as the UI does it."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from content.values import Edition

ROOT = Path(__file__).resolve().parents[2]
DATE = "2026-03-10"


@dataclass(frozen=True)
class Served:
    """A running `pressroom serve`."""

    api: str
    site: str
    home: Path

    def call(self, path: str, body: Any = None) -> Any:
        """Ask the Prefect API as its UI does."""
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(f"{self.api}{path}", data=data, headers={"Content-Type": "application/json"})
        for patience in range(8, -1, -1):
            try:
                with urllib.request.urlopen(request, timeout=30) as answer:
                    text = answer.read()
                break
            except urllib.error.HTTPError as error:
                # A busy server on SQLite answers "database is locked" as 503, and its UI asks again.
                if error.code != 503 or not patience:
                    raise
                time.sleep(1)
        return json.loads(text) if text else None

    def wait_for(self, run_id: str, *types: str) -> dict[str, Any]:
        """Wait until a flow run is in one of these states."""
        deadline = time.monotonic() + 240
        while True:
            run = self.call(f"/flow_runs/{run_id}")
            if run["state_type"] in types:
                return run  # type: ignore[no-any-return]
            assert time.monotonic() < deadline, run["state"]
            time.sleep(0.5)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_until(ready: Callable[[], bool], process: "subprocess.Popen[bytes]", log: Path) -> None:
    deadline = time.monotonic() + 240
    while not ready():
        if process.poll() is not None or time.monotonic() > deadline:
            pytest.fail(f"`pressroom serve` did not come up:\n{log.read_text('utf-8')[-3000:]}")
        time.sleep(0.5)


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    home = tmp_path_factory.mktemp("served")
    port, site_port, log = free_port(), free_port(), home / "serve.log"
    environment = {
        **os.environ,
        "PRESSROOM_HOME": str(home / "home"),
        "PRESSROOM_ENGINES": json.dumps({"assembler": "fake", "embedder": "ngram"}),
        "PRESSROOM_FAULT": "assemble:raise",
        "PREFECT_WORKER_QUERY_SECONDS": "1",
    }
    environment.pop("PREFECT_API_URL", None)
    command = [sys.executable, "-m", "pressroom", "serve", "--port", str(port), "--site-port", str(site_port)]
    with log.open("wb") as out:
        process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=out, stderr=out)
    wait_until(lambda: b"Ctrl-C stops everything" in log.read_bytes(), process, log)
    yield Served(f"http://127.0.0.1:{port}/api", f"http://127.0.0.1:{site_port}", home / "home")
    process.send_signal(signal.SIGTERM)
    assert process.wait(timeout=90) == 130
    assert not (home / "home" / "server.json").exists()


def test_triggered_through_the_api_failed_at_assemble_and_retried_it_finishes(served: Served, monkeypatch):
    deployment = served.call("/deployments/name/daily-newsletter/daily")
    parameters = {**deployment["parameters"], "edition_date": DATE, "articles": 3}
    run = served.call(f"/deployments/{deployment['id']}/create_flow_run", {"parameters": parameters})
    failed = served.wait_for(run["id"], "FAILED", "CRASHED", "COMPLETED")
    assert failed["state_type"] == "FAILED", failed["state"]
    assert "PRESSROOM_FAULT struck at assemble" in failed["state"]["message"]

    # What the UI's Retry button sends.
    retry = {"state": {"type": "SCHEDULED", "name": "AwaitingRetry", "message": "Retry from the UI"}}
    assert served.call(f"/flow_runs/{run['id']}/set_state", retry)["status"] == "ACCEPT"
    done = served.wait_for(run["id"], "COMPLETED", "FAILED", "CRASHED")
    assert (done["state"]["name"], done["run_count"]) == ("Published", 2), done["state"]

    monkeypatch.setenv("PRESSROOM_HOME", str(served.home))
    from wiring.container import container, reset_container

    reset_container()
    record = container().library.edition_record(Edition.parse(f"harbour-morning/{DATE}"))
    assert record is not None
    assert record.status == "published"
    assert record.runs == (run["id"],)
    computed = [(s.step, s.recipe) for s in record.steps if s.outcome == "computed"]
    assert len(computed) == len(set(computed)), "the retry paid for a finished step"
    assert [s.outcome for s in record.steps if s.step == "assemble"] == ["failed", "computed"]
    assert {s.outcome for s in record.steps if s.step == "draft"} == {"computed", "reused"}
    assert list(container().library.verify()) == []
    reset_container()

    with urllib.request.urlopen(f"{served.site}/{record.page}", timeout=10) as page:
        assert record.articles[0].headline.split()[0] in page.read().decode()


def test_the_run_shows_a_summary_covers_links_and_progress(served: Served):
    artifacts = served.call("/artifacts/filter", {"limit": 100})
    assert {"markdown", "image", "progress"} <= {artifact["type"] for artifact in artifacts}
    assert {"edition-summary", "edition-page", "edition-video", "cover-1"} <= {a["key"] for a in artifacts}
    summary = next(a for a in artifacts if a["key"] == "edition-summary" and "published" in a["data"])
    assert "| # | article |" in summary["data"]
    picture = next(a for a in artifacts if a["type"] == "image")
    with urllib.request.urlopen(picture["data"], timeout=10) as answer:
        assert answer.headers["Content-Type"] == "image/png"


def test_the_form_in_the_ui_has_descriptions_enums_dates_and_bounds(served: Served):
    schema = served.call("/deployments/name/daily-newsletter/daily")["parameter_openapi_schema"]
    fields = schema["properties"]
    assert all(fields[name]["description"] for name in fields)
    assert {"format": "date", "type": "string"} in fields["edition_date"]["anyOf"]
    assert "assemble" in json.dumps(schema["definitions"]["Step"])
    assert fields["articles"]["anyOf"][0] == {"maximum": 30, "minimum": 1, "type": "integer"}


def test_the_server_refuses_parameters_out_of_bounds(served: Served):
    deployment = served.call("/deployments/name/daily-newsletter/daily")
    with pytest.raises(urllib.error.HTTPError, match="409"):
        served.call(
            f"/deployments/{deployment['id']}/create_flow_run",
            {"parameters": {"newsletter": "harbour-morning", "articles": 99}},
        )


def test_the_schedule_is_on_in_the_newsletters_time_zone(served: Served):
    (schedule,) = served.call("/deployments/name/daily-newsletter/daily")["schedules"]
    assert schedule["active"]
    assert schedule["schedule"]["timezone"] == "Europe/London"


def test_the_scheduler_has_tomorrows_run_waiting(served: Served):
    deployment = served.call("/deployments/name/daily-newsletter/daily")
    wanted = {
        "flow_runs": {"state": {"type": {"any_": ["SCHEDULED"]}}},
        "deployments": {"id": {"any_": [deployment["id"]]}},
    }
    deadline = time.monotonic() + 120
    while not (waiting := served.call("/flow_runs/filter", wanted)):
        assert time.monotonic() < deadline, "the server's scheduler planned nothing"
        time.sleep(1)
    assert all("auto-scheduled" in run["tags"] for run in waiting)


def test_one_article_and_one_video_can_be_made_alone(served: Served):
    article = served.call("/deployments/name/produce-article/article")
    listing = sorted((ROOT / "examples" / "press-pack" / "pellmouth-courier.example" / "stories").glob("*.html"))
    url = f"http://pellmouth-courier.example/stories/{listing[0].name}"
    made = served.call(
        f"/deployments/{article['id']}/create_flow_run",
        {"parameters": {"newsletter": "harbour-morning", "urls": [url]}},
    )
    video = served.call("/deployments/name/produce-video/video")
    filmed = served.call(
        f"/deployments/{video['id']}/create_flow_run",
        {"parameters": {"newsletter": "harbour-morning", "edition_date": DATE, "article": 1}},
    )
    for run in (made, filmed):
        done = served.wait_for(run["id"], "COMPLETED", "FAILED", "CRASHED")
        assert done["state"]["name"] == "Made", done["state"]
