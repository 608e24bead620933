"""Progress on a terminal: one line a step, a bar for the long ones, all on stderr."""

import threading
from collections import Counter
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TaskID, TextColumn, TimeElapsedColumn

from content.values import Step
from tasks.pace import told
from tasks.progress import Event

VERBS = {
    Step.COLLECT: "Collecting feeds and pages",
    Step.IDEATE: "Deciding what is worth an article",
    Step.DRAFT: "Writing articles",
    Step.ILLUSTRATE: "Drawing covers",
    Step.NARRATE: "Speaking the script",
    Step.ASSEMBLE: "Rendering the video",
    Step.COMPOSE: "Composing pages and e-mail",
    Step.MODERATE: "Checking everything",
    Step.PUBLISH: "Publishing",
}
ENDED = {"computed", "reused", "failed", "held"}


class StepBars:
    """Draws what `tasks.progress` announces; use as a context manager, and give `listen` to it."""

    def __init__(self, console: Console) -> None:
        self._progress = Progress(
            SpinnerColumn(finished_text="[green]✓[/]"),
            TextColumn("{task.description:<34}"),
            BarColumn(bar_width=24),
            TextColumn("{task.fields[told]}"),
            TimeElapsedColumn(),
            console=console,
        )
        self._bars: dict[Step, TaskID] = {}
        self._started: Counter[Step] = Counter()
        self._outcomes: dict[Step, Counter[str]] = {}
        self._lock = threading.Lock()

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        for step, bar in self._bars.items():
            if not self._outcomes[step]["failed"]:
                self._progress.update(bar, completed=100, total=100)
        self._progress.stop()

    def listen(self, event: Event) -> None:
        """Take one event, from any thread."""
        with self._lock:
            if event.step not in self._bars:
                self._bars[event.step] = self._progress.add_task(VERBS[event.step], total=None, told="")
                self._outcomes[event.step] = Counter()
            bar, outcomes = self._bars[event.step], self._outcomes[event.step]
            if event.kind == "progress":
                far = told(event.done, event.total, event.left_s)
                self._progress.update(bar, completed=event.done, total=event.total, told=far)
                return
            if event.kind == "started":
                self._started[event.step] += 1
            elif event.kind in ENDED:
                outcomes[event.kind] += 1
                self._started[event.step] -= event.kind != "reused"
            ended = ", ".join(f"{count} {kind}" for kind, count in outcomes.items())
            idle = self._started[event.step] <= 0
            self._progress.update(bar, told=ended, completed=100 if idle else None, total=100 if idle else None)
