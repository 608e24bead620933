"""How the command line uses Prefect: quietly, without telemetry, with its own home under PRESSROOM_HOME.

Call `prepare`, and enter `server_at_hand`, before anything imports Prefect, which reads its settings once.
"""

import http.client
import json
import os
import re
import socket
import subprocess
import sys
import tempfile
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from urllib.parse import urlsplit

import certifi

from content.errors import UnreachableError
from wiring.settings import Settings

SERVER_FILE = "server.json"
START_S, END_S = 180, 25
_ERROR = re.compile(r"[\w.]*(Error|Exception)\b")

# A command without a server has a temporary one, which nobody looks at and which ends with the command.
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
    address = {**defaults, **os.environ}.get("PREFECT_API_URL", "")
    if not address:
        defaults |= {f"PREFECT_SERVER_SERVICES_{service}_ENABLED": "false" for service in IDLE_SERVICES}
    if not address or _is_local(address):
        defaults["PREFECT_API_SSL_CERT_FILE"] = str(_one_certificate(settings.home / "prefect"))
    for name, value in defaults.items():
        os.environ.setdefault(name, value)


@contextmanager
def server_at_hand(settings: Settings) -> Iterator[Callable[[], None]]:
    """Start a temporary server for this process unless it has one; give a function that waits until it answers.

    Prefect would start one too, but late, and after importing the whole server into this process as well.
    This one starts while this process imports, and it ends with this process, even with one that is killed.
    The function raises UnreachableError when the server could not start.
    """
    if os.name != "posix" or _is_configured_elsewhere(settings.home / "prefect"):
        yield lambda: None
        return
    with tempfile.TemporaryFile() as said:
        with socket.create_server(("127.0.0.1", 0), backlog=512) as listening:
            port, inherited = listening.getsockname()[1], listening.fileno()
            program = Path(__file__).with_name("temporary_server.py")
            server = subprocess.Popen(
                [sys.executable, "-P", str(program), str(inherited)],
                env={**os.environ, "PREFECT_LOGGING_SERVER_LEVEL": "ERROR"},  # for us to read, if it does not start
                stdin=subprocess.PIPE,
                stdout=said,
                stderr=said,
                pass_fds=[inherited],
                start_new_session=True,  # Ctrl-C is for this process, which still needs the server to say so
            )
        # Who asks before the server answers waits in the socket's queue: nobody has to try again and again.
        os.environ["PREFECT_API_URL"] = f"http://127.0.0.1:{port}/api"

        def ready() -> None:
            if not _answers(port):
                _end(server)
                said.seek(0)
                lines = said.read().decode(errors="replace").splitlines() or ["it said nothing"]
                why = next((line for line in reversed(lines) if _ERROR.match(line)), lines[-1])
                raise UnreachableError(
                    f"the temporary Prefect server did not start: {why}."
                    " Run `pressroom serve` beside this command, or set PREFECT_API_URL to a server that runs"
                )

        try:
            yield ready
        finally:
            del os.environ["PREFECT_API_URL"]
            _end(server)


def running_server(home: Path) -> str | None:
    """Give the API address of the server that `pressroom serve` started here, if it is alive."""
    try:
        url: str = json.loads((home / SERVER_FILE).read_text("utf-8"))["api"]
        with urllib.request.urlopen(f"{url}/health", timeout=2):  # noqa: S310 - our own loopback address
            return url
    except (OSError, ValueError, KeyError, urllib.error.URLError):
        return None


def _end(server: "subprocess.Popen[bytes]") -> None:
    if server.stdin:
        server.stdin.close()
    with suppress(subprocess.TimeoutExpired):  # it has migrations to finish, and ends by itself
        server.wait(END_S)


def _answers(port: int) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=START_S)
    try:
        connection.request("GET", "/api/health")
        return connection.getresponse().status == http.HTTPStatus.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def _is_configured_elsewhere(home: Path) -> bool:
    """Say whether somebody told Prefect itself which server to use: in the environment, a profile or a file here."""
    named = {"PREFECT_API_URL", "PREFECT_PROFILE", "PREFECT_PROFILES_PATH", "PREFECT_SERVER_EPHEMERAL_ENABLED"}
    if named & set(os.environ) or Path(os.environ["PREFECT_HOME"]) != home:
        return True
    files = {home / "profiles.toml": "", Path("prefect.toml"): "", Path("pyproject.toml"): r"^\[tool\.prefect"}
    files[Path(".env")] = "^PREFECT_"
    return any(
        file.is_file() and re.search(mark, file.read_text("utf-8", "replace"), re.MULTILINE | re.IGNORECASE)
        for file, mark in files.items()
    )


def _is_local(address: str) -> bool:
    parts = urlsplit(address)
    return parts.scheme == "http" and parts.hostname in {"127.0.0.1", "localhost", "::1"}


def _one_certificate(home: Path) -> Path:
    """Give a file with one certificate, for a server without TLS.

    Prefect makes two clients for each task, and each reads every certificate it is given: 12 ms each for the usual 140.
    """
    file = home / "one-certificate.pem"
    if not file.is_file():
        end = "-----END CERTIFICATE-----\n"
        beside = file.with_name(f".{file.name}.{os.getpid()}")
        beside.write_text(Path(certifi.where()).read_text("utf-8").partition(end)[0] + end, "utf-8")
        beside.replace(file)
    return file
