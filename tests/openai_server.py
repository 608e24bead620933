"""A scripted server that speaks OpenAI's Chat Completions API, well or badly, on 127.0.0.1.

`script` says how the next questions are answered, first in, first out; then `otherwise` answers. `asked` is every
question it got, `visits` everything else. Leaving the `with` block ends its threads, also of behaviours without an end.
"""

import gzip
import json
import socket
import ssl
import threading
from collections import deque
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple, Self

GOOD = {"headline": "Harbour wall closed", "n": 3}


class Asked(NamedTuple):
    """One request. Header names are in lower case."""

    path: str
    headers: dict[str, str]
    body: dict[str, Any]


class Exchange:
    """One question under way: what was asked, and the means to answer it. `over` is set when the server ends."""

    def __init__(self, handler: BaseHTTPRequestHandler, asked: Asked, over: threading.Event) -> None:
        self.asked, self.over = asked, over
        self._handler = handler

    def send(
        self,
        data: bytes,
        *,
        status: int = 200,
        kind: str = "application/json",
        headers: dict[str, str] | None = None,
        length: int | None = None,
    ) -> None:
        """Send a whole answer, or the beginning of one that says it is longer."""
        self._handler.send_response(status)
        self._handler.send_header("Content-Type", kind)
        self._handler.send_header("Content-Length", str(len(data) if length is None else length))
        for name, value in (headers or {}).items():
            self._handler.send_header(name, value)
        self._handler.end_headers()
        self.raw(data)

    def raw(self, data: bytes) -> None:
        """Send bytes as they are."""
        self._handler.wfile.write(data)
        self._handler.wfile.flush()

    def hang_up(self) -> None:
        """Close the connection."""
        self._handler.close_connection = True
        self._handler.connection.shutdown(socket.SHUT_RDWR)


Behaviour = Callable[[Exchange], None]


def completion(text: str | None, **changes: Any) -> dict[str, Any]:
    """Give the JSON of an answer; `usage`, `finish_reason` and `refusal` may be set."""
    message = {"role": "assistant", "content": text, "refusal": changes.get("refusal")}
    choice = {"index": 0, "message": message, "finish_reason": changes.get("finish_reason", "stop")}
    usage = changes.get("usage", {"prompt_tokens": 100, "completion_tokens": 20, "total_tokens": 120})
    return {"id": "c-1", "object": "chat.completion", "created": 1, "model": "m", "choices": [choice], "usage": usage}


def says(text: str | None = None, **changes: Any) -> Behaviour:
    """Answer properly with a text, by default a document of the tests' schema."""
    body = completion(json.dumps(GOOD) if text is None else text, **changes)
    return lambda exchange: exchange.send(json.dumps(body).encode())


def sends(data: bytes, **how: Any) -> Behaviour:
    """Answer with any bytes."""
    return lambda exchange: exchange.send(data, **how)


def fails(status: int, message: str = "no", *, headers: dict[str, str] | None = None, **told: Any) -> Behaviour:
    """Answer with an error; `code`, `param` and `usage` may be told."""
    usage = {"usage": told.pop("usage")} if "usage" in told else {}
    body = json.dumps({"error": {"message": message, "type": "error", **told}, **usage}).encode()
    return lambda exchange: exchange.send(body, status=status, headers=headers)


def hangs(exchange: Exchange) -> None:
    """Take the question and say nothing."""
    exchange.over.wait()


def drips(exchange: Exchange) -> None:
    """Send an answer one byte at a time, each soon enough for a timeout between bytes."""
    exchange.send(b"{", length=100_000)
    while not exchange.over.wait(0.02):
        exchange.raw(b" ")


def drips_headers(exchange: Exchange) -> None:
    """Send headers without an end, slowly."""
    exchange.raw(b"HTTP/1.1 200 OK\r\n")
    while not exchange.over.wait(0.02):
        exchange.raw(b"X: y\r\n")


