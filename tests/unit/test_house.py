"""The house's own rules, read off its code: what must stay true whoever adds a room."""

import ast
import importlib
import inspect
import subprocess
import sys
from importlib.metadata import packages_distributions
from pathlib import Path
from typing import Any

import pytest
import yaml
from prefect import Flow
from prefect.utilities.callables import parameter_schema

from content import errors
from content.values import Step
from tasks.steps import NETWORK_RETRIES, RETRIES, STEPS
from wiring.settings import load_newsletters

ROOT = Path(__file__).resolve().parents[2]
ROOMS = ("content", "flows", "models", "pressroom", "sources", "storage", "tasks", "wiring")
FLOW_FILES = sorted((ROOT / "flows").glob("[a-z]*.py"))
DEPLOYMENTS = yaml.safe_load((ROOT / "prefect.yaml").read_text("utf-8"))["deployments"]

for name in ("newsroom", "studio", "gate", "publishing", "housekeeping"):
    importlib.import_module(f"tasks.{name}")


def every_error() -> list[type[errors.PressroomError]]:
    found, todo = [], [errors.PressroomError]
    while todo:
        kind = todo.pop()
        found.append(kind)
        todo += kind.__subclasses__()
    return found


def run_python(code: str) -> str:
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_importing_flows_and_tasks_pulls_in_no_heavy_library():
    heavy = ("torch", "transformers", "diffusers", "moviepy", "sklearn", "scipy", "boto3")
    modules = [f"flows.{file.stem}" for file in FLOW_FILES]
    code = f"import sys, {', '.join(modules)}; print([name for name in {heavy!r} if name in sys.modules])"
    assert run_python(code) == "[]"


def test_the_command_line_answers_help_without_prefect():
    assert run_python("import sys, pressroom.__main__; print('prefect' in sys.modules)") == "False"


@pytest.mark.parametrize("deployment", DEPLOYMENTS, ids=lambda deployment: deployment["name"])
def test_every_entry_point_imports_and_its_parameters_fit(deployment: dict[str, Any]):
    module, _, attribute = deployment["entrypoint"].rpartition(".")
    assert ":" not in deployment["entrypoint"], "dotted paths only"
    flow = getattr(importlib.import_module(module), attribute)
    assert isinstance(flow, Flow)
    schema = parameter_schema(flow)
    given = deployment.get("parameters", {})
    assert set(given) <= set(schema.properties)
    for name in schema.properties:
        assert schema.properties[name].get("description"), name
    if set(schema.required or []) <= set(given):
        flow.validate_parameters(given)
    assert deployment["description"]
    assert deployment["tags"]


@pytest.mark.parametrize("deployment", [d for d in DEPLOYMENTS if d.get("schedules")], ids=lambda d: d["name"])
def test_every_schedule_has_a_slug_and_a_time_zone(deployment: dict[str, Any]):
    for schedule in deployment["schedules"]:
        assert schedule["slug"]
        assert schedule["timezone"]


def test_the_daily_schedule_is_the_newsletters_own_and_runs_never_overlap():
    daily = next(d for d in DEPLOYMENTS if d["name"] == "daily")
    letter = load_newsletters(ROOT / "pressroom.toml")[daily["parameters"]["newsletter"]]
    assert (daily["schedules"][0]["cron"], daily["schedules"][0]["timezone"]) == (letter.schedule, letter.timezone)
    assert daily["concurrency_limit"] == {"limit": 1, "collision_strategy": "ENQUEUE"}


def test_every_flow_is_deployed():
    deployed = {deployment["entrypoint"].split(".")[1] for deployment in DEPLOYMENTS}
    assert deployed == {file.stem for file in FLOW_FILES}


def test_no_flow_file_shares_a_name_with_a_room_or_the_standard_library():
    for file in FLOW_FILES:
        assert file.stem not in {*ROOMS, *sys.stdlib_module_names}


def test_no_other_package_shadows_a_room():
    owners = packages_distributions()
    for room in ROOMS:
        assert set(owners.get(room, ["pressroom"])) <= {"pressroom"}, room


@pytest.mark.parametrize("step", STEPS.values(), ids=lambda step: step.name)
def test_every_step_retries_what_a_retry_can_help(step: Any):
    wanted = NETWORK_RETRIES if step.step in {Step.COLLECT, Step.PUBLISH} else RETRIES
    assert step.task.retries == wanted["retries"]
    assert step.task.retry_delay_seconds == wanted["retry_delay_seconds"]
    assert step.task.retry_condition_fn is wanted["retry_condition_fn"]


