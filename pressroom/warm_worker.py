"""A Prefect worker that makes flow runs in its own process, so that models stay loaded from one run to the next.

`pressroom serve` starts it as a program (`python -m pressroom.warm_worker POOL`) where a newsletter uses models that
take long to load. It works for the same pool of type `process`; job variables for a run's environment mean nothing to
it, and code that was edited counts after a restart, while newsletters are read again for each run.

A run that is cancelled starts no further step and ends when the steps at work are done: models cannot be interrupted.
A run that its worker was killed under is ended as crashed by the next worker of the same PRESSROOM_HOME.
"""

import asyncio
import copy
import inspect
import os
import signal
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast
from uuid import UUID

import anyio
from anyio.abc import TaskStatus
from prefect.client.schemas.objects import FlowRun, State, StateType
from prefect.exceptions import Abort, ObjectNotFound
from prefect.flow_engine import load_flow, run_flow
from prefect.futures import PrefectConcurrentFuture
from prefect.settings import PREFECT_WORKER_QUERY_SECONDS
from prefect.states import Cancelled, Crashed
from prefect.task_runners import ThreadPoolTaskRunner
from prefect.utilities.engine import propose_state
from prefect.workers.base import BaseJobConfiguration, BaseVariables, BaseWorker, BaseWorkerResult

from wiring.container import container

if TYPE_CHECKING:
    from prefect.flows import Flow

STOP_S = 20
"""How long a worker that is told to stop waits for the steps at work."""

RETRY = "retry it: finished steps are reused"


class StoppableThreads(ThreadPoolTaskRunner):  # type: ignore[type-arg]
    """A flow's threads that can be told, from outside, to start nothing more."""

    def __init__(self, max_workers: int | None, stopping: threading.Event) -> None:
        super().__init__(max_workers)
        self._stopping = stopping

    def duplicate(self) -> "StoppableThreads":
        """Give the threads of one run; Prefect asks for them when the run begins."""
        return StoppableThreads(self._max_workers, self._stopping)

    def submit(self, *arguments: Any, **options: Any) -> Any:
        """Start a task; raise Abort instead when the run has to stop."""
        _go_on(self._stopping)
        started = super().submit(*arguments, **options)
        return _StoppableFuture(started.task_run_id, started.wrapped_future, self._stopping)


class _StoppableFuture(PrefectConcurrentFuture[Any]):
    """Of a run that has to stop, no result is given: waiting for one ends the flow."""

    def __init__(self, task_run_id: UUID, wrapped_future: Any, stopping: threading.Event) -> None:
        super().__init__(task_run_id, wrapped_future)
        self._stopping = stopping

    def result(self, timeout: float | None = None, raise_on_failure: bool = True) -> Any:
        try:
            return super().result(timeout, raise_on_failure)
        finally:
            _go_on(self._stopping)


def _go_on(stopping: threading.Event) -> None:
    if stopping.is_set():
        raise Abort("this run has to stop")