def cuts(exchange: Exchange) -> None:
    """Break off in the middle of a body."""
    exchange.send(b'{"choices": [{"message": {"content": "{', length=5000)
    exchange.hang_up()


def hangs_up(exchange: Exchange) -> None:
    """Break off before a word."""
    exchange.hang_up()


def never_ends(exchange: Exchange) -> None:
    """Send a chunked body as fast as it is taken, for ever."""
    exchange.raw(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n")
    while not exchange.over.is_set():
        exchange.raw(b"10000\r\n" + b" " * 0x10000 + b"\r\n")


def is_huge(exchange: Exchange) -> None:
    """Announce a body of a gigabyte."""
    exchange.send(b"{", length=2**30)


def sends_bomb(exchange: Exchange) -> None:
    """Send 64 MiB in 64 kB of gzip."""
    exchange.send(gzip.compress(bytes(2**26)), headers={"Content-Encoding": "gzip"})


def redirects(to: str) -> Behaviour:
    """Send the caller elsewhere."""
    return sends(b"", status=307, headers={"Location": to})


class OpenaiServer:
    """Serves from `with` to its end. `certificate` (a PEM file with its key) makes it speak TLS."""

    def __init__(self, *script: Behaviour, models: tuple[str, ...] = ("tiny", "small"), certificate: str = "") -> None:
        self.script = deque(script)
        self.otherwise: Behaviour = says()
        self.listing: Behaviour = sends(json.dumps({"data": [{"id": name} for name in models]}).encode())
        self.asked: list[Asked] = []
        self.visits: list[Asked] = []
        self.at_once = 0
        self.most_at_once = 0
        self._over = threading.Event()
        self._lock = threading.Lock()
        self._open: set[socket.socket] = set()
        self._server = _Server(self)
        if certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate)
            self._server.socket = context.wrap_socket(
                self._server.socket, server_side=True, do_handshake_on_connect=False
            )
        self._scheme = "https" if certificate else "http"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), name="openai server")

    @property
    def url(self) -> str:
        """The base address."""
        return f"{self._scheme}://127.0.0.1:{self._server.server_address[1]}/v1"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._server.shutdown()
        self._thread.join()
        with self._lock:
            for connection in self._open:
                try:
                    connection.shutdown(socket.SHUT_RDWR)
                except OSError:
                    continue
        self._server.server_close()

    def _answer(self, exchange: Exchange) -> None:
        if not exchange.asked.path.endswith("/chat/completions"):
            with self._lock:
                self.visits.append(exchange.asked)
            behaviour = self.listing if exchange.asked.path.endswith("/models") else fails(404)
            behaviour(exchange)
            return
        with self._lock:
            self.asked.append(exchange.asked)
            behaviour = self.script.popleft() if self.script else self.otherwise
            self.at_once += 1
            self.most_at_once = max(self.most_at_once, self.at_once)
        try:
            behaviour(exchange)
        finally:
            with self._lock:
                self.at_once -= 1


class _Server(ThreadingHTTPServer):
    daemon_threads = False
    request_queue_size = 64

    def __init__(self, owner: OpenaiServer) -> None:
        self.owner = owner
        super().__init__(("127.0.0.1", 0), _Handler)

    def process_request(self, request: Any, client_address: Any) -> None:
        with self.owner._lock:
            self.owner._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        with self.owner._lock:
            self.owner._open.discard(request)
        super().shutdown_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing: that the other side goes away is what many tests are about."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def do_GET(self) -> None:
        self._serve({})

    def do_POST(self) -> None:
        self._serve(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))

    def _serve(self, body: dict[str, Any]) -> None:
        headers = {name.lower(): value for name, value in self.headers.items()}
        self.server.owner._answer(Exchange(self, Asked(self.path, headers, body), self.server.owner._over))

    def log_message(self, *_: Any) -> None:
        """Keep quiet."""
