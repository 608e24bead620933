"""Serve a bundled press pack on 127.0.0.1, so that example sources are read by the same guarded fetcher as the web.

Each subfolder is a host of that name: `harbour-gazette.example/feed.xml` answers http://harbour-gazette.example/feed.xml
for a fetcher whose policy takes `resolve`. Text files may hold dates relative to the edition's day, in UTC:
`@@-1d 07:40 rfc822@@`, `@@-1d 07:40 iso@@`, `@@-1d 07:40 long@@`.
"""

import datetime as dt
import re
import sys
import threading
from collections.abc import Mapping
from email.utils import format_datetime
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from urllib.parse import unquote

from content.errors import BadConfigurationError
from content.recipes import sha256_of

_PLACEHOLDER = re.compile(rb"@@([+-]?\d{1,4})d ([01]\d|2[0-3]):([0-5]\d) (rfc822|iso|long)@@")
_MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)
_TYPES = {
    ".xml": "application/xml; charset=utf-8",
    ".rss": "application/rss+xml; charset=utf-8",
    ".atom": "application/atom+xml; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".txt": "text/plain; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".json": "application/json",
    ".png": "image/png",
    ".jpg": "image/jpeg",
    ".svg": "image/svg+xml",
}
_BINARY = frozenset({".png", ".jpg"})


class PressPack:
    """Serves a folder of hosts while its `with` block runs. `today` is the day that the placeholders count from."""

    def __init__(self, folder: Path, today: dt.date) -> None:
        self._folder = folder.resolve()
        self._today = today
        if not self._folder.is_dir():
            raise BadConfigurationError(f"the press pack {folder} is not a folder; set press_pack to one of hosts")
        self._hosts = tuple(sorted(p.name for p in self._folder.iterdir() if p.is_dir() and not p.name.startswith(".")))
        if not self._hosts:
            raise BadConfigurationError(f"the press pack {folder} holds no hosts; give it a subfolder for each")
        self._server: ThreadingHTTPServer | None = None
        self._thread: threading.Thread | None = None

    @property
    def hosts(self) -> tuple[str, ...]:
        """The host names of the pack, sorted."""
        return self._hosts

    @property
    def resolve(self) -> Mapping[str, tuple[str, int]]:
        """Where each host is, for `FetchPolicy.resolve`. Only inside the `with` block."""
        if self._server is None:
            raise BadConfigurationError("the press pack is not being served; use it in a with block")
        return dict.fromkeys(self._hosts, ("127.0.0.1", self._server.server_port))

    def __enter__(self) -> Self:
        pack = self

        class Handler(_Handler):
            def answer(self, host: str, path: str) -> tuple[bytes, str] | None:
                return pack.read(host, path)

        self._server = _Server(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), name="press pack", daemon=True)
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._server is not None
        assert self._thread is not None
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
        self._server = self._thread = None

    def read(self, host: str, path: str) -> tuple[bytes, str] | None:
        """Give a file's bytes, with its dates filled in, and its media type; None when the pack has no such file."""
        if host not in self._hosts:
            return None
        parts = [part for part in unquote(path).split("/") if part]
        if any(part.startswith(".") or "\\" in part or "\0" in part or len(part) > 200 for part in parts):
            return None
        root = self._folder / host
        named = root.joinpath(*parts)
        for candidate in (named, named.with_name(f"{named.name}.html"), named / "index.html"):
            real = candidate.resolve()
            if real.is_file() and real.is_relative_to(root):
                data = real.read_bytes()
                if real.suffix not in _BINARY:
                    data = _PLACEHOLDER.sub(lambda found: self._date(found).encode(), data)
                return data, _TYPES.get(real.suffix, "application/octet-stream")
        return None

    def _date(self, found: re.Match[bytes]) -> str:
        days, hour, minute = int(found[1]), int(found[2]), int(found[3])
        moment = dt.datetime.combine(self._today, dt.time(hour, minute), dt.UTC) + dt.timedelta(days=days)
        if found[4] == b"rfc822":
            return format_datetime(moment)
        if found[4] == b"iso":
            return moment.isoformat().replace("+00:00", "Z")
        return f"{moment.day} {_MONTHS[moment.month - 1]} {moment.year}"


class _Server(ThreadingHTTPServer):
    """A server that takes a reader's leaving for what it is; anything else is still shown."""

    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    """Answers GET and HEAD with an ETag, and 304 to whoever has it already."""

    protocol_version = "HTTP/1.1"
    timeout = 10
    disable_nagle_algorithm = True  # headers and body are two writes, which otherwise wait 40 ms for each other

    def answer(self, host: str, path: str) -> tuple[bytes, str] | None:
        raise NotImplementedError

    def do_GET(self) -> None:
        host = self.headers.get("Host", "").partition(":")[0].lower()
        found = self.answer(host, self.path.partition("?")[0])
        if found is None:
            self._send(HTTPStatus.NOT_FOUND, b"Not in this press pack.\n", {"Content-Type": "text/plain"})
            return
        data, media_type = found
        etag = f'"{sha256_of(data)[:32]}"'
        if self.headers.get("If-None-Match") == etag:
            self._send(HTTPStatus.NOT_MODIFIED, b"", {"ETag": etag})
        else:
            self._send(HTTPStatus.OK, data, {"ETag": etag, "Content-Type": media_type})

    def do_HEAD(self) -> None:
        self.do_GET()

    def _send(self, status: HTTPStatus, data: bytes, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        if status != HTTPStatus.NOT_MODIFIED:
            self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(data)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the name is http.server's
        """Stay silent: the fetcher tells what it read."""
