"""The sockets under the guarded fetcher: connect only to checked addresses, and never beyond a deadline.

httpcore asks this backend for a connection to a host name; Host, SNI and certificate stay bound to that name
while the socket goes to an address that was judged a moment before, so a second DNS answer cannot slip in between.
"""

import ssl
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

import httpcore

Route = Callable[[str, int, float], list[tuple[str, int]]]
"""Gives the checked addresses of (host, port) within some seconds, or raises."""


class Deadline:
    """The seconds one fetch may still spend on the network."""

    def __init__(self, seconds: float) -> None:
        self._ends = time.monotonic() + seconds

    def left(self, at_most: float | None = None) -> float:
        """Give the seconds left, at most some; raise httpcore.ReadTimeout when there are none."""
        left = self._ends - time.monotonic()
        if left <= 0:
            raise httpcore.ReadTimeout("the time for the whole fetch is used up")
        return left if at_most is None else min(left, at_most)

    @contextmanager
    def paused(self) -> Iterator[None]:
        """Let time pass uncounted: waiting for our own turn is not the other side's fault."""
        began = time.monotonic()
        try:
            yield
        finally:
            self._ends += time.monotonic() - began


_current: ContextVar[Deadline] = ContextVar("deadline of the fetch in this thread")


@contextmanager
def within(seconds: float) -> Iterator[Deadline]:
    """Bound everything this thread reads, writes and connects inside the block."""
    deadline = Deadline(seconds)
    token = _current.set(deadline)
    try:
        yield deadline
    finally:
        _current.reset(token)


class GuardedBackend(httpcore.NetworkBackend):
    """Connects where `route` says and nowhere else. Use inside `within`."""

    def __init__(self, route: Route, connect_timeout_s: float) -> None:
        self._route = route
        self._connect_timeout_s = connect_timeout_s
        self._sockets = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        """Connect to the first checked address that answers."""
        deadline = _current.get()
        patience = self._connect_timeout_s if timeout is None else min(timeout, self._connect_timeout_s)
        failure: Exception = httpcore.ConnectError("no address")
        for address, its_port in self._route(host, port, deadline.left(patience)):
            try:
                stream = self._sockets.connect_tcp(
                    address,
                    its_port,
                    timeout=deadline.left(patience),
                    local_address=local_address,
                    socket_options=socket_options,
                )
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failure = error
            else:
                return _TimedStream(stream, self._connect_timeout_s)
        raise failure

    def connect_unix_socket(
        self, path: str, timeout: float | None = None, socket_options: Iterable[Any] | None = None
    ) -> httpcore.NetworkStream:
        """Refuse: nothing outside is a file."""
        del timeout, socket_options
        raise httpcore.ConnectError(f"{path} is a local socket")


class _TimedStream(httpcore.NetworkStream):
    """A stream whose every operation ends with the fetch's deadline, so that a slow drip cannot keep us."""

    def __init__(self, stream: httpcore.NetworkStream, connect_timeout_s: float) -> None:
        self._stream = stream
        self._connect_timeout_s = connect_timeout_s

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._stream.read(max_bytes, _current.get().left(timeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._stream.write(buffer, _current.get().left(timeout))

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        del timeout
        secured = self._stream.start_tls(ssl_context, server_hostname, _current.get().left(self._connect_timeout_s))
        return _TimedStream(secured, self._connect_timeout_s)

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)
