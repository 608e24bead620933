"""The guarded fetcher: the only way a byte of the outside world gets into the house.

It gives the decoded body of an http(s) URL or one error of our own tree whose message is one line with that URL.
It keeps no cookies, reads no proxies or netrc from the environment and knows nothing of feeds or pages.

robots.txt follows RFC 9309: read once per origin and fetcher; a 4xx means there are no rules;
when it cannot be had (5xx, no answer) nothing is fetched and the error is a retryable one.
Crawl-delay is no part of the RFC and not observed: one request at a time per host is our own politeness.
"""

import datetime as dt
import http
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from email.message import Message
from email.utils import parsedate_to_datetime
from types import TracebackType
from typing import Self

import httpcore
from protego import Protego

from content.errors import (
    BadInputError,
    PressroomError,
    RefusedUrlError,
    ThrottledError,
    TimedOutError,
    UnreachableError,
)
from sources.decoding import Bomb, Decoder
from sources.network import Deadline, GuardedBackend, within
from sources.policy import FetchPolicy
from sources.urls import Url, join_url, parse_url

__all__ = ["FetchPolicy", "Fetched", "GuardedFetcher"]

_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_ACCEPT = "application/atom+xml, application/rss+xml, application/xml;q=0.9, text/html;q=0.9, */*;q=0.5"


@dataclass(frozen=True)
class Fetched:
    """What a URL gave. `body` is decoded, and empty when `not_modified`; `charset` is the header's, or ""."""

    url: str
    final_url: str
    status: int
    body: bytes
    media_type: str
    charset: str
    etag: str
    last_modified: str
    not_modified: bool


@dataclass(frozen=True)
class _Answer:
    url: Url
    status: int
    headers: Message
    body: bytes

    def header(self, name: str) -> str:
        return str(self.headers.get(name, "")).strip()


