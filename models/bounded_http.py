"""The wire under the `openai` SDK: one exchange with a server of the user's, with everything about it bounded.

A request's timeout is for all of it: the name, the connection, the wait and the body, however slowly they drip.
A body has at most `MAX_BYTES` and no compression. Redirects are not followed; proxies, cookies and what the SDK would
add to requests by itself stay out. `SSL_CERT_FILE` is the only setting of the environment that counts (an own CA).
What fails is raised as the house's own errors; `sent` in their context says whether the server may have the request.
"""

import socket
import ssl
import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, Final

import httpcore
import httpx2

from content.errors import BadAnswerError, BadConfigurationError, TimedOutError, UnreachableError

MAX_BYTES: Final = 4 * 1024 * 1024
CONNECT_S: Final = 15.0
"""A server that is there takes its calls at once; only its answer may take long."""

_ASKED: Final = frozenset({"host", "content-type", "content-length", "transfer-encoding"})
_TOLD: Final = frozenset({"date", "retry-after", "retry-after-ms", "x-should-retry"})


class _Deadline:
    """The seconds an exchange may still take, and whether any of the request has left the house."""

    def __init__(self, seconds: float) -> None:
        self._ends = time.monotonic() + seconds
        self.sent = False

    @property
    def is_over(self) -> bool:
        return time.monotonic() >= self._ends

    def left(self) -> float:
        if self.is_over:
            raise httpcore.ReadTimeout("the time for the whole exchange is used up")
        return max(self._ends - time.monotonic(), 0.001)


_current: ContextVar[_Deadline] = ContextVar("deadline of the exchange in this thread")


class BoundedTransport(httpx2.BaseTransport):
    """The way to one server, a connection for each exchange. Safe to share between threads.

    A request's timeout has to be one number. Raises TimedOutError, UnreachableError, BadConfigurationError for a
    certificate nobody vouches for, and BadAnswerError for a body that is too large or compressed.
    """

    def __init__(self, *, connections: int, user_agent: str, key: str = "") -> None:
        self._own = [
            (b"User-Agent", user_agent.encode()),
            (b"Connection", b"close"),
            (b"Accept", b"application/json"),
            (b"Accept-Encoding", b"identity"),  # without it any encoding would be acceptable (RFC 9110, 12.5.3)
        ]
        if key:
            self._own.append((b"Authorization", f"Bearer {key}".encode()))
        self._pool = httpcore.ConnectionPool(
            ssl_context=httpcore.default_ssl_context(),
            max_connections=connections,
            # A kept connection may be closed by the server just as it is used again, and then nobody knows whether
            # the question was taken and is paid for. An answer takes seconds; a new connection takes none.
            max_keepalive_connections=0,
            network_backend=_Backend(),
        )

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        """Make one exchange and read its body to the end."""
        seconds: float = request.extensions["timeout"]["read"]
        origin = f"{request.url.scheme}://{request.url.netloc.decode('ascii')}"
        headers = [(name, value) for name, value in request.headers.raw if name.decode("ascii").lower() in _ASKED]
        asked = httpcore.Request(
            request.method,
            str(request.url),
            headers=[*headers, *self._own],
            content=request.read(),
            extensions={"timeout": {"pool": seconds}},
        )
        with _within(seconds, origin) as deadline:
            response = self._pool.handle_request(asked)
            try:
                body = _body(response, deadline, origin)
            finally:
                response.close()
        # A body in a charset of the server's choice would be read by whatever codec that names; JSON is UTF-8.
        kept = [(name, value) for name, value in response.headers if name.decode("latin-1").lower() in _TOLD]
        return httpx2.Response(response.status, headers=[*kept, (b"Content-Type", b"application/json")], content=body)

    def close(self) -> None:
        """Close every connection."""
        self._pool.close()


@contextmanager
def _within(seconds: float, origin: str) -> Iterator[_Deadline]:
    """Bound everything this thread does on the network inside the block, and say in our words what goes wrong."""
    deadline = _Deadline(seconds)
    token = _current.set(deadline)
    try:
        yield deadline
    except httpcore.TimeoutException as error:
        if isinstance(error, httpcore.ConnectTimeout) and not deadline.is_over:
            raise UnreachableError(f"{origin} takes no connections; is the server running?", sent=False) from None
        raise TimedOutError(
            f"{origin} gave no whole answer within {seconds:.3g} seconds; if it is only slow,"
            " raise PRESSROOM_API_TIMEOUT_S",
            sent=deadline.sent,
        ) from None
    except httpcore.ConnectError as error:
        raise _no_connection(origin, error) from None
    except (httpcore.NetworkError, httpcore.ProtocolError, httpcore.UnsupportedProtocol, OSError):
        # What the library says may quote the server, so it is not passed on.
        raise UnreachableError(
            f"{origin} broke the connection off before its answer was whole", sent=deadline.sent
        ) from None
    finally:
        _current.reset(token)


