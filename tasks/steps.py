"""What makes a function a step: a Prefect task whose result is named by its recipe and whose work is on record.

A step takes a `Job` and values, and returns a value. Prefect skips it when a result of the same recipe exists;
either way the join (`Pending.result`) leaves one row that says computed, reused, failed or held.
Tasks return plain JSON; the value type is rebuilt at the join, never by the result store.
"""

import datetime as dt
import time
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final, Generic, TypeVar

from prefect import Task
from prefect.cache_policies import CachePolicy
from prefect.client.schemas.objects import State, TaskRun
from prefect.context import TaskRunContext
from prefect.futures import PrefectFuture

from content.errors import RetryableError
from content.recipes import EngineIdentity, Recipe, Value, digest_of
from content.values import Step
from models.metering import Meter, metered
from tasks.faults import strike
from tasks.jobs import Job
from tasks.progress import Event, announce, working_on
from tasks.results import PLAIN_JSON
from wiring.container import container

V = TypeVar("V", bound=Value)

STEPS: Final[dict[str, "StepTask[Any]"]] = {}
"""Every step by its task's name."""


async def can_be_retried(task: Task[..., Any], run: TaskRun, state: State[Any]) -> bool:
    """Retry what a retry can help; a permanent error is told at once."""
    try:
        await state.aresult()
    except RetryableError:
        return True
    except BaseException:  # noqa: BLE001 - the state holds whatever the task raised
        return False
    return False


RETRIES: Final[dict[str, Any]] = {
    "retries": 2,
    "retry_delay_seconds": [1, 5],
    "retry_jitter_factor": 0.5,
    "retry_condition_fn": can_be_retried,
}
NETWORK_RETRIES: Final[dict[str, Any]] = {**RETRIES, "retry_delay_seconds": [1, 4]}


class ByRecipe(CachePolicy):
    """Names a task's result by the recipe of its step, as an object key beside the assets."""

    def compute_key(
        self, task_ctx: TaskRunContext, inputs: dict[str, Any], flow_parameters: dict[str, Any], **_: Any
    ) -> str | None:
        """Give the key; the step that owns the task knows its recipe."""
        recipe = STEPS[task_ctx.task.name].recipe(inputs).digest
        return f"results/{recipe[:2]}/{recipe[2:]}"


