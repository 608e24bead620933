"""Housekeeping tasks; they have no recipe, because the world they look at changes by itself."""

import datetime as dt

from prefect import task
from prefect.cache_policies import NO_CACHE

from storage.sweeping import SweepReport
from tasks.steps import RETRIES
from wiring.container import container


@task(name="sweep", task_run_name="older than {grace_hours} h", cache_policy=NO_CACHE, **RETRIES)
def sweep(grace_hours: int) -> SweepReport:
    """Remove stored objects that no row names and that are older than the grace period."""
    return container().library.sweep(dt.timedelta(hours=grace_hours))
