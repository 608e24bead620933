"""A press pack on disk is read as the web is."""

import datetime as dt
import http.client
from pathlib import Path

import pytest

from content.errors import BadConfigurationError, BadInputError
from sources.feeds import parse_feed
from sources.fetch import FetchPolicy, GuardedFetcher
from sources.press_pack import PressPack

TODAY = dt.date(2026, 3, 1)
BUNDLED = Path(__file__).resolve().parents[2] / "examples" / "press-pack"


@pytest.fixture
def folder(tmp_path):
    """Write a pack of two hosts, and a secret beside it."""
    pack = tmp_path / "pack"
    for host in ("gazette.example", "council.example"):
        (pack / host / "stories" / "y").mkdir(parents=True)
        (pack / host / "feed.xml").write_text(f"<rss>{host} @@-1d 07:40 rfc822@@</rss>")
        (pack / host / "stories" / "x.html").write_text("<p>@@-1d 07:40 iso@@ @@+0d 23:59 long@@ @@-1d 7:40 iso@@</p>")
        (pack / host / "stories" / "y" / "index.html").write_text("<p>y</p>")
        (pack / host / "a.png").write_bytes(b"\x89PNG @@-1d 07:40 iso@@")
    (tmp_path / "secret.txt").write_text("secret")
    (pack / "secret.txt").write_text("secret")
    (pack / "gazette.example" / ".hidden").write_text("secret")
    (pack / "gazette.example" / "link.txt").symlink_to(tmp_path / "secret.txt")
    return pack


@pytest.fixture
def pack(folder):
    """Serve the pack."""
    with PressPack(folder, TODAY) as pack:
        yield pack


@pytest.fixture
def fetcher(pack):
    """Give a fetcher for the pack's hosts."""
    with GuardedFetcher(FetchPolicy(resolve=pack.resolve)) as fetcher:
        yield fetcher


def test_each_subfolder_is_a_host(pack, fetcher):
    assert pack.hosts == ("council.example", "gazette.example")
    for host in pack.hosts:
        found = fetcher.fetch(f"http://{host}/feed.xml")
        assert found.body.decode() == f"<rss>{host} Sat, 28 Feb 2026 07:40:00 +0000</rss>"
        assert (found.media_type, found.charset) == ("application/xml", "utf-8")


def test_dates_count_from_the_given_day(fetcher):
    body = fetcher.fetch("http://gazette.example/stories/x.html").body.decode()
    assert body == "<p>2026-02-28T07:40:00Z 1 March 2026 @@-1d 7:40 iso@@</p>"
    assert b"@@-1d" in fetcher.fetch("http://gazette.example/a.png").body


@pytest.mark.parametrize("path", ["stories/x", "stories/x.html", "stories/y", "stories/y/", "stories/y/index.html"])
def test_pages_are_found_with_and_without_their_suffix(fetcher, path):
    assert fetcher.fetch(f"http://gazette.example/{path}?utm=1").media_type == "text/html"


def test_what_is_known_is_not_sent_again_until_the_day_changes(pack, fetcher, folder):
    first = fetcher.fetch("http://gazette.example/feed.xml")
    assert fetcher.fetch("http://gazette.example/feed.xml", etag=first.etag).not_modified
    with (
        PressPack(folder, TODAY + dt.timedelta(days=1)) as later,
        GuardedFetcher(FetchPolicy(resolve=later.resolve)) as tomorrow,
    ):
        assert not tomorrow.fetch("http://gazette.example/feed.xml", etag=first.etag).not_modified


@pytest.mark.parametrize(
    "path",
    [
        "/../secret.txt",
        "/%2e%2e/secret.txt",
        "/..%2fsecret.txt",
        "/%2e%2e%2f%2e%2e%2fsecret.txt",
        "/stories/../../secret.txt",
        "/..\\secret.txt",
        "//secret.txt",
        "/.hidden",
        "/link.txt",
        "/%00",
        "/nothing",
        "/stories/" + "x" * 3000,
    ],
)
def test_nothing_outside_a_host_is_served(pack, path):
    connection = http.client.HTTPConnection(*pack.resolve["gazette.example"], timeout=10)
    connection.putrequest("GET", path.replace("\\", "%5c"), skip_host=True)
    connection.putheader("Host", "gazette.example")
    connection.endheaders()
    answer = connection.getresponse()
    assert answer.status == 404
    assert b"secret" not in answer.read()
    connection.close()


def test_an_unknown_host_is_not_there(pack):
    policy = FetchPolicy(resolve={"other.example": pack.resolve["gazette.example"]})
    with GuardedFetcher(policy) as fetcher, pytest.raises(BadInputError, match="404"):
        fetcher.fetch("http://other.example/feed.xml")


def test_a_folder_that_is_no_pack_is_a_clear_error(tmp_path, folder):
    with pytest.raises(BadConfigurationError, match="not a folder"):
        PressPack(tmp_path / "none", TODAY)
    with pytest.raises(BadConfigurationError, match="holds no hosts"):
        PressPack(folder / "gazette.example" / "stories" / "y", TODAY)
    with pytest.raises(BadConfigurationError, match="with block"):
        _ = PressPack(folder, TODAY).resolve


@pytest.mark.skipif(not BUNDLED.is_dir(), reason="the bundled press pack is not here")
def test_every_link_of_the_bundled_feeds_leads_to_a_page_of_the_pack():
    pack = PressPack(BUNDLED, TODAY)
    links = 0
    for host in pack.hosts:
        feeds = [path for path in (BUNDLED / host).iterdir() if path.suffix in {".xml", ".atom", ".rss"}]
        assert feeds
        for feed in feeds:
            body, _ = pack.read(host, f"/{feed.name}")
            assert b"@@" not in body
            for entry in parse_feed(body, f"http://{host}/{feed.name}").entries:
                assert pack.read(host, entry.url.removeprefix(f"http://{host}"))
                links += 1
    assert links >= 16
