"""The site as it lies on disk, shown on 127.0.0.1; in byte ranges, without which no browser seeks in a film."""

import mimetypes
import socket
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from content.errors import BadConfigurationError


@contextmanager
def site_shown(folder: Path, port: int) -> Iterator[int]:
    """Serve a folder while the block runs, and give the port; 0 takes any.

    Raises BadConfigurationError when somebody else has the port.
    """
    import uvicorn
    from starlette.applications import Starlette
    from starlette.routing import Mount
    from starlette.staticfiles import StaticFiles

    for media_type, suffix in (
        ("text/vtt", ".vtt"),
        ("application/x-subrip", ".srt"),
        ("message/rfc822", ".eml"),
    ):
        mimetypes.add_type(media_type, suffix)
    folder.mkdir(parents=True, exist_ok=True)
    with closing(socket.socket()) as listening:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listening.bind(("127.0.0.1", port))
        except OSError as error:
            raise BadConfigurationError(
                f"the site cannot be served on port {port}: {error}; choose --site-port"
            ) from None
        listening.listen()
        site = Starlette(routes=[Mount("/", StaticFiles(directory=folder, html=True))])
        config = uvicorn.Config(site, log_level="warning", lifespan="off")
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, args=([listening],), daemon=True)
        thread.start()
        try:
            yield listening.getsockname()[1]
        finally:
            server.should_exit = True
            thread.join(timeout=5)
