"""Measure an edition: the seconds of each step, what the orchestration around them costs, and what a rerun costs.

    make bench                                # or: .venv/bin/python benchmarks/edition.py [--articles 8] [--json]

Everything is measured in one run on the bundled press pack, so that the ratios hold on a busy machine too:

- *engine*: seconds inside the steps, as the house records them (`pressroom show` has them too);
- *plain*: the wall time of the same steps called one after another as functions, without Prefect, cache or record;
- *flow*: the wall time of the same edition through `daily_newsletter`, on one worker (so that steps do not overlap and
  the arithmetic is clean) and on the default number of workers;
- *rerun*: the same edition again with nothing changed, in the same process and as a command of its own.

Engines are warm before anything is timed: loading them is the same on both sides and is reported by itself.
"""

import argparse
import asyncio
import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
DATE = "2026-03-10"
NEWSLETTER = "harbour-morning"


@contextmanager
def fresh_home(parent: Path, name: str, workers: int) -> Iterator[Path]:
    """Give a house of its own: nothing stored, nothing known, engines kept warm from before."""
    from wiring import container as composition

    home = parent / name
    os.environ |= {"PRESSROOM_HOME": str(home), "PRESSROOM_WORKERS": str(workers)}
    engines = composition.container()._engines if composition._container else {}  # noqa: SLF001 - keep them warm
    composition.reset_container()
    composition.container()._engines.update(engines)  # noqa: SLF001
    yield home


def timed(work: Any) -> tuple[float, float, Any]:
    """Give wall seconds, CPU seconds (children included) and the value of some work."""
    wall, cpu = time.perf_counter(), cpu_s()
    value = work()
    return time.perf_counter() - wall, cpu_s() - cpu, value


def cpu_s() -> float:
    """CPU seconds of this process and of its children that have ended."""
    own, ended = resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN)
    return own.ru_utime + own.ru_stime + ended.ru_utime + ended.ru_stime


def warm() -> float:
    """Load every engine as an edition uses it; give the seconds it took."""
    from content.values import Newsletter
    from models.protocols import CoverRequest
    from wiring.container import container

    start = time.perf_counter()
    house = container()
    letter: Newsletter = house.newsletter(NEWSLETTER)
    for medium in ("embedder", "writer", "illustrator", "narrator", "assembler", "moderator"):
        house.engine(medium, letter.profile, letter.language).load()
    house.embedder(letter.profile, letter.language).embed(["One sentence to warm the model with."])
    request = CoverRequest(headline="Warm", width=400, height=210)
    house.illustrator(letter.profile, letter.language).illustrate(request, seed=1)
    return time.perf_counter() - start


def through_prefect(articles: int) -> tuple[str, list[Any]]:
    """Make the edition through its flow; give how it ended and its step rows."""
    from flows.daily_newsletter import daily_newsletter
    from tasks.results import pool
    from wiring.container import container

    daily_newsletter.task_runner = pool()  # as many threads as this house's settings say

    async def run() -> Any:
        return await daily_newsletter(NEWSLETTER, edition_date=DATE, articles=articles, return_state=True)

    state = asyncio.run(run())
    run_id = str(state.state_details.flow_run_id)
    edition = container().library.edition_of_run(run_id)
    assert edition, state.message
    return state.name or "", container().library.steps(edition, run_id)


def as_functions(articles: int) -> dict[str, float]:
    """Make the same edition by calling its steps in order; give the seconds of each."""
    from content.values import Edition
    from tasks import gate, newsroom, publishing, stories, studio, telling
    from tasks.editions import Plan
    from tasks.jobs import Job
    from tasks.report import lay_out_site
    from wiring.container import container

    house, seconds = container(), defaultdict(float)
    letter = house.newsletter(NEWSLETTER).model_copy(update={"articles": articles})
    edition = Edition.parse(f"{NEWSLETTER}/{DATE}")
    house.library.open_edition(edition, letter, "plain", [])
    job = Job(edition=edition, run_id="plain", profile=letter.profile, language=letter.language)
    plan = Plan(newsletter=letter, job=job)

    def call(step: Any, own: Job, **inputs: Any) -> Any:
        start = time.perf_counter()
        value = step.run_here(own, **inputs)
        seconds[step.step.value] += time.perf_counter() - start
        return value

    reports = [
        call(newsroom.collect, own, feed=feed, newsletter=letter).report for feed, own in newsroom.feed_items(plan)
    ]
    entries = newsroom.entries_of(plan, reports)
    agenda = call(newsroom.ideate, job, entries=entries, memory=(), newsletter=letter)
    told = stories.stories_of(agenda)
    share = letter.max_source_share
    drafts = [call(newsroom.draft, s.job(job), brief=s.brief, max_source_share=share) for s in told]
    told, thin = stories.written(told, drafts)
    art = call(studio.illustrate_edition, job, **studio.edition_covers(plan))
    covers = [call(studio.illustrate_article, s.job(job), **studio.article_cover(plan, s)) for s in told]
    told = tuple(s.with_cover(cover) for s, cover in zip(told, covers, strict=True))
    verdicts = [call(gate.moderate_article, s.job(job), draft=s.draft, cover=s.cover) for s in told]
    told, held = stories.judged(told, verdicts)
    finished = tuple(s.article for s in told)
    script = telling.telling_of(plan, finished)
    narration = call(studio.narrate, job, script=script)
    scenes = telling.scenes_of(script, finished, art)
    video = call(studio.assemble, job, script=script, narration=narration, pictures=scenes, brand=letter.brand)
    view = publishing.edition_view(plan, told, (*held, *thin), art=art, script=script, video=video, reports=reports)
    composed = call(publishing.compose, job, view=view)
    call(gate.moderate_edition, job, **composed.for_the_gate(view, told, art, script, narration))
    ready = publishing.publication(plan, view, composed, told, (*held, *thin))
    call(publishing.publish, job, publication=ready)
    lay_out_site(edition)
    return dict(seconds)


