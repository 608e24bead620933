"""The Prefect server of one command: answers on a socket that the command listens on, and ends when the command does.

A program of its own: its one argument is the number of the inherited socket, and it imports nothing of ours.
Its life is its standard input: however the command ends, that closes, and so no server is ever left behind.
"""

import gc
import os
import socket
import sys
import threading
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import uvicorn
    from fastapi import FastAPI

START_S = 180


def main() -> None:
    """Answer until standard input closes."""
    gc.disable()  # while modules are imported there is nothing to collect, and looking is a fifth of the time
    import uvicorn

    config = uvicorn.Config(_app, factory=True, lifespan="on", log_level="error")
    server = uvicorn.Server(config)
    threading.Thread(target=_end_with_the_command, args=(server,), daemon=True).start()
    server.run(sockets=[socket.socket(fileno=int(sys.argv[1]))])


def _app() -> "FastAPI":
    from prefect.server.api.server import create_app

    app = create_app(ephemeral=True, final=True)
    gc.freeze()
    gc.enable()
    return app


def _end_with_the_command(server: "uvicorn.Server") -> None:
    while os.read(sys.stdin.fileno(), 1):
        pass
    # A server that starts may be in the middle of its migrations; one that serves has put every answer on disk.
    server.should_exit = True
    deadline = time.monotonic() + START_S
    while not server.started and time.monotonic() < deadline:
        time.sleep(0.1)
    os._exit(0)


if __name__ == "__main__":
    main()
