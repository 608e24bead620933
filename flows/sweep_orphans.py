"""Housekeeping: remove stored objects that nothing names any more."""

from typing import Annotated

from prefect import flow
from prefect.client.schemas.objects import State
from pydantic import Field

from tasks import report
from tasks.housekeeping import sweep


@flow(name="sweep-orphans", flow_run_name="older than {grace_hours} h")
async def sweep_orphans(grace_hours: Annotated[int, Field(ge=1, le=8760)] = 48) -> State:
    """Remove orphaned objects that are older than the grace period.

    Args:
        grace_hours: Objects younger than this many hours are left alone; make it longer than any run takes.
    """
    return report.swept(sweep.submit(grace_hours).result())
