"""Prefect's result store on our object store, and what else every flow is set up with.

Results are plain JSON: no pickle, and no class names that a reader would import.
They live under `results/` beside the assets, so every machine that shares the store shares them.
"""

from typing import Any, TypeVar

from prefect import Flow
from prefect.filesystems import WritableFileSystem
from prefect.runtime import flow_run
from prefect.serializers import JSONSerializer
from prefect.task_runners import TaskRunner, ThreadPoolTaskRunner

from wiring.container import container

# The default encoder and decoder write and import class names; ours is data only.
PLAIN_JSON: JSONSerializer[Any] = JSONSerializer(object_encoder="tasks.results.told", object_decoder=None)

F = TypeVar("F", bound=Flow[..., Any])


def told(value: object) -> str:
    """Write an error down as one line, since a failed run's result is its error; anything else is no JSON."""
    if isinstance(value, BaseException):
        return f"{type(value).__name__}: {value}"
    raise TypeError(f"a step gives plain JSON, not {type(value).__name__}")


class ObjectStoreResults(WritableFileSystem):
    """Keeps results in the object store of the settings in force; holds no configuration and so no secret."""

    _block_type_name = "Pressroom results"
    _block_type_slug = "pressroom-results"

    def _resolve_path(self, path: str) -> None:
        """Say that keys are keys and not paths: Prefect would make them relative to the working directory."""

    # Prefect calls these with `_sync=True` from a sync task and without it from an async flow.
    def read_path(self, path: str, _sync: bool = True) -> bytes:  # type: ignore[override]
        """Read one result record."""
        return container().objects.read(path)

    def write_path(self, path: str, content: bytes, _sync: bool = True) -> None:  # type: ignore[override]
        """Write one result record, in one piece."""
        container().objects.write(path, content)


def pool() -> TaskRunner[Any]:
    """Give the threads of one run; Prefect's own default has no bound."""
    return ThreadPoolTaskRunner(max_workers=container().side_by_side)


def run_name() -> str:
    """Name a flow run after what it makes, for people who read lists of runs."""
    given = flow_run.parameters
    parts = [given["newsletter"], given.get("edition_date") or "today"]
    if given.get("article"):
        parts.append(f"article {given['article']}")
    if given.get("redo"):
        parts.append(f"redo {', '.join(given['redo'])}")
    return " · ".join(map(str, parts))


def on_object_store(flow: F) -> F:
    """Make a flow keep its tasks' results in our object store.

    Set on the flow and not given to `@flow`, which accepts only blocks that a server has saved:
    this one has nothing to save, and a laptop has no server at import time.
    """
    flow.result_storage = ObjectStoreResults()
    flow.result_serializer = PLAIN_JSON
    return flow
