"""The Prefect server of one command: it lives and dies with the command, and gives way to any other."""

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from pressroom.prefect_home import prepare, server_at_hand
from wiring.container import Container

ROOT = Path(__file__).resolve().parents[2]
COMMAND = """
import os, time
from pressroom.prefect_home import prepare, server_at_hand
from wiring.settings import load_settings
prepare(load_settings())
with server_at_hand(load_settings()) as ready:
    ready()
    print(os.environ["PREFECT_API_URL"], flush=True)
    time.sleep(600)
"""


def environment(home: Path) -> dict[str, str]:
    return {**{k: v for k, v in os.environ.items() if not k.startswith("PREFECT_")}, "PRESSROOM_HOME": str(home)}


def answers(url: str) -> bool:
    try:
        socket.create_connection(("127.0.0.1", int(url.split(":")[2].partition("/")[0])), timeout=5).close()
    except OSError:
        return False
    return True


def test_kill_9_of_a_command_leaves_no_server_behind(tmp_path: Path):
    command = subprocess.Popen(
        [sys.executable, "-c", COMMAND], cwd=ROOT, env=environment(tmp_path), stdout=subprocess.PIPE, text=True
    )
    assert command.stdout
    url = command.stdout.readline()
    assert answers(url)
    command.send_signal(signal.SIGKILL)
    command.communicate()
    while answers(url):  # the session's own timeout is the only clock here
        time.sleep(0.1)


def test_a_server_that_cannot_start_is_told_in_one_line(tmp_path: Path):
    (tmp_path / "prefect" / "prefect.db").mkdir(parents=True)
    command = [sys.executable, "-m", "pressroom", "newsletter"]
    ran = subprocess.run(
        command, cwd=ROOT, env=environment(tmp_path), capture_output=True, text=True, timeout=280, check=False
    )
    assert (ran.returncode, ran.stdout) == (1, "")
    assert "pressroom: the temporary Prefect server did not start: sqlalchemy.exc.OperationalError: " in ran.stderr
    assert "Traceback" not in ran.stderr


@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("prefect.toml", '[api]\nurl = "http://prefect.example/api"'),
        ("pyproject.toml", '[tool.prefect.api]\nurl = "http://prefect.example/api"'),
        (".env", "PREFECT_API_URL=http://prefect.example/api"),
        ("home/prefect/profiles.toml", '[profiles.ours]\nPREFECT_API_URL = "http://prefect.example/api"'),
    ],
)
def test_a_server_named_in_prefects_own_files_stays_the_server(
    house: Container, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, file: str, text: str
):
    for name in [name for name in os.environ if name.startswith("PREFECT_")]:
        monkeypatch.delenv(name)
    with monkeypatch.context() as patched:
        patched.setattr(os, "environ", dict(os.environ))
        patched.chdir(tmp_path)
        prepare(house.settings)
        (tmp_path / file).write_text(text, "utf-8")
        with server_at_hand(house.settings) as ready:
            ready()
            assert "PREFECT_API_URL" not in os.environ


def test_a_server_in_the_environment_stays_the_server(house: Container, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(os, "environ", {**os.environ, "PREFECT_API_URL": "https://prefect.example/api"})
    prepare(house.settings)
    with server_at_hand(house.settings) as ready:
        ready()
        assert os.environ["PREFECT_API_URL"] == "https://prefect.example/api"
    assert "PREFECT_API_SSL_CERT_FILE" not in os.environ, "an address with TLS needs every certificate"
    assert not [name for name in os.environ if name.startswith("PREFECT_SERVER_SERVICES_")]
