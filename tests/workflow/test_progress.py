"""How far work is and how long it still takes: in Prefect's own artifact, to listeners, and in the terminal."""

import io
from typing import Any

from prefect import flow, task
from prefect.client.orchestration import get_client
from prefect.client.schemas.filters import ArtifactFilter, ArtifactFilterTaskRunId
from prefect.runtime import task_run
from rich.console import Console

from content.values import Step
from pressroom.bars import StepBars
from tasks.progress import Event, listening, shown_progress, working_on

REPORTS = [(0.0, 500), (0.5, 520), (4.0, 660), (4.1, 664), (9.0, 860)]


def _work(reports: list[tuple[float, int]], after: Any = None) -> None:
    now = 0.0
    with working_on(Step.ASSEMBLE, "video"), shown_progress("Rendering harbour", clock=lambda: now) as progress:
        for at, done in reports:
            now = at
            progress(done, 1000)
            if after:
                after()


def test_prefect_shows_what_is_done_and_the_seconds_left(prefect_harness: None):
    shown: list[tuple[float, str]] = []

    def look(run_id: str) -> None:
        with get_client(sync_client=True) as client:
            mine = ArtifactFilter(task_run_id=ArtifactFilterTaskRunId(any_=[run_id]))
            (artifact,) = client.read_artifacts(artifact_filter=mine)
        shown.append((float(artifact.data), str(artifact.description)))

    @task
    def render() -> None:
        run_id = str(task_run.id)
        _work([*REPORTS, (12.5, 1000)], lambda: look(run_id))

    @flow
    def rendering() -> None:
        render()

    rendering()
    assert shown == [
        (0.0, "Rendering harbour"),
        (0.0, "Rendering harbour"),
        (66.0, "Rendering harbour: 660/1000 · 9 s left"),
        (66.0, "Rendering harbour: 660/1000 · 9 s left"),
        (86.0, "Rendering harbour: 860/1000 · 4 s left"),
        (100.0, "Rendering harbour: 1000/1000"),
    ]


def test_a_listener_hears_of_every_report_with_the_seconds_left():
    heard: list[Event] = []
    with listening(heard.append):
        _work([*REPORTS, (12.5, 1000)])
    told = [(event.done, None if event.left_s is None else round(event.left_s, 3)) for event in heard[1:]]
    assert told == [(500, None), (520, 12.0), (660, 8.5), (664, 8.4), (860, 3.5), (1000, 0.0)]


def test_the_terminal_shows_what_is_done_and_the_seconds_left():
    screen = io.StringIO()
    bars = StepBars(Console(file=screen, force_terminal=True, width=120))
    with bars, listening(bars.listen):
        _work(REPORTS)
    assert "860/1000 · 4 s left" in screen.getvalue()
