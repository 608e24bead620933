"""Real posts of real days: editions from full-content and from excerpt-only feeds, every sentence whole and traced."""

import functools
import http.server
import re
import threading
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from wiring.container import container

SITE = Path(__file__).resolve().parents[2].parent / "shared" / "corpus" / "18f" / "site"
PORT = 8765
pytestmark = pytest.mark.corpus

DANGLING = re.compile(
    r"^[“\"]?(This|That|These|Those|It|They|Them|Their|He|She|His|Her|However|But|And|Or|So|Also|Instead|Then|Such|"
    r"Here|There|Another|Therefore|Moreover|Additionally|In addition|For example|As a result)\b"
)
ENDS = re.compile(r"[.!?…][”\"’')\]]*$")
STARTS = re.compile(r"^[“\"‘'(\[]?[A-Z0-9$£€]")
NAMES_STARTING_LOW = re.compile(r"^[“\"]?(cloud\.gov|login\.gov|analytics\.usa\.gov|open|eRegs|myRA|iPhone)")


class Quiet(http.server.SimpleHTTPRequestHandler):
    extensions_map = {  # noqa: RUF012 - an instance variable in the base class
        **http.server.SimpleHTTPRequestHandler.extensions_map,
        ".rss": "application/rss+xml",
        ".atom": "application/atom+xml",
    }

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture(scope="module")
def corpus() -> Iterator[str]:
    """The corpus on the port its own links name; a server that already answers there will do."""
    url = f"http://127.0.0.1:{PORT}"
    try:
        server = http.server.ThreadingHTTPServer(("127.0.0.1", PORT), functools.partial(Quiet, directory=str(SITE)))
    except OSError:
        try:
            urllib.request.urlopen(f"{url}/feeds/2015.atom", timeout=5).close()
        except OSError:
            pytest.skip(f"port {PORT} is taken by something else")
        yield url
        return
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield url
    server.shutdown()
    server.server_close()


@pytest.mark.parametrize(
    ("date", "feed"),
    [("2015-06-15", "2015.atom"), ("2015-11-30", "2015.rss"), ("2016-03-15", "2016.atom"), ("2016-09-30", "2016.rss")],
)
def test_an_edition_of_a_real_day(make, corpus, monkeypatch, date, feed):
    monkeypatch.setenv("PRESSROOM_ALLOWED_PRIVATE_HOSTS", "127.0.0.1")
    made = make("civic-digest", feeds=[f"{corpus}/feeds/{feed}"], edition_date=date, lookback_days=14, articles=6)
    assert made.state.name == "Published", (made.state.message, made.record.feeds)
    published = [article for article in made.record.articles if article.status == "published"]
    assert len(published) >= 4
    assert [article.reason for article in made.record.articles if article.status == "held"] == []
    assert made.outcomes["held"] == 0
    assert all(article.reason for article in made.record.articles if article.status == "failed")
    library = container().library
    for article in published:
        assert article.draft is not None
        assert article.claims == article.claims_traced == len(article.draft.claims) >= 3
        for claim in article.draft.claims:
            assert library.text(claim.source)[claim.start : claim.end] == claim.text
            assert claim.url in article.sources
            assert STARTS.match(claim.text) or NAMES_STARTING_LOW.match(claim.text), claim.text
            assert ENDS.search(claim.text), claim.text
            assert not DANGLING.match(claim.text), claim.text
    assert list(library.verify()) == []
