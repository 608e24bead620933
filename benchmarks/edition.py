"""Measure an edition: the seconds of each step, what the orchestration around them costs, and what a rerun costs.

    make bench                                # or: .venv/bin/python benchmarks/edition.py [--articles 8] [--json]

Everything is measured in one run on the bundled press pack, each edition in a house of its own:

- *plain*: the flow's own function with Prefect taken away, its steps called as plain functions on a pool of threads;
- *flow*: the same edition through Prefect, with results stored and every step on record;
- *rerun*: the same edition again with nothing changed, in the same process and as a command of its own.

`wall` is what the clock says around an edition; `in steps` is the sum of the seconds inside its steps.
On one thread steps do not overlap, so that (wall − in steps) / in steps is what is spent around them;
on two they do, `in steps` exceeds `wall`, and only flow against plain says something.
Engines are loaded and Prefect's server runs before anything is timed, on both sides; both are reported by themselves.
Each figure is the least of several rounds: what else the machine does can only add to it.
"""

import argparse
import asyncio
import datetime as dt
import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any
from unittest.mock import patch

ROOT = Path(__file__).resolve().parents[1]
DATE = dt.date(2026, 3, 10)
NEWSLETTER = "harbour-morning"
WORKERS = (1, 2)


@dataclass
class Made:
    """One edition made: seconds on the clock, on processors (children too) and inside its steps."""

    wall_s: float
    cpu_s: float
    steps: dict[str, float]
    outcomes: dict[str, int] = field(default_factory=dict)

    @property
    def in_steps_s(self) -> float:
        """Seconds inside the steps."""
        return sum(self.steps.values())


def made(work: Callable[[], tuple[dict[str, float], dict[str, int]]]) -> Made:
    """Time the making of an edition."""
    wall, cpu = time.perf_counter(), cpu_s()
    steps, outcomes = work()
    return Made(time.perf_counter() - wall, cpu_s() - cpu, steps, outcomes)


