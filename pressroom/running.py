"""One flow, run in this process: with bars in the terminal and a Prefect server at hand.

What is imported here is imported late: a command that only prints its help has nothing to wait for.
"""

import asyncio
import gc
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple

from rich.console import Console

from content.errors import BadConfigurationError
from pressroom.prefect_home import prepare, server_at_hand
from wiring.container import container, use_settings

if TYPE_CHECKING:
    from prefect.client.schemas.objects import State


def use_profile(name: str) -> None:
    """Use another bundle of engines in this process; "" leaves everything as it is.

    Raises BadConfigurationError when there is none of that name.
    """
    if not name:
        return
    from models.registry import profiles

    if name not in profiles():
        raise BadConfigurationError(f"there is no profile {name!r}; use one of {', '.join(profiles())}")
    use_settings(profile=name)


class Ended(NamedTuple):
    """How a flow run ended, and how long it took, seconds."""

    state: "State[Any]"
    wall_s: float

    @property
    def run_id(self) -> str:
        """The flow run."""
        return str(self.state.state_details.flow_run_id)

    def cause(self) -> BaseException:
        """Give the error a run failed with."""
        error = asyncio.run(self.state.aresult(raise_on_failure=False))
        if isinstance(error, BaseException):
            return error
        return BadConfigurationError(self.state.message or "the run did not start")


def run_flow(flow: Callable[[], Any], *, quiet: bool, **parameters: Any) -> Ended:
    """Run the flow that `flow` imports; parameters that are None are left out."""
    settings = container().settings
    prepare(settings)
    with server_at_hand(settings) as ready:
        gc.disable()  # while modules are imported there is nothing to collect, and looking is a fifth of the time
        from pressroom.bars import StepBars
        from tasks.progress import listening

        imported = flow()
        _ = container().library
        gc.freeze()
        gc.enable()
        started = time.perf_counter()
        given = {key: value for key, value in parameters.items() if value is not None}
        with StepBars(Console(stderr=True, quiet=quiet)) as bars, listening(bars.listen):
            ready()
            state = asyncio.run(_final_state(imported, **given))
        return Ended(state, time.perf_counter() - started)


async def _final_state(flow: Any, **parameters: Any) -> "State[Any]":
    found: State[Any] = await flow(**parameters, return_state=True)
    return found
