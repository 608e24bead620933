"""Feeds from bytes: what is saved, what is refused, and that nothing is opened on the way."""

import builtins
import datetime as dt
import socket

import pytest
from hypothesis import given
from hypothesis import strategies as st

from content.errors import BadInputError
from sources.feeds import parse_feed

URL = "http://news.example/x/feed.xml"
ITEM = (
    "<item><title>A &amp;amp; B’s &lt;em&gt;ferry&lt;/em&gt;</title><link>/a#top</link>"
    "<pubDate>Wed, 30 Dec 2015 12:00:00 +0200</pubDate><author>joe@news.example (Joe Doe)</author>"
    "<description>&lt;p&gt;It sails.&lt;/p&gt;</description></item>"
)


def rss(*items, head=""):
    return (
        f'<?xml version="1.0"?>{head}<rss version="2.0"><channel><title>T &amp; U</title><language>en-us</language>'
        f"{''.join(items)}</channel></rss>"
    ).encode()


def test_an_rss_entry_is_read():
    feed = parse_feed(rss(ITEM), URL)
    assert (feed.title, feed.language, feed.faults) == ("T & U", "en-us", ())
    (entry,) = feed.entries
    assert entry.url == "http://news.example/a"
    assert entry.title == "A & B’s ferry"
    assert entry.published == dt.datetime(2015, 12, 30, 10, tzinfo=dt.UTC)
    assert entry.author == "Joe Doe"
    assert entry.summary_html == "<p>It sails.</p>"
    assert entry.content_html is None


def test_an_atom_entry_is_read_and_its_plain_title_keeps_every_character():
    atom = (
        '<feed xmlns="http://www.w3.org/2005/Atom"><title>F</title><entry><title>Why a &lt; b &amp;amp; c</title>'
        '<link href="http://b.example/1"/><updated>2015-12-30T12:00:00Z</updated><author><name>M</name></author>'
        '<author><name>N</name></author><summary>S</summary><content type="html">&lt;p hidden&gt;h&lt;/p&gt;C</content>'
        "</entry></feed>"
    )
    (entry,) = parse_feed(atom.encode(), URL).entries
    assert entry.title.startswith("Why a < b &")
    assert entry.author == "M, N"
    assert entry.summary_html == "<p>S</p>"
    assert "hidden" in entry.content_html  # left for the code that knows what hidden means


def test_an_empty_feed_is_no_error():
    assert parse_feed(rss(), URL).entries == ()


@pytest.mark.parametrize(
    "body", [b"", b"hello", b"{}", b"<!doctype html><p>hi", b"\x89PNG\r\n", b"<a/>", b"\xff\xfe\0"]
)
def test_what_is_no_feed_is_refused(body):
    with pytest.raises(BadInputError, match=URL):
        parse_feed(body, URL)


def test_a_malformed_feed_gives_what_can_be_saved_and_a_fault():
    feed = parse_feed(rss(ITEM, "<item><title>broken & <b>")[:-20], URL)
    assert [entry.title for entry in feed.entries] == ["A & B’s ferry"]
    assert "malformed" in feed.faults[0]


def test_a_feed_too_broken_for_one_entry_is_refused():
    with pytest.raises(BadInputError, match="broken"):
        parse_feed(rss("<item><ti")[:-20], URL)


@pytest.mark.parametrize(
    ("item", "fault"),
    [
        (ITEM.replace("link>", "x>"), "no link"),
        (ITEM.replace("pubDate>", "x>"), "no date"),
        (ITEM.replace("Wed, 30 Dec 2015 12:00:00 +0200", "yesterday"), "yesterday"),
        (ITEM.replace("/a#top", "javascript:alert(1)"), "cannot be followed"),
        (ITEM.replace("/a#top", "file:///etc/passwd"), "cannot be followed"),
    ],
)
def test_an_unusable_entry_is_a_fault_and_the_others_stay(item, fault):
    feed = parse_feed(rss(item, ITEM.replace("/a#top", "/good")), URL)
    assert [entry.url for entry in feed.entries] == ["http://news.example/good"]
    assert fault in feed.faults[0]


def test_an_entry_listed_twice_is_read_once():
    assert len(parse_feed(rss(ITEM, ITEM), URL).entries) == 1


def test_the_charset_of_the_header_wins():
    body = rss(ITEM).replace(b"T &amp; U", "Ünter".encode("latin-1"))
    assert parse_feed(body, URL, "iso-8859-1").title == "Ünter"


def forbid(*args, **kwargs):
    raise AssertionError(f"opened {args}")


@pytest.mark.parametrize("body", [b"/etc/passwd", b"file:///etc/passwd", b"http://127.0.0.1:9/feed"])
def test_a_body_that_looks_like_a_place_is_never_opened(body, monkeypatch):
    monkeypatch.setattr(builtins, "open", forbid)
    monkeypatch.setattr(socket, "socket", forbid)
    with pytest.raises(BadInputError, match="not a feed"):
        parse_feed(body, URL)


def test_external_entities_are_not_read(tmp_path):
    secret = tmp_path / "secret"
    secret.write_text("the secret")
    head = f'<!DOCTYPE r [<!ENTITY x SYSTEM "{secret.as_uri()}">]>'
    feed = parse_feed(rss(ITEM.replace("A &amp;", "&x;"), head=head), URL)
    assert "secret" not in repr(feed)


def test_an_entity_bomb_stays_small():
    levels = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
    head = f'<!DOCTYPE r [<!ENTITY l0 "{"lol" * 10}">{levels}]>'
    feed = parse_feed(rss(ITEM.replace("A &amp;", "&l9;"), head=head), URL)
    assert len(repr(feed)) < 10_000


@pytest.mark.parametrize(
    "hostile",
    [
        "<a>" * 3000,
        "<item " + " ".join(f"a{n}='1'" for n in range(3000)) + "/>",
        "<a>" * 250_000,
        ITEM * 6000,
    ],
    ids=["deep", "attributes", "tags", "entries"],
)
def test_feeds_beyond_the_limits_are_refused(hostile):
    with pytest.raises(BadInputError, match=URL):
        parse_feed(rss(hostile), URL)


@given(st.binary(max_size=200), st.integers(0, 600))
def test_any_damage_gives_a_feed_or_one_kind_of_error(noise, place):
    body = rss(ITEM)
    try:
        feed = parse_feed(body[:place] + noise + body[place:], URL)
    except BadInputError:
        return
    for entry in feed.entries:
        assert entry.published.tzinfo is dt.UTC
        assert entry.url.startswith(("http://", "https://"))
