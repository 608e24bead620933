"""How the command line uses Prefect: quietly, without telemetry, with its own home under PRESSROOM_HOME.

Call `prepare` before anything imports Prefect, which reads its settings once.
"""

import json
import os
import urllib.error
import urllib.request
from pathlib import Path

from wiring.settings import Settings

SERVER_FILE = "server.json"

# A command without a server gets a temporary one from Prefect, which nobody looks at and which ends with the command.
# What it would do besides answering fights over one SQLite file with the run it is there for: each "database is locked"
# is a 503, and each of those makes Prefect's client wait two seconds.
IDLE_SERVICES = (
    "CANCELLATION_CLEANUP",
    "CLEANUP_RECONCILER",
    "EVENT_PERSISTER",
    "FOREMAN",
    "LATE_RUNS",
    "PAUSE_EXPIRATIONS",
    "REPOSSESSOR",
    "SCHEDULER",
    "TASK_RUN_RECORDER",
    "TRIGGERS",
)


def prepare(settings: Settings, *, quiet: bool = True) -> None:
    """Set Prefect's environment where the user has not; use the server that `pressroom serve` runs, if it answers."""
    # Prefect makes its home but not the folders above it, and then waits in vain for its server.
    (settings.home / "prefect").mkdir(parents=True, exist_ok=True)
    defaults = {
        "DO_NOT_TRACK": "1",
        "PREFECT_HOME": str(settings.home / "prefect"),
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        "PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS": "120",
        "PREFECT_CLI_COLORS": "false",
    }
    if quiet:
        defaults |= {"PREFECT_LOGGING_LEVEL": "CRITICAL", "PREFECT_LOGGING_SERVER_LEVEL": "CRITICAL"}
    if url := running_server(settings.home):
        defaults["PREFECT_API_URL"] = url
    if "PREFECT_API_URL" not in {**defaults, **os.environ}:
        defaults |= {f"PREFECT_SERVER_SERVICES_{service}_ENABLED": "false" for service in IDLE_SERVICES}
    for name, value in defaults.items():
        os.environ.setdefault(name, value)


def running_server(home: Path) -> str | None:
    """Give the API address of the server that `pressroom serve` started here, if it is alive."""
    try:
        url: str = json.loads((home / SERVER_FILE).read_text("utf-8"))["api"]
        with urllib.request.urlopen(f"{url}/health", timeout=2):  # noqa: S310 - our own loopback address
            return url
    except (OSError, ValueError, KeyError, urllib.error.URLError):
        return None