class GuardedFetcher:
    """Fetches under a policy. Lives as long as one collection; safe to share between threads; close it after use."""

    def __init__(self, policy: FetchPolicy) -> None:
        self._policy = policy
        self._pool = httpcore.ConnectionPool(
            ssl_context=httpcore.default_ssl_context(),
            max_connections=64,
            max_keepalive_connections=16,
            keepalive_expiry=10.0,
            network_backend=GuardedBackend(policy.route, policy.connect_timeout_s),
        )
        self._guard = threading.Lock()
        self._locks: dict[str, threading.Lock] = {}
        self._robots: dict[str, Protego | None] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Give every connection back."""
        self._pool.close()

    def fetch(self, url: str, *, etag: str = "", last_modified: str = "") -> Fetched:
        """Get a URL; with the validators of an earlier answer, only if it changed since.

        Raises RefusedUrlError, BadInputError (too large, a bomb, 4xx), ThrottledError, TimedOutError, UnreachableError.
        """
        start = parse_url(url)
        conditions = {"If-None-Match": etag, "If-Modified-Since": last_modified}
        with within(self._policy.timeout_s) as deadline, _translated(start, self._policy):
            answer = self._follow(start, {k: v for k, v in conditions.items() if v}, deadline, ask_robots=True)
        not_modified = answer.status == http.HTTPStatus.NOT_MODIFIED and bool(etag or last_modified)
        if not not_modified:
            _check_status(answer, start)
        return Fetched(
            url=url,
            final_url=str(answer.url),
            status=answer.status,
            body=answer.body,
            media_type=answer.headers.get_content_type() if answer.header("Content-Type") else "",
            charset=answer.headers.get_content_charset("") or "",
            etag=answer.header("ETag"),
            last_modified=answer.header("Last-Modified"),
            not_modified=not_modified,
        )

    def _follow(self, start: Url, conditions: dict[str, str], deadline: Deadline, *, ask_robots: bool) -> _Answer:
        here = start
        for _ in range(self._policy.max_redirects + 1):
            try:
                self._policy.admit(here)
                if ask_robots:
                    self._ask_robots(here, deadline)
                answer = self._get(here, conditions, deadline)
            except PressroomError as error:
                if here == start:
                    raise
                raise type(error)(f"{start} redirects to {here}: {error.message}", **error.context) from None
            if answer.status not in _REDIRECTS or not answer.header("Location"):
                return answer
            here = join_url(here, answer.header("Location"))
        raise BadInputError(f"{start} redirects more than {self._policy.max_redirects} times", url=str(start))

    def _ask_robots(self, url: Url, deadline: Deadline) -> None:
        # No lock is held while rules are read, so two hosts whose robots.txt point at each other cannot lock up;
        # at worst two threads read the same rules.
        if url.origin not in self._robots:
            place = Url(scheme=url.scheme, host=url.host, port=url.port, target="/robots.txt")
            answer = self._follow(place, {}, deadline, ask_robots=False)
            absent = 400 <= answer.status < 500 and answer.status != http.HTTPStatus.TOO_MANY_REQUESTS
            if not absent:
                _check_status(answer, place)
            text = "" if absent else answer.body.decode("utf-8-sig", errors="replace")
            self._robots[url.origin] = Protego.parse(text) if text else None
        rules = self._robots[url.origin]
        product = self._policy.user_agent.partition("/")[0]
        if rules is not None and not rules.can_fetch(str(url), product):
            raise RefusedUrlError(f"{url} is refused: the robots.txt of {url.host} asks not to read it", url=str(url))

    def _get(self, url: Url, conditions: dict[str, str], deadline: Deadline) -> _Answer:
        request = httpcore.Request(
            "GET",
            httpcore.URL(scheme=url.scheme, host=url.host, port=url.port, target=url.target),
            headers=[
                ("Host", url.authority),
                ("User-Agent", self._policy.user_agent),
                ("Accept", _ACCEPT),
                ("Accept-Encoding", "gzip, deflate"),
                *conditions.items(),
            ],
        )
        lock = self._lock_of(url.host)
        with deadline.paused():
            lock.acquire()
        try:
            response = self._pool.handle_request(request)
            try:
                headers = Message()
                for name, value in response.headers:
                    headers[name.decode("latin-1")] = _header_text(value)
                read = 200 <= response.status < 300
                body = self._read(response, headers, url, deadline) if read else b""
            finally:
                response.close()
        finally:
            lock.release()
        return _Answer(url=url, status=response.status, headers=headers, body=body)

    def _read(self, response: httpcore.Response, headers: Message, url: Url, deadline: Deadline) -> bytes:
        limit = self._policy.max_bytes
        too_large = BadInputError(f"{url} is larger than {limit} bytes", url=str(url))
        length = str(headers.get("Content-Length", ""))
        if length.isdecimal() and int(length) > limit:
            raise too_large
        stream = response.stream
        assert not hasattr(stream, "__aiter__")
        try:
            decoder = Decoder(str(headers.get("Content-Encoding", "")), limit, self._policy.max_ratio)
            for chunk in stream:
                deadline.left()
                decoder.feed(chunk)
            return decoder.finish()
        except Bomb as bomb:
            raise BadInputError(f"{url} {bomb}", url=str(url)) from None

    def _lock_of(self, host: str) -> threading.Lock:
        with self._guard:
            return self._locks.setdefault(host, threading.Lock())


@contextmanager
def _translated(url: Url, policy: FetchPolicy) -> Iterator[None]:
    """Map what httpcore, TLS and the policy say onto our own tree, naming the URL the caller asked for."""
    try:
        yield
    except PressroomError as error:
        if str(url) in error.message:
            raise
        raise type(error)(f"{url}: {error.message}", **{"url": str(url), **error.context}) from None
    except httpcore.TimeoutException:
        raise TimedOutError(f"{url} was not read within {policy.timeout_s:g} seconds", url=str(url)) from None
    except (httpcore.NetworkError, httpcore.ProtocolError, httpcore.ConnectionNotAvailable, ssl.SSLError) as error:
        reason = " ".join(str(error).split()) or "the connection broke off"
        raise UnreachableError(f"{url} could not be read: {reason}", url=str(url)) from None


def _header_text(value: bytes) -> str:
    # Servers write UTF-8 into Location although the standard knows Latin-1 only.
    try:
        return value.decode("utf-8")
    except UnicodeDecodeError:
        return value.decode("latin-1")


def _check_status(answer: _Answer, asked: Url) -> None:
    status = answer.status
    if 200 <= status < 300:
        return
    try:
        phrase = f"{status} {http.HTTPStatus(status).phrase}"
    except ValueError:
        phrase = str(status)
    context: dict[str, str | int] = {"url": str(asked), "status": status}
    if (delay := _retry_after_s(answer)) is not None:
        context["retry_after_s"] = delay
    if status == http.HTTPStatus.TOO_MANY_REQUESTS:
        wait = f"; it asks to wait {delay} seconds" if delay is not None else ""
        raise ThrottledError(f"{asked} answered {phrase}{wait}", **context)
    if status >= 500:
        raise UnreachableError(f"{asked} answered {phrase}", **context)
    raise BadInputError(f"{asked} answered {phrase}", **context)


def _retry_after_s(answer: _Answer) -> int | None:
    text = answer.header("Retry-After")
    if text.isdecimal():
        return int(text[:9])
    try:
        until = parsedate_to_datetime(text)
        # Against the answer's own clock: it is the one that the date was written by.
        now = parsedate_to_datetime(answer.header("Date")) if answer.header("Date") else dt.datetime.now(dt.UTC)
        return max(0, round((until - now).total_seconds()))
    except (TypeError, ValueError):
        return None