class StepTask(Generic[V]):
    """A step: its Prefect task, its recipe, and the way to submit it."""

    def __init__(
        self,
        function: Callable[..., V],
        *,
        step: Step,
        version: int,
        returns: type[V],
        engine: str = "",
        beside: Iterable[str] = (),
        identity: Callable[[], EngineIdentity] | None = None,
        once_per_run: bool = False,
        network: bool = False,
        tags: Iterable[str] = (),
    ) -> None:
        self.step, self.version, self.returns, self.engine = step, version, returns, engine
        self.beside = tuple(beside)
        self.function = function
        self.name = function.__name__
        self._identity = identity
        self._once_per_run = once_per_run
        self.task: Task[..., Any] = Task(
            self._work(),
            name=self.name,
            description=(function.__doc__ or "").strip().partition("\n")[0],
            task_run_name=_run_name,
            tags=[*tags],
            cache_policy=ByRecipe(),
            persist_result=True,
            result_serializer=PLAIN_JSON,
            **(NETWORK_RETRIES if network else RETRIES),
        )
        STEPS[self.name] = self

    def identity(self, job: Job) -> EngineIdentity | None:
        """Say which engine would do the work."""
        if self._identity:
            return self._identity()
        return container().identity(self.engine, job.profile, job.language) if self.engine else None

    def recipe(self, parameters: Mapping[str, Any]) -> Recipe:
        """Give the recipe of a call, from the task's own parameters (`job`, `inputs`)."""
        job: Job = parameters["job"]
        inputs: dict[str, Any] = {"task": self.name, **parameters["inputs"]}
        if self._once_per_run:
            inputs["run"] = job.run_id
        house = container()
        for medium in self.beside:
            # Engines some profiles do without: only those that are there are part of the recipe.
            if house.has(medium, job.profile, job.language):
                inputs[medium] = house.identity(medium, job.profile, job.language)
        return Recipe(
            step=self.step.value,
            version=self.version,
            engine=self.identity(job),
            variant=job.variant(self.step),
            inputs=digest_of(inputs),
        )

    def submit(self, job: Job, **inputs: Any) -> "Pending[V]":
        """Start the step in the flow's pool."""
        return Pending(self, job, inputs, self.task.submit(job=job, inputs=inputs))

    def run_here(self, job: Job, **inputs: Any) -> V:
        """Do the work as a plain function call: no Prefect, no cache, no record."""
        return self.function(job, **inputs)

    def _work(self) -> Callable[[Job, dict[str, Any]], dict[str, Any]]:
        def work(job: Job, inputs: dict[str, Any]) -> dict[str, Any]:
            return self._on_record(job, inputs)

        work.__name__ = work.__qualname__ = self.name
        work.__module__ = self.function.__module__
        return work

    def _on_record(self, job: Job, inputs: dict[str, Any]) -> dict[str, Any]:
        started_at, start = dt.datetime.now(dt.UTC), time.perf_counter()
        recipe = self.recipe({"job": job, "inputs": inputs})
        meter = Meter()

        def record(outcome: str, detail: str = "") -> None:
            seconds = time.perf_counter() - start
            announce(Event(kind=outcome, step=self.step, item=job.item, seconds=seconds, detail=detail))
            container().library.record_step(
                edition=str(job.edition),
                run_id=job.run_id,
                step=self.step.value,
                item=job.item,
                outcome=outcome,
                seconds=seconds,
                engine=str(recipe.engine or ""),
                recipe=recipe.digest,
                started_at=started_at,
                detail=detail,
                usage=meter.usage,
            )

        try:
            with working_on(self.step, job.item), metered(meter, container().purse(str(job.edition))):
                value = self.function(job, **inputs)
            strike(container().settings.fault, self.step, job.item, container().settings.home)
        except Exception as error:
            record("failed", f"{type(error).__name__}: {error}")
            raise
        record(getattr(value, "outcome", "computed"), getattr(value, "outcome_detail", ""))
        return value.model_dump(mode="json")


class Pending(Generic[V]):
    """A step on its way; `result` waits for it."""

    def __init__(self, step: StepTask[V], job: Job, inputs: dict[str, Any], future: PrefectFuture[Any]) -> None:
        self._step, self.job, self._inputs, self._future = step, job, inputs, future
        self._value: V | None = None

    def result(self) -> V:
        """Wait and give the value, however often it is asked for; raise what the step raised."""
        if self._value is None:
            self._value = self._joined()
        return self._value

    def _joined(self) -> V:
        value = self._step.returns.model_validate(self._future.result())
        if self._future.state.name == "Cached":
            recipe = self._step.recipe({"job": self.job, "inputs": self._inputs})
            announce(Event(kind="reused", step=self._step.step, item=self.job.item))
            container().library.record_step(
                edition=str(self.job.edition),
                run_id=self.job.run_id,
                step=self._step.step.value,
                item=self.job.item,
                outcome="reused",
                seconds=0.0,
                engine=str(recipe.engine or ""),
                recipe=recipe.digest,
            )
        return value


def step(step: Step, *, version: int, returns: type[V], **options: Any) -> Callable[[Callable[..., V]], StepTask[V]]:
    """Make a function `(job, **values) -> value` a step; raise `version` when its results change."""

    def decorate(function: Callable[..., V]) -> StepTask[V]:
        return StepTask(function, step=step, version=version, returns=returns, **options)

    return decorate


def _run_name() -> str:
    from prefect.runtime import task_run

    job: Job = task_run.parameters["job"]
    return f"{task_run.task_name} · {job.item}"
