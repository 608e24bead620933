"""Feeds that are dead, broken or out to harm: one clear line each in the record, and the edition made from the rest."""

import gzip
import socket
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from wiring.container import container

WORDS = (
    "The harbour board of Anlage approved {n} new moorings on Monday after a vote of nine to two. "
    "The board will pay {n}0,000 pounds for the pontoons, according to its chair, Ruth Ellery. "
    "“Every mooring we add shortens a waiting list of four years,” said Ruth Ellery, who chairs the board. "
    "Fishing boats keep their own quay, which the council repaired in the spring of last year. "
    "Work on the {name} side starts in March and ends before the regatta in June. "
    "The council expects {n} visiting yachts a week once the pontoons are open. "
    "Residents of the {name} side asked for lights that do not shine into bedrooms. "
)
SUBJECTS = {
    "Northern moorings approved": ("northern", 14, "moorings and pontoons for visiting yachts"),
    "Library keeps its late hours": ("western", 22, "opening hours of the town library on Thursdays"),
    "School kitchen wins an award": ("eastern", 31, "meals cooked by pupils from the allotment"),
}


def item(title: str, name: str, number: int, subject: str) -> str:
    body = WORDS.format(name=name, n=number).replace("moorings", subject.split(maxsplit=1)[0])
    return (
        f"<item><title>{title}</title><link>http://127.0.0.1:PORT/{number}</link>"
        f"<guid>{number}</guid><pubDate>Mon, 09 Mar 2026 07:00:00 +0000</pubDate>"
        f"<description>&lt;p&gt;{body}&lt;/p&gt;&lt;p&gt;It concerns {subject}. {body}&lt;/p&gt;</description></item>"
    )


GOOD = (
    '<?xml version="1.0"?><rss version="2.0"><channel><title>Anlage Post</title><link>http://127.0.0.1:PORT/</link>'
    "<description>News</description>"
    + "".join(item(title, *facts) for title, facts in SUBJECTS.items())
    + "</channel></rss>"
)


class Hostile(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_: object) -> None:
        pass

    def answer(self, body: bytes, kind: str = "application/rss+xml", status: int = 200, **headers: str) -> None:
        self.send_response(status)
        for name, value in {"Content-Type": kind, "Content-Length": str(len(body)), **headers}.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(body)

    def endless(self, most: int | None) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "application/rss+xml")
        if most:
            self.send_header("Content-Length", str(most))
        else:
            self.send_header("Connection", "close")
        self.end_headers()
        sent, piece = 0, b"<rss>" + b" " * 65531
        while most is None or sent < most:
            self.wfile.write(piece)
            sent += len(piece)

    def do_GET(self) -> None:  # noqa: C901 - a table of answers
        port = str(self.server.server_address[1])
        try:
            match self.path:
                case "/good.xml":
                    self.answer(GOOD.replace("PORT", port).encode())
                case "/malformed.xml":
                    self.answer(b'<?xml version="1.0"?><rss version="2.0"><channel><title>Broken<item><link>')
                case "/empty.xml":
                    self.answer(
                        b'<?xml version="1.0"?><rss version="2.0"><channel><title>Empty</title></channel></rss>'
                    )
                case "/metadata.xml":
                    self.answer(b"", status=302, Location="http://169.254.169.254/latest/meta-data/")
                case "/huge.xml":
                    self.endless(50 * 1024 * 1024)
                case "/endless.xml":
                    self.endless(None)
                case "/bomb.xml":
                    self.answer(gzip.compress(b"<rss>" + b" " * 60_000_000), Content_Encoding="gzip")
                case "/poem.xml":
                    self.answer(b"Shall I compare thee to a summer's day?", kind="text/plain")
                case "/hang.xml":
                    time.sleep(8)
                    self.answer(b"")
                case _:
                    self.answer(b"gone", status=404)
        except OSError:
            self.close_connection = True  # the reader hung up, as it should


@pytest.fixture
def server() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Hostile)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@pytest.fixture(autouse=True)
def allowed(monkeypatch: pytest.MonkeyPatch, make: object) -> None:
    monkeypatch.setenv("PRESSROOM_ALLOWED_PRIVATE_HOSTS", "127.0.0.1")
    monkeypatch.setenv("PRESSROOM_FETCH_TIMEOUT_S", "3")


def closed_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def test_each_bad_feed_is_one_line_and_the_edition_is_made_from_the_good_one(make, server):
    refused = f"http://127.0.0.1:{closed_port()}/feed.xml"
    said = {
        "malformed": "is a broken feed",
        "empty": "the feed has no entries",
        "missing": "answered 404 Not Found",
        "metadata": "redirects to http://169.254.169.254/latest/meta-data/: refused",
        "huge": "is larger than 10485760 bytes",
        "endless": "is larger than 10485760 bytes",
        "bomb": "unpacks to more than 100 times its size",
        "poem": "is not a feed",
        "hang": "was not read within 3 seconds",
    }
    feeds = [f"{server}/good.xml", *(f"{server}/{name}.xml" for name in said), refused]
    made = make("anlage-post", feeds=feeds, articles=3)
    assert made.state.name == "Published", (made.state.message, made.record.feeds)
    assert {a.headline for a in made.record.articles if a.status == "published"} == set(SUBJECTS)
    reports = {report.url: report for report in made.record.feeds}
    assert reports[f"{server}/good.xml"].status == "ok"
    for name, reason in said.items():
        report = reports[f"{server}/{name}.xml"]
        assert report.status == ("empty" if name == "empty" else "failed"), (name, report)
        assert reason in report.detail, name
        assert "\n" not in report.detail
    assert "PRESSROOM_ALLOWED" not in reports[f"{server}/metadata.xml"].detail, "nobody is told how to open that door"
    assert reports[refused].status == "failed"
    assert "refused" in reports[refused].detail
    page = (container().settings.site / made.record.page).read_text("utf-8")
    assert page.count("could not be read") == len(said)
    assert "169.254" not in page


def test_with_every_feed_dead_the_run_fails_and_says_why(make, server):
    made = make("anlage-post", feeds=[f"{server}/missing.xml", f"{server}/poem.xml"])
    assert made.state.is_failed()
    assert made.record.status == "failed"
    assert "not one of the 2 feeds" in made.record.reason
    assert "404" in made.record.reason


def test_the_command_line_says_so_with_exit_1(pressroom, server):
    ran = pressroom(
        "newsletter", "--feed", f"{server}/missing.xml", "--json", PRESSROOM_ALLOWED_PRIVATE_HOSTS="127.0.0.1"
    )
    assert ran.code == 1
    assert ran.json["edition"]["status"] == "failed"
    assert "404" in ran.json["feeds"][0]["detail"]
