"""The guarded fetcher against a real server on 127.0.0.1 that means no good."""

import contextlib
import gzip
import http.server
import pickle
import socket
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from content.errors import (
    BadInputError,
    PressroomError,
    RefusedUrlError,
    ThrottledError,
    TimedOutError,
    UnreachableError,
)
from sources.fetch import FetchPolicy, GuardedFetcher

MIB = 1024 * 1024


class Hostile(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def log_message(self, *args):
        pass

    def answer(self, status=200, body=b"", **headers):
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def stream(self, piece, times, pause=None):
        self.close_connection = True
        self.send_response(200)
        self.end_headers()
        with contextlib.suppress(OSError):
            for _ in range(times):
                self.wfile.write(piece)
                if pause and pause.wait(0.05):
                    break

    def do_GET(self):
        server = self.server
        server.requests.append((self.path, dict(self.headers)))
        with server.guard:
            server.at_once += 1
            server.most_at_once = max(server.most_at_once, server.at_once)
        time.sleep(0.005)
        with server.guard:
            server.at_once -= 1  # before the answer: with it in hand, the next reader may come sooner than we go on
        self.respond(self.path)

    def respond(self, path):
        if path.startswith("/status/"):
            status = int(path.removeprefix("/status/"))
            self.answer(status, b"no", **({"Retry_After": "120"} if status in {429, 503} else {}))
        elif path.startswith("/to/"):
            self.answer(302, Location=self.server.targets[path.removeprefix("/to/")])
        else:
            name = path.strip("/").replace(".", "_")
            getattr(self, f"get_{name}", lambda: self.answer(404, b"nothing here"))()

    def get_robots_txt(self):
        self.answer(*self.server.robots)

    def get_page(self):
        self.answer(200, "Fähre".encode("latin-1"), Content_Type="text/HTML; Charset=ISO-8859-1", ETag='"1"')

    def get_cached(self):
        if self.headers.get("If-None-Match") == '"v1"':
            self.answer(304, ETag='"v1"')
        else:
            self.answer(200, b"body", ETag='"v1"', Last_Modified="Wed, 30 Dec 2015 12:00:00 GMT")

    def get_bare304(self):
        self.answer(304)

    def get_large(self):
        self.stream(b"x" * MIB, 50)

    def get_declared(self):
        self.raw(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % (50 * MIB))

    def get_endless(self):
        self.stream(b"x" * 65536, 10**9)

    def get_drip(self):
        self.stream(b"x", 10**9, self.server.stopped)

    def get_bomb(self):
        self.answer(200, gzip.compress(bytes(50 * MIB)), Content_Encoding="gzip")

    def get_packed(self):
        self.answer(200, gzip.compress(b"packed text"), Content_Encoding="gzip")

    def get_brotli(self):
        self.answer(200, b"xxxx", Content_Encoding="br")

    def get_short(self):
        self.raw(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nonly this")

    def get_garbage(self):
        self.raw(b"\x00\x01\x02 what is HTTP\r\n\r\n")

    def get_headers(self):
        self.raw(b"HTTP/1.1 200 OK\r\n" + b"X-Pad: x\r\n" * 200_000)

    def raw(self, data):
        self.close_connection = True
        with contextlib.suppress(OSError):
            self.wfile.write(data)


@pytest.fixture
def server():
    """Run the hostile server."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Hostile)
    server.daemon_threads, server.handle_error = True, lambda *_: None  # readers that hang up are the point here
    server.requests, server.robots, server.targets = [], (404, b""), {}
    server.guard, server.at_once, server.most_at_once = threading.Lock(), 0, 0
    server.stopped = threading.Event()
    server.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    yield server
    server.stopped.set()
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def fetcher():
    """Give a fetcher that may visit the hostile server."""
    with GuardedFetcher(FetchPolicy(allowed_private_hosts=("127.0.0.1",), timeout_s=20)) as fetcher:
        yield fetcher


def pages_asked(server):
    return [path for path, _ in server.requests if path != "/robots.txt"]


def test_a_page_is_fetched_with_what_its_headers_say(server, fetcher):
    found = fetcher.fetch(f"{server.url}/page#part")
    assert found.body.decode(found.charset) == "Fähre"
    assert (found.status, found.media_type, found.charset, found.etag) == (200, "text/html", "iso-8859-1", '"1"')
    assert (found.url, found.final_url) == (f"{server.url}/page#part", f"{server.url}/page")
    assert not found.not_modified
    assert fetcher.fetch(f"{server.url}/packed").body == b"packed text"


def test_the_product_says_its_name_and_asks_for_no_odd_encoding(server, fetcher):
    fetcher.fetch(f"{server.url}/page")
    for _, headers in server.requests:
        assert headers["User-Agent"].startswith("Pressroom/")
        assert headers["Accept-Encoding"] == "gzip, deflate"
        assert "Cookie" not in headers


def test_a_page_that_did_not_change_is_not_sent_again(server, fetcher):
    first = fetcher.fetch(f"{server.url}/cached")
    again = fetcher.fetch(f"{server.url}/cached", etag=first.etag, last_modified=first.last_modified)
    assert (again.not_modified, again.body) == (True, b"")
    assert server.requests[-1][1]["If-Modified-Since"] == first.last_modified
    with pytest.raises(BadInputError, match="304"):
        fetcher.fetch(f"{server.url}/bare304")


@pytest.mark.parametrize(
    ("path", "error", "words"),
    [
        ("/large", BadInputError, "larger than"),
        ("/declared", BadInputError, "larger than"),
        ("/endless", BadInputError, "larger than"),
        ("/bomb", BadInputError, "100 times"),
        ("/brotli", BadInputError, "not asked for"),
        ("/nowhere", BadInputError, "404 Not Found"),
        ("/status/410", BadInputError, "410 Gone"),
        ("/status/403", BadInputError, "403"),
        ("/status/500", UnreachableError, "500"),
        ("/status/503", UnreachableError, "503"),
        ("/status/429", ThrottledError, "wait 120 seconds"),
        ("/short", UnreachableError, "could not be read"),
        ("/garbage", UnreachableError, "could not be read"),
        ("/headers", UnreachableError, "could not be read"),
    ],
)
def test_bad_answers_are_one_line_of_our_own_errors(server, fetcher, path, error, words):
    with pytest.raises(error, match=words) as caught:
        fetcher.fetch(server.url + path)
    assert server.url + path in caught.value.message
    assert "\n" not in caught.value.message
    assert pickle.loads(pickle.dumps(caught.value)).context == caught.value.context


def test_retry_after_is_in_the_context(server, fetcher):
    with pytest.raises(ThrottledError) as caught:
        fetcher.fetch(f"{server.url}/status/429")
    assert caught.value.context["retry_after_s"] == 120


def test_a_slow_drip_ends_with_the_deadline(server):
    with (
        GuardedFetcher(FetchPolicy(allowed_private_hosts=("127.0.0.1",), timeout_s=0.5)) as fetcher,
        pytest.raises(TimedOutError, match=r"/drip was not read within 0\.5 seconds"),
    ):
        fetcher.fetch(f"{server.url}/drip")


def test_a_server_that_never_answers_ends_with_the_deadline():
    with socket.create_server(("127.0.0.1", 0)) as mute:
        policy = FetchPolicy(allowed_private_hosts=("127.0.0.1",), timeout_s=0.3)
        with GuardedFetcher(policy) as fetcher, pytest.raises(TimedOutError):
            fetcher.fetch(f"http://127.0.0.1:{mute.getsockname()[1]}/")


def test_a_closed_port_and_an_unknown_name_are_unreachable(fetcher):
    with socket.create_server(("127.0.0.1", 0)) as closing:
        port = closing.getsockname()[1]
    with pytest.raises(UnreachableError, match=f":{port}/"):
        fetcher.fetch(f"http://127.0.0.1:{port}/")
    with pytest.raises(UnreachableError, match=r"no-such-host\.invalid"):
        fetcher.fetch("http://no-such-host.invalid/")


def test_redirects_are_followed_three_times_and_no_more(server, fetcher):
    server.targets = {"0": "/to/1", "1": "/to/2", "2": "3", "3": f"{server.url}/page"}
    assert fetcher.fetch(f"{server.url}/to/1").final_url == f"{server.url}/page"
    with pytest.raises(BadInputError, match="more than 3 times"):
        fetcher.fetch(f"{server.url}/to/0")


@pytest.mark.parametrize(
    "target",
    [
        "http://169.254.169.254/latest/meta-data/",
        "http://localhost/",
        "http://[::1]/",
        "http://[::ffff:10.0.0.1]/",
        "http://user@127.0.0.1/",
        "http://example.com\\@127.0.0.1/",
        "file:///etc/passwd",
        "gopher://127.0.0.1:70/",
        "http://example.com:22/",
    ],
)
def test_a_redirect_inside_is_refused_wherever_it_points(server, fetcher, target):
    server.targets = {"inside": target}
    with pytest.raises(RefusedUrlError) as caught:
        fetcher.fetch(f"{server.url}/to/inside")
    assert f"{server.url}/to/inside" in caught.value.message
    assert pages_asked(server) == ["/to/inside"]


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "2130706433", "0x7f000001", "127.1", "0177.0.0.1", "①②⑦.0.0.1", "[::1]", "[::ffff:7f00:1]"]
)
def test_no_spelling_of_loopback_is_visited(server, host):
    policy = FetchPolicy(allowed_ports=(80, 443, server.server_port))
    with GuardedFetcher(policy) as fetcher, pytest.raises(RefusedUrlError):
        fetcher.fetch(f"http://{host}:{server.server_port}/page")
    assert server.requests == []


NUMERIC = socket.getaddrinfo


def answers(*addresses):
    def resolve(host, port, *args, **kwargs):
        if host == "127.0.0.1":
            return NUMERIC(host, port, *args, **kwargs)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in addresses]

    return resolve


def test_one_bad_answer_among_good_ones_is_refused(server, monkeypatch):
    monkeypatch.setattr(socket, "getaddrinfo", answers("93.184.216.34", "127.0.0.1"))
    with (
        GuardedFetcher(FetchPolicy(allowed_ports=(server.server_port,))) as fetcher,
        pytest.raises(RefusedUrlError, match=r"news\.example leads to 127\.0\.0\.1, which is loopback"),
    ):
        fetcher.fetch(f"http://news.example:{server.server_port}/page")
    assert server.requests == []


def test_sockets_are_given_the_checked_address_and_never_the_name(server, monkeypatch):
    """A name that is resolved again while connecting could lead elsewhere."""
    monkeypatch.setattr(socket, "getaddrinfo", answers("127.0.0.1"))
    connect, connected = socket.create_connection, []

    def spy(address, *args, **kwargs):
        connected.append(address)
        return connect(address, *args, **kwargs)

    monkeypatch.setattr(socket, "create_connection", spy)
    with GuardedFetcher(FetchPolicy(allowed_private_hosts=("intranet",))) as fetcher:
        fetcher.fetch(f"http://intranet:{server.server_port}/page")
    assert set(connected) == {("127.0.0.1", server.server_port)}
    assert server.requests[-1][1]["Host"] == f"intranet:{server.server_port}"


def test_every_new_connection_is_judged_again(server, monkeypatch):
    """The name turns inside after its first visit; the public address is played by the server, nothing leaves here."""
    connect = socket.create_connection
    local = ("127.0.0.1", server.server_port)
    monkeypatch.setattr(socket, "create_connection", lambda _, *args, **kwargs: connect(local, *args, **kwargs))
    monkeypatch.setattr(socket, "getaddrinfo", answers("93.184.216.34"))
    with GuardedFetcher(FetchPolicy()) as fetcher:
        with pytest.raises(BadInputError, match="410 Gone"):  # after which the connection is closed
            fetcher.fetch("http://news.example/status/410")
        monkeypatch.setattr(socket, "getaddrinfo", answers("10.0.0.1"))
        with pytest.raises(RefusedUrlError, match="private network"):
            fetcher.fetch("http://news.example/page")
    assert pages_asked(server) == ["/status/410"]


def test_a_pinned_name_keeps_its_host_header(server):
    policy = FetchPolicy(resolve={"gazette.example": ("127.0.0.1", server.server_port)})
    with GuardedFetcher(policy) as fetcher:
        assert fetcher.fetch("http://gazette.example/page").final_url == "http://gazette.example/page"
    assert server.requests[-1][1]["Host"] == "gazette.example"


def test_a_tls_handshake_names_the_host_and_not_the_address():
    hello = []
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def listen():
            connection, _ = listening.accept()
            with connection:
                hello.append(connection.recv(4096))

        thread = threading.Thread(target=listen, daemon=True)
        thread.start()
        policy = FetchPolicy(resolve={"gazette.example": ("127.0.0.1", listening.getsockname()[1])})
        with GuardedFetcher(policy) as fetcher, pytest.raises(UnreachableError, match=r"https://gazette\.example/"):
            fetcher.fetch("https://gazette.example/")
        thread.join()
    assert b"gazette.example" in hello[0]


def test_proxies_of_the_environment_are_ignored(server, fetcher, monkeypatch):
    for name in ("http_proxy", "HTTP_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    assert fetcher.fetch(f"{server.url}/page").status == 200


def test_robots_are_asked_once_and_obeyed(server, fetcher):
    server.robots = (200, b"User-agent: *\nDisallow: /private\n\nUser-agent: pressroom\nDisallow: /page\n")
    fetcher.fetch(f"{server.url}/cached")
    with pytest.raises(RefusedUrlError, match=r"robots\.txt"):
        fetcher.fetch(f"{server.url}/page")
    assert [path for path, _ in server.requests] == ["/robots.txt", "/cached"]


def test_a_redirect_to_a_page_that_robots_forbid_is_refused(server, fetcher):
    server.robots = (200, b"User-agent: *\nDisallow: /page\n")
    server.targets = {"page": "/page"}
    with pytest.raises(RefusedUrlError, match=r"robots\.txt"):
        fetcher.fetch(f"{server.url}/to/page")


def test_without_an_answer_about_robots_nothing_is_read_and_a_retry_may_help(server, fetcher):
    server.robots = (503, b"")
    with pytest.raises(UnreachableError, match=r"/page: .*robots\.txt answered 503"):
        fetcher.fetch(f"{server.url}/page")
    assert pages_asked(server) == []
    server.robots = (200, b"")
    assert fetcher.fetch(f"{server.url}/page").status == 200


def test_one_host_gets_one_request_at_a_time(server, fetcher):
    with ThreadPoolExecutor(6) as pool:
        bodies = list(pool.map(lambda _: fetcher.fetch(f"{server.url}/page").body, range(24)))
    assert len(set(bodies)) == 1
    assert server.most_at_once == 1


def test_after_an_error_the_fetcher_goes_on(server, fetcher):
    for path in ("/endless", "/bomb", "/short", "/garbage"):
        with pytest.raises(PressroomError):
            fetcher.fetch(server.url + path)
        assert fetcher.fetch(f"{server.url}/page").status == 200
