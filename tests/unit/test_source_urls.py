"""The one URL parser: what it accepts is unambiguous, and everything else is refused."""

import re
from urllib.parse import urlsplit

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from content.errors import RefusedUrlError
from sources.urls import join_url, parse_url

REFUSED = [
    "http://a.com\\@127.0.0.1/",
    "http://a.com\\.b.com/",
    "http://user@a.com/",
    "http://user:secret@a.com/",
    "http://a.com:80@127.0.0.1/",
    "http://a.com\n.b.com/",
    "http://a.com/\r\nHost: b",
    "http://a.com/\0",
    "http://a.com%2f@b.com/",
    "http://a%2ecom/",
    "http://a.com:/",
    "http://a.com:0/",
    "http://a.com:65536/",
    "http://a.com:8o/",
    "http://[fe80::1%25eth0]/",
    "http://[::1/",
    "http:///etc/passwd",
    "http:a.com",
    "//a.com/",
    "a.com",
    "",
    "file:///etc/passwd",
    "ftp://a.com/",
    "gopher://a.com/",
    "javascript:alert(1)",
    "http://-a.com/",
    "http://a..com/",
    "http://a b.com/",
    "http://" + "a" * 5000,
]


@pytest.mark.parametrize("text", REFUSED)
def test_doubtful_urls_are_refused_in_one_line(text):
    with pytest.raises(RefusedUrlError) as refusal:
        parse_url(text)
    assert "\n" not in refusal.value.message
    assert len(refusal.value.message) < 500


@pytest.mark.parametrize(
    ("text", "canonical"),
    [
        ("HTTP://Example.COM", "http://example.com/"),
        ("https://example.com.:443/a?b=c#d", "https://example.com/a?b=c"),
        ("http://example.com:8080/a b/ü?q=é", "http://example.com:8080/a%20b/%C3%BC?q=%C3%A9"),
        ("http://bücher.example/%7Ea", "http://xn--bcher-kva.example/%7Ea"),
        ("http://①②⑦.0.0.1/", "http://127.0.0.1/"),
        ("http://127。0。0。1/", "http://127.0.0.1/"),
        ("http://[2001:DB8::1]:80/", "http://[2001:db8::1]/"),
        ("http://a_b.example/", "http://a_b.example/"),
    ],
)
def test_urls_have_one_spelling(text, canonical):
    assert str(parse_url(text)) == canonical


def test_references_are_resolved_and_looked_at_first():
    base = parse_url("https://a.example/x/feed.xml")
    assert str(join_url(base, "../y?z#f")) == "https://a.example/y?z"
    assert str(join_url(base, "//b.example/")) == "https://b.example/"
    for reference in (
        "/\\b.example",
        "\t//b.example",
        "http://b.example\\@a.example/",
        "file:///etc/passwd",
        "http://[",
    ):
        with pytest.raises(RefusedUrlError):
            join_url(base, reference)


HOSTILE = st.text(alphabet="htps:/\\@?#%[].:0127aA①。．\t\n\r\0 ü-_&=", max_size=40)


@given(st.one_of(HOSTILE, HOSTILE.map(lambda rest: f"http://{rest}"), st.text(max_size=60)))
@example("http://1.1.1.1 &@2.2.2.2# @3.3.3.3/")
@example("http://foo@evil.com:80@google.com/")
@example("http://a.com&@b.com")
def test_an_accepted_url_means_the_same_to_every_parser(text):
    try:
        url = parse_url(text)
    except RefusedUrlError:
        return
    spelled = str(url)
    assert re.fullmatch(r"[\x21-\x7e]+", spelled)
    assert parse_url(spelled) == url
    other = urlsplit(spelled)
    assert (other.scheme, other.hostname) == (url.scheme, url.host)
    assert (other.port or {"http": 80, "https": 443}[url.scheme]) == url.port
    assert other.username is None
    assert "@" not in url.authority
    assert "\\" not in spelled