def as_command(home: Path, *arguments: str) -> tuple[float, dict[str, Any]]:
    """Run a command of ours as a process of its own; give its wall seconds and its JSON."""
    start = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-m", "pressroom", *arguments, "--json"],
        cwd=ROOT,
        env={k: v for k, v in os.environ.items() if not k.startswith("PREFECT_")} | {"PRESSROOM_HOME": str(home)},
        capture_output=True,
        check=True,
    )
    return time.perf_counter() - start, json.loads(done.stdout)


def measure(articles: int, folder: Path) -> dict[str, Any]:
    """Run everything once; give the figures."""
    found: dict[str, Any] = {"articles": articles}
    with fresh_home(folder, "warm", 1):
        found["engines_load_s"] = warm()
        # The first run of a process imports, starts Prefect's temporary server and registers: not what we compare.
        found["first_run_s"], _, _ = timed(lambda: through_prefect(1))
    with fresh_home(folder, "plain", 1):
        found["plain_s"], found["plain_cpu_s"], found["plain_steps"] = timed(lambda: as_functions(articles))
    for name, workers in (("one_worker", 1), ("default_workers", 2)):
        with fresh_home(folder, name, workers):
            wall, cpu, (state, rows) = timed(lambda: through_prefect(articles))
            again_wall, _, (_, again) = timed(lambda: through_prefect(articles))
        steps: dict[str, float] = defaultdict(float)
        for row in rows:
            steps[row.step] += row.seconds
        found[name] = {
            "state": state,
            "wall_s": wall,
            "cpu_s": cpu,
            "engine_s": sum(steps.values()),
            "tasks": len(rows),
            "steps": dict(steps),
            "rerun_s": again_wall,
            "rerun_computed": sum(row.outcome == "computed" for row in again),
        }
    command = ("newsletter", "--edition-date", DATE, "--articles", str(articles))
    found["command_first_s"], _ = as_command(folder / "command", *command)
    found["command_rerun_s"], _ = as_command(folder / "command", *command)
    one = found["one_worker"]
    found["peak_rss_mb"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    found["ratios"] = {
        "overhead of orchestration: (flow − engine) / engine, one worker": one["wall_s"] / one["engine_s"] - 1,
        "overhead over plain functions: flow / plain − 1, one worker": one["wall_s"] / found["plain_s"] - 1,
        "default workers: flow / plain": found["default_workers"]["wall_s"] / found["plain_s"],
        "rerun with nothing changed / first run, same process": one["rerun_s"] / one["wall_s"],
        "rerun with nothing changed / first run, as commands": found["command_rerun_s"] / found["command_first_s"],
    }
    found["reused_step_ms"] = 1000 * one["rerun_s"] / one["tasks"]
    return found


def tell(found: dict[str, Any]) -> None:
    """Print the figures for a person."""
    from rich.console import Console
    from rich.table import Table

    console = Console()
    table = Table(title=f"Seconds of each step, {found['articles']} articles", title_justify="left")
    for heading in ("step", "plain functions", "flow, one worker", "flow, default workers"):
        table.add_column(heading, justify="left" if heading == "step" else "right")
    one, two = found["one_worker"], found["default_workers"]
    for step, seconds in found["plain_steps"].items():
        table.add_row(step, f"{seconds:.2f}", f"{one['steps'][step]:.2f}", f"{two['steps'][step]:.2f}")
    table.add_section()
    table.add_row(
        "engine", f"{sum(found['plain_steps'].values()):.2f}", f"{one['engine_s']:.2f}", f"{two['engine_s']:.2f}"
    )
    table.add_row("wall", f"{found['plain_s']:.2f}", f"{one['wall_s']:.2f}", f"{two['wall_s']:.2f}")
    table.add_row("CPU", f"{found['plain_cpu_s']:.2f}", f"{one['cpu_s']:.2f}", f"{two['cpu_s']:.2f}")
    table.add_row("rerun, nothing changed", "", f"{one['rerun_s']:.2f}", f"{two['rerun_s']:.2f}")
    console.print(table)
    for name, ratio in found["ratios"].items():
        console.print(f"{name:<68} {ratio:7.1%}", highlight=False)
    console.print(
        f"a reused step {found['reused_step_ms']:.0f} ms; loading engines {found['engines_load_s']:.1f} s;"
        f" command: first {found['command_first_s']:.1f} s, rerun {found['command_rerun_s']:.1f} s;"
        f" peak memory {found['peak_rss_mb']:.0f} MB",
        highlight=False,
    )


def main() -> None:
    """Parse, measure, tell."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--articles", type=int, default=8)
    parser.add_argument("--json", action="store_true", help="print the figures as JSON")
    arguments = parser.parse_args()
    sys.path.insert(0, str(ROOT))
    folder = Path(tempfile.mkdtemp(prefix="pressroom-bench-"))
    os.environ |= {"PRESSROOM_CONFIG": str(ROOT / "pressroom.toml"), "PRESSROOM_HOME": str(folder / "prefect")}
    from pressroom.prefect_home import prepare
    from wiring.settings import load_settings

    prepare(load_settings())  # Prefect as the command line uses it
    try:
        found = measure(arguments.articles, folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    if arguments.json:
        sys.stdout.write(json.dumps(found, indent=2) + "\n")
    else:
        tell(found)


if __name__ == "__main__":
    main()