def _no_connection(origin: str, error: Exception) -> Exception:
    causes = [error.__cause__, error.__context__]
    if any(isinstance(cause, ssl.SSLCertVerificationError) for cause in causes):
        return BadConfigurationError(
            f"{origin} shows a certificate that nobody here vouches for; for a CA of your own set SSL_CERT_FILE",
            sent=False,
        )
    reason = next((cause.strerror for cause in causes if isinstance(cause, OSError) and cause.strerror), str(error))
    return UnreachableError(f"{origin} cannot be reached ({reason}); is the server running?", sent=False)


def _body(response: httpcore.Response, deadline: _Deadline, origin: str) -> bytes:
    headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in response.headers}
    if headers.get("content-encoding", "identity").strip().lower() not in {"identity", ""}:
        raise BadAnswerError(f"{origin} sent a compressed answer, which was not asked for", sent=True)
    length = headers.get("content-length", "")
    body = bytearray()
    too_large = length.isdecimal() and int(length[:12]) > MAX_BYTES
    if not too_large:
        stream = response.stream
        assert not hasattr(stream, "__aiter__")
        for chunk in stream:
            deadline.left()
            body += chunk
            if too_large := len(body) > MAX_BYTES:
                break
    if too_large:
        raise BadAnswerError(f"{origin} sent more than {MAX_BYTES // 2**20} MB for one answer", sent=True)
    return bytes(body)


# ---- sockets ---------------------------------------------------------------------------------------------------------


class _Backend(httpcore.NetworkBackend):
    """Connects within the deadline, whichever of a name's addresses answers first in their order."""

    def __init__(self) -> None:
        self._sockets = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        deadline = _current.get()
        ends = time.monotonic() + min(deadline.left(), CONNECT_S)
        failure: Exception = httpcore.ConnectError("its name has no address")
        for address in _addresses(host, port, ends - time.monotonic()):
            left = ends - time.monotonic()
            if left <= 0:
                raise httpcore.ConnectTimeout
            try:
                stream = self._sockets.connect_tcp(address, port, left, local_address, socket_options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failure = error
            else:
                return _Stream(stream)
        raise failure


class _Stream(httpcore.NetworkStream):
    """A stream whose every operation ends with the exchange's deadline."""

    def __init__(self, stream: httpcore.NetworkStream) -> None:
        self._stream = stream

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._stream.read(max_bytes, _current.get().left())

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        # The library's own loop grants its timeout anew for every piece a slow reader takes.
        deadline = _current.get()
        sock: socket.socket = self._stream.get_extra_info("socket")
        rest = memoryview(buffer)
        try:
            while rest:
                sock.settimeout(deadline.left())
                rest = rest[sock.send(rest) :]
                deadline.sent = True
        except TimeoutError:
            raise httpcore.WriteTimeout from None
        except OSError as error:
            raise httpcore.WriteError(str(error)) from None

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        patience = min(_current.get().left(), CONNECT_S)
        return _Stream(self._stream.start_tls(ssl_context, server_hostname, patience))

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)


def _addresses(host: str, port: int, patience: float) -> list[str]:
    """Look a name up in limited time; raise httpcore's errors."""
    answers: list[str] = []
    faults: list[Exception] = []

    def ask() -> None:
        try:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, proto=socket.IPPROTO_TCP)
        except (OSError, UnicodeError) as fault:
            faults.append(fault)
        else:
            answers.extend(dict.fromkeys(str(address[0]) for *_, address in found))

    # getaddrinfo knows no timeout; a daemon thread can be left behind with it.
    asking = threading.Thread(target=ask, name=f"resolve {host}", daemon=True)
    asking.start()
    asking.join(patience)
    if asking.is_alive():
        raise httpcore.ConnectTimeout
    if faults:
        raise httpcore.ConnectError("its name has no address")
    return answers