@pytest.mark.parametrize("step", STEPS.values(), ids=lambda step: step.name)
def test_the_five_gpu_steps_carry_the_tag_and_the_others_do_not(step: Any):
    gpu = {Step.IDEATE, Step.DRAFT, Step.ILLUSTRATE, Step.ASSEMBLE, Step.MODERATE}
    assert ("gpu" in step.task.tags) == (step.step in gpu)


def test_every_step_a_user_can_name_exists():
    assert {step.step for step in STEPS.values()} == set(Step)


@pytest.mark.parametrize("file", FLOW_FILES, ids=lambda file: file.stem)
def test_flows_are_thin_and_lose_no_failure(file: Path):
    tree = ast.parse(file.read_text("utf-8"))
    assert not [node for node in ast.walk(tree) if isinstance(node, ast.ClassDef)], "no classes in flow files"
    functions = [node for node in tree.body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]
    (flow,) = functions
    assert isinstance(flow, ast.AsyncFunctionDef), "a sync flow waits a second for its heartbeat"
    assert flow.end_lineno - flow.body[0].lineno <= 60
    step_names = {name for name in STEPS if name != file.stem}
    for node in ast.walk(flow):
        if isinstance(node, ast.Call):
            called = ast.unparse(node.func)
            assert called not in step_names, f"{called}() without submit loses an upstream failure"
            assert not called.endswith((".delay", ".map")), called
            assert not called.startswith("flows."), "no flow inside a flow"


@pytest.mark.parametrize("file", FLOW_FILES, ids=lambda file: file.stem)
def test_every_submitted_step_is_joined(file: Path):
    flow = next(n for n in ast.parse(file.read_text("utf-8")).body if isinstance(n, ast.AsyncFunctionDef))
    source = ast.unparse(flow)
    submitted = sum(isinstance(n, ast.Call) and ast.unparse(n.func).endswith(".submit") for n in ast.walk(flow))
    joins = (".result()", "report_of(", "draft_or_reason(", "verdicts_or_hold(", "published_or_reason(")
    assert sum(source.count(join) for join in joins) >= submitted


def test_every_thread_pool_is_bounded():
    for room in ROOMS:
        for file in (ROOT / room).rglob("*.py"):
            for node in ast.walk(ast.parse(file.read_text("utf-8"))):
                if isinstance(node, ast.Call) and "ThreadPool" in ast.unparse(node.func):
                    assert any(key.arg == "max_workers" for key in node.keywords) or node.args, file


def test_only_settings_read_the_environment():
    allowed = {
        "wiring/settings.py",
        "pressroom/prefect_home.py",  # sets what Prefect reads
        "pressroom/serve.py",  # hands settings to the processes it starts
        "models/illustrator/typefaces.py",  # where Windows keeps its fonts
        "models/assembler/piece_pool.py",  # gives the processes it starts one thread of numpy's each
    }
    for room in ROOMS:
        for file in (ROOT / room).rglob("*.py"):
            if "os.environ" in file.read_text("utf-8") or "os.getenv" in file.read_text("utf-8"):
                assert file.relative_to(ROOT).as_posix() in allowed, file


@pytest.mark.parametrize("kind", every_error(), ids=lambda kind: kind.__name__)
def test_every_error_survives_pickling(kind: type[errors.PressroomError]):
    import pickle

    found = pickle.loads(pickle.dumps(kind("what, where, how", url="http://x.example/")))
    assert (type(found), str(found), found.context) == (kind, "what, where, how", {"url": "http://x.example/"})


def test_the_error_tree_is_drawn_as_it_is():
    drawn = [
        line.split("─ ")[-1].split()[0] for line in errors.__doc__.splitlines() if "Error" in line and "──" in line
    ]
    assert set(drawn) == {kind.__name__ for kind in every_error() if kind is not errors.PressroomError}


def test_every_module_says_what_it_is_for():
    for room in ROOMS:
        for file in (ROOT / room).rglob("*.py"):
            if file.name != "__init__.py":
                assert ast.get_docstring(ast.parse(file.read_text("utf-8"))), file


def test_every_public_function_of_a_step_has_a_first_line_the_ui_can_show():
    for step in STEPS.values():
        assert step.task.description
        assert len(inspect.getdoc(step.function).splitlines()[0]) <= 120