class RunInThread:
    """One flow run, made in a thread of its own with an event loop of its own; lives as long as the run."""

    def __init__(self, flow_run: FlowRun, ended: Callable[[], None]) -> None:
        self._flow_run, self._ended = flow_run, ended
        self._stopping = threading.Event()
        self.error: BaseException | None = None
        self._thread = threading.Thread(target=self._work, name=f"run {flow_run.name}", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """Start no further step; the run ends when the steps at work are done."""
        self._stopping.set()

    @property
    def stopped(self) -> bool:
        """Whether it was told to stop."""
        return self._stopping.is_set()

    @property
    def alive(self) -> bool:
        """Whether it is still at work."""
        return self._thread.is_alive()

    def _work(self) -> None:
        try:
            with suppress(AttributeError):
                del container().newsletters  # this run sees pressroom.toml as it is now
            flow: Flow[..., Any] = copy.copy(load_flow(self._flow_run))
            flow.task_runner = cast("Any", StoppableThreads(container().side_by_side, self._stopping))
            outcome = run_flow(flow, flow_run=self._flow_run, return_type="state")
            if inspect.iscoroutine(outcome):
                asyncio.run(outcome)
        except BaseException as error:  # noqa: BLE001 - what ends a run must not end the worker
            self.error = error
        finally:
            self._ended()


class Claims:
    """Which runs this worker has at work, on disk, so that the next worker knows what became of them."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        folder.mkdir(parents=True, exist_ok=True)

    def take(self, run_id: UUID) -> None:
        """Note that a run is about to be made here."""
        (self._folder / str(run_id)).touch()

    def drop(self, run_id: UUID) -> None:
        """Note that a run has ended."""
        (self._folder / str(run_id)).unlink(missing_ok=True)

    def held(self) -> tuple[UUID, ...]:
        """Give every run that was taken and not dropped."""
        return tuple(UUID(file.name) for file in sorted(self._folder.iterdir()))


class WarmResult(BaseWorkerResult):
    """That a run is over; its state tells how it ended."""


class WarmWorker(BaseWorker[BaseJobConfiguration, BaseVariables, WarmResult]):
    """Lives as long as its process, of which there may be one for each PRESSROOM_HOME."""

    type = "process"

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._claims = Claims(container().settings.home / "claimed-runs")
        self._running: dict[UUID, RunInThread] = {}

    @classmethod
    def __dispatch_key__(cls) -> str:
        return "pressroom-warm"  # Prefect's own worker keeps its place in Prefect's register

    @property
    def at_work(self) -> bool:
        """Whether a run goes on that did not end when it was told to."""
        return any(run.alive for run in self._running.values())

    async def setup(self) -> None:
        """Connect, and end the runs that a worker before this one died with."""
        await super().setup()
        for run_id in self._claims.held():
            await self._settle(run_id, f"The worker that made this run was killed; {RETRY}.")

    async def _propose_pending_state(self, flow_run: FlowRun) -> bool:
        self._claims.take(flow_run.id)
        if ready := await super()._propose_pending_state(flow_run):
            return ready
        self._claims.drop(flow_run.id)
        return False

    async def run(
        self, flow_run: FlowRun, configuration: BaseJobConfiguration, task_status: TaskStatus[int] | None = None
    ) -> WarmResult:
        """Make a run, and see to it that it is over in the end."""
        over, loop = anyio.Event(), asyncio.get_running_loop()

        def ended() -> None:
            with suppress(RuntimeError):  # the worker is gone
                loop.call_soon_threadsafe(over.set)

        run = self._running[flow_run.id] = RunInThread(flow_run, ended)
        run.start()
        if task_status:
            task_status.started(os.getpid())
        try:
            await self._watch(flow_run.id, run, over)
            logger = self.get_flow_run_logger(flow_run)
            if run.error and not isinstance(run.error, Abort):
                logger.error("This run ended with an error outside its steps", exc_info=run.error)
            if isinstance(run.error, Abort) and not run.stopped:
                # Prefect's server says somebody else has this run, or it has to wait.
                await self._settle(flow_run.id, "")
            else:
                error = f"{type(run.error).__name__}: {run.error}" if run.error else "it ended without a state"
                await self._settle(flow_run.id, f"This run could not be made: {error}")
        except anyio.get_cancelled_exc_class():
            with anyio.CancelScope(shield=True):
                run.stop()
                with anyio.move_on_after(STOP_S):
                    await over.wait()
                await self._settle(flow_run.id, f"The worker was stopped; {RETRY}.")
            raise
        finally:
            if not run.alive:
                del self._running[flow_run.id]
        return WarmResult(status_code=0, identifier=str(os.getpid()))

    async def _watch(self, run_id: UUID, run: RunInThread, over: anyio.Event) -> None:
        """Wait until a run is over, and tell it to stop when somebody cancels it."""
        while not over.is_set():
            with anyio.move_on_after(PREFECT_WORKER_QUERY_SECONDS.value()):
                await over.wait()
                return
            if not run.stopped and await self._state_type(run_id) is StateType.CANCELLING:
                self._logger.info("Run %s is cancelled; it ends after the steps at work", run_id)
                run.stop()

    async def _state_type(self, run_id: UUID) -> StateType | None:
        try:
            return (await self.client.read_flow_run(run_id)).state_type
        except ObjectNotFound:
            return StateType.CANCELLING  # deleted: nobody wants it
        except Exception as error:  # noqa: BLE001 - a server that is busy is asked again
            self._logger.debug("Run %s: its state could not be read: %s", run_id, error)
            return None

    async def _settle(self, run_id: UUID, crashed: str) -> None:
        """Give a run that is over a final state, unless it has one or waits to be taken up again; drop its claim.

        Without a reason to call it crashed, only a cancelled run is ended.
        """
        try:
            state_type = (await self.client.read_flow_run(run_id)).state_type
        except ObjectNotFound:
            self._claims.drop(run_id)
            return
        if state_type is StateType.CANCELLING:
            await self._end(run_id, Cancelled(message="This run was cancelled."))
        elif crashed and state_type in {StateType.PENDING, StateType.RUNNING}:
            await self._end(run_id, Crashed(message=crashed))
        self._claims.drop(run_id)

    async def _end(self, run_id: UUID, state: State[Any]) -> None:
        with suppress(Abort):  # it has ended meanwhile
            await propose_state(self.client, state, flow_run_id=run_id)
        await anyio.to_thread.run_sync(_on_record, str(run_id), f"{state.name}: {state.message}")


def _on_record(run_id: str, reason: str) -> None:
    """Put on the record of a run's edition why nobody works on it any more."""
    library = container().library
    edition = library.edition_of_run(run_id)
    record = library.edition_record(edition) if edition else None
    if edition and record and record.status == "running" and record.run_id == run_id:
        library.finish(edition, "failed", reason)


async def _work(pool: str) -> bool:
    """Work until told to stop; say whether every run has ended."""
    worker, me = WarmWorker(pool, create_pool_if_not_found=False), asyncio.current_task()
    assert me is not None
    if os.name == "posix":
        for number in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(number, me.cancel)
    with suppress(asyncio.CancelledError):
        await worker.start()
    return not worker.at_work


def main() -> None:
    """Work for the pool that the one argument names."""
    if not asyncio.run(_work(sys.argv[1])):
        os._exit(0)  # a thread that is deep in a model would keep this process


if __name__ == "__main__":
    main()