def cpu_s() -> float:
    """CPU seconds of this process, of its children that have ended and, where /proc tells, of those that live."""
    own, ended = resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN)
    total = own.ru_utime + own.ru_stime + ended.ru_utime + ended.ru_stime
    for child in children():
        fields = Path(f"/proc/{child}/stat").read_text("utf-8").rpartition(")")[2].split()
        total += (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    return total


def children() -> list[str]:
    """Give the processes that this one has started and that live."""
    return [child for task in Path("/proc/self/task").glob("*/children") for child in task.read_text("utf-8").split()]


def peak_mb() -> dict[str, float]:
    """Give the most memory that this process and Prefect's server have held, where /proc tells."""
    found = {"the edition's process": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}
    for child in children():
        folder = Path("/proc") / child
        if "temporary_server" in (folder / "cmdline").read_text("utf-8"):
            lines = (folder / "status").read_text("utf-8").splitlines()
            found["Prefect's server"] = next(int(line.split()[1]) / 1024 for line in lines if "VmHWM" in line)
    return found


@contextmanager
def fresh_house(home: Path, workers: int) -> Iterator[None]:
    """Have a house where nothing is stored and nothing known; engines stay loaded."""
    from wiring import container as composition

    os.environ |= {"PRESSROOM_HOME": str(home), "PRESSROOM_WORKERS": str(workers)}
    engines = composition.container()._engines if composition._container else {}  # noqa: SLF001 - they have no other owner
    composition.reset_container()
    composition.container()._engines.update(engines)  # noqa: SLF001
    yield
    shutil.rmtree(home)


def load_engines() -> None:
    """Load every engine, and let those that are lazy do a first piece of work."""
    from models.protocols import CoverRequest
    from wiring.container import container

    house = container()
    letter = house.newsletter(NEWSLETTER)
    for medium in ("embedder", "writer", "illustrator", "narrator", "assembler", "moderator"):
        house.engine(medium, letter.profile, letter.language).load()
    house.embedder(letter.profile, letter.language).embed(["One sentence to warm the model with."])
    request = CoverRequest(headline="Warm", width=400, height=210)
    house.illustrator(letter.profile, letter.language).illustrate(request, seed=1)


def as_flow(articles: int) -> tuple[dict[str, float], dict[str, int]]:
    """Make the edition through Prefect; give the seconds inside each step and how its steps ended."""
    from flows.daily_newsletter import daily_newsletter
    from tasks.results import pool
    from wiring.container import container

    async def run() -> Any:
        return await daily_newsletter(NEWSLETTER, edition_date=DATE, articles=articles, return_state=True)

    daily_newsletter.task_runner = pool()  # as many threads as this house's settings say
    state = asyncio.run(run())
    run_id = str(state.state_details.flow_run_id)
    edition = container().library.edition_of_run(run_id)
    if edition is None or state.name != "Published":
        sys.exit(f"the edition was not published: {state.name}: {state.message}")
    seconds: dict[str, float] = defaultdict(float)
    rows = container().library.steps(edition, run_id)
    for row in rows:
        seconds[row.step] += row.seconds
    return dict(seconds), dict(Counter(row.outcome for row in rows))


def as_functions(articles: int, workers: int) -> tuple[dict[str, float], dict[str, int]]:
    """Make the same edition with Prefect taken away; give the seconds inside each step and how many there were."""
    from flows.daily_newsletter import daily_newsletter
    from tasks import report
    from tasks.steps import StepTask

    calls: list[tuple[str, float]] = []

    async def nothing(*_: Any, **__: Any) -> None: ...

    with ThreadPoolExecutor(max_workers=workers) as pool:

        def submit(step: StepTask[Any], job: Any, **inputs: Any) -> Future[Any]:
            def call() -> Any:
                start = time.perf_counter()
                value = step.run_here(job, **inputs)
                calls.append((step.step.value, time.perf_counter() - start))
                return value

            return pool.submit(call)

        artifacts: dict[str, Any] = {name: nothing for name in vars(report) if name.startswith("acreate_")}
        with patch.object(StepTask, "submit", submit), patch.multiple(report, **artifacts):
            state = asyncio.run(daily_newsletter.fn(NEWSLETTER, edition_date=DATE, articles=articles))
    if state.name != "Published":
        sys.exit(f"the edition was not published: {state.name}: {state.message}")
    seconds: dict[str, float] = defaultdict(float)
    for step, spent in calls:
        seconds[step] += spent
    return dict(seconds), {"computed": len(calls)}


def command(home: Path, *arguments: str) -> Made:
    """Run a command of ours as somebody would who has set nothing else up."""
    strange = ("PREFECT_", "DO_NOT_TRACK", "PRESSROOM_WORKERS")
    environment = {name: value for name, value in os.environ.items() if not name.startswith(strange)}
    environment |= {"PRESSROOM_HOME": str(home)}

    def run() -> tuple[dict[str, float], dict[str, int]]:
        subprocess.run(
            [sys.executable, "-m", "pressroom", *arguments], cwd=ROOT, env=environment, check=True, capture_output=True
        )
        return {}, {}

    return made(run)


def least(rounds: list[Made]) -> Made:
    """Give the round that took the least time, with the least CPU seconds of any."""
    best = min(rounds, key=lambda one: one.wall_s)
    return Made(best.wall_s, min(one.cpu_s for one in rounds), best.steps, best.outcomes)


def measure(articles: int, rounds: int, folder: Path) -> dict[str, Any]:
    """Make the editions; give the figures."""
    found: dict[str, list[Made]] = {}

    def keep(name: str, one: Made) -> None:
        found.setdefault(name, []).append(one)
        print(f"{name:<20} {one.wall_s:7.2f} s, {one.cpu_s:7.2f} s of CPU", file=sys.stderr)

    with fresh_house(folder / "warm", 2):
        as_flow(1)  # whatever is imported or compiled at its first use
    for _ in range(rounds):
        for workers in WORKERS:
            with fresh_house(folder / "plain", workers):
                keep(f"plain on {workers}", made(lambda workers=workers: as_functions(articles, workers)))  # type: ignore[misc]
            with fresh_house(folder / "flow", workers):
                keep(f"flow on {workers}", made(lambda: as_flow(articles)))
                keep(f"rerun on {workers}", made(lambda: as_flow(articles)))
    edition = ("newsletter", "--edition-date", str(DATE), "--articles", str(articles))
    keep("command", command(folder / "command", *edition))
    for _ in range(rounds + 1):
        keep("command again", command(folder / "command", *edition))
        keep("command --help", command(folder / "command", "--help"))
    return {"articles": articles, "rounds": rounds, "made": {name: least(all_) for name, all_ in found.items()}}


def ratios(made_: dict[str, Made]) -> dict[str, tuple[float, str]]:
    """Give what the benchmark is for, each with its aim."""
    plain, flow, again = made_["plain on 1"], made_["flow on 1"], made_["rerun on 1"]
    return {
        "around the steps, one thread: (wall − in steps) / in steps": (flow.wall_s / flow.in_steps_s - 1, "≤ 15 %"),
        "the same without Prefect": (plain.wall_s / plain.in_steps_s - 1, ""),
        "flow against plain, one thread: wall": (flow.wall_s / plain.wall_s - 1, "≤ 15 %"),
        "flow against plain, one thread: CPU": (flow.cpu_s / plain.cpu_s - 1, ""),
        "flow against plain, two threads: wall": (
            made_["flow on 2"].wall_s / made_["plain on 2"].wall_s - 1,
            "≤ 15 %",
        ),
        "flow against plain, two threads: CPU": (made_["flow on 2"].cpu_s / made_["plain on 2"].cpu_s - 1, ""),
        "rerun / first run, one process": (again.wall_s / flow.wall_s, "≤ 10 %"),
        "rerun / first run, as commands: wall": (
            made_["command again"].wall_s / made_["command"].wall_s,
            "≤ 10 %",
        ),
        "rerun / first run, as commands: CPU": (made_["command again"].cpu_s / made_["command"].cpu_s, ""),
    }


def per_step_ms(made_: dict[str, Made]) -> dict[str, float]:
    """Give what one step costs besides its own work: when it is computed, and when its result is reused."""
    plain, flow, again = made_["plain on 1"], made_["flow on 1"], made_["rerun on 1"]
    steps = sum(flow.outcomes.values())
    return {
        "computed": 1000 * ((flow.wall_s - flow.in_steps_s) - (plain.wall_s - plain.in_steps_s)) / steps,
        "reused": 1000 * (again.wall_s - again.in_steps_s) / steps,  # collecting looks at the feeds in every run
    }


def show(found: dict[str, Any]) -> None:
    """Print the figures for a person."""
    from rich.console import Console
    from rich.table import Table

    console, made_ = Console(highlight=False), found["made"]
    columns = [name for name in made_ if name.startswith(("plain", "flow"))]
    table = Table(title=f"{found['articles']} articles, seconds, least of {found['rounds']}", title_justify="left")
    table.add_column("step")
    for name in columns:
        table.add_column(f"{name} thread{'s' * (not name.endswith('1'))}", justify="right")
    for step in made_[columns[0]].steps:
        table.add_row(step, *(f"{made_[name].steps[step]:.2f}" for name in columns))
    table.add_section()
    table.add_row("in steps", *(f"{made_[name].in_steps_s:.2f}" for name in columns))
    table.add_row("wall", *(f"{made_[name].wall_s:.2f}" for name in columns))
    table.add_row("CPU", *(f"{made_[name].cpu_s:.2f}" for name in columns))
    reruns = [made_[name.replace("flow", "rerun")] if name.startswith("flow") else None for name in columns]
    table.add_row("rerun, wall", *(f"{again.wall_s:.2f}" if again else "" for again in reruns))
    table.add_row("rerun, CPU", *(f"{again.cpu_s:.2f}" if again else "" for again in reruns))
    console.print(table)
    table = Table("ratio", "here", "aim")
    for name, (ratio, aim) in ratios(made_).items():
        table.add_row(name, f"{ratio:.1%}", aim)
    console.print(table)
    console.print("Wall against wall holds on an idle machine; on a busy one read the CPU lines.")
    for name in ("command", "command again", "command --help"):
        console.print(f"{name:<16} {made_[name].wall_s:6.2f} s, {made_[name].cpu_s:6.2f} s of CPU")
    per_step = found["per_step_ms"]
    console.print(f"around a step    {per_step['computed']:.0f} ms computed, {per_step['reused']:.0f} ms reused")
    for name, value in found["start"].items():
        console.print(f"{name:<36} {value:6.2f} s")
    for name, value in found["peak_rss_mb"].items():
        console.print(f"peak memory of {name:<21} {value:6.0f} MB")


def main() -> None:
    """Parse, measure, tell."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--articles", type=int, default=8)
    parser.add_argument("--rounds", type=int, default=2, help="how often each kind of edition is made")
    parser.add_argument("--json", action="store_true", help="print the figures as JSON")
    arguments = parser.parse_args()
    sys.path.insert(0, str(ROOT))
    folder = Path(tempfile.mkdtemp(prefix="pressroom-bench-"))
    os.environ |= {"PRESSROOM_CONFIG": str(ROOT / "pressroom.toml"), "PRESSROOM_HOME": str(folder / "prefect")}
    from pressroom.prefect_home import prepare, server_at_hand
    from wiring.settings import load_settings

    settings, start = load_settings(), {}
    prepare(settings)  # Prefect as the command line uses it
    try:
        with server_at_hand(settings) as ready:
            began = time.perf_counter()
            import flows.daily_newsletter  # noqa: F401 - to know how long it takes

            start["importing the flow"] = time.perf_counter() - began
            ready()
            start["Prefect's server, a new database"] = time.perf_counter() - began
            began = time.perf_counter()
            load_engines()
            start["loading the engines"] = time.perf_counter() - began
            found = measure(arguments.articles, arguments.rounds, folder)
            peaks = peak_mb()
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    found |= {"per_step_ms": per_step_ms(found["made"]), "start": start, "peak_rss_mb": peaks}
    if arguments.json:
        told = {name: asdict(one) | {"in_steps_s": one.in_steps_s} for name, one in found["made"].items()}
        told = found | {"made": told, "ratios": {name: ratio for name, (ratio, _) in ratios(found["made"]).items()}}
        sys.stdout.write(json.dumps(told, indent=2) + "\n")
    else:
        show(found)


if __name__ == "__main__":
    main()
