"""Which addresses no reader is sent to."""

import pytest

from content.links import addresses_in, judge_link, judge_links, uncited


@pytest.mark.parametrize(
    ("link", "rule", "decision"),
    [
        ("javascript:alert(1)", "links.scheme", "block"),
        ("JaVaScRiPt:alert(1)", "links.scheme", "block"),
        ("java\tscript:alert(1)", "links.disguise", "block"),
        ("data:text/html;base64,AAAA", "links.scheme", "block"),
        ("http://example.com\\@127.0.0.1/", "links.disguise", "block"),
        ("/\\evil.example/", "links.disguise", "block"),
        ("https://bank.example@evil.example/", "links.userinfo", "block"),
        ("http://2130706433/", "links.numeric_host", "hold"),
        ("http://0x7f.1/", "links.numeric_host", "hold"),
        ("http://①②⑦.0.0.1/", "links.numeric_host", "hold"),
        ("http://[::1]/", "links.numeric_host", "hold"),
        ("https://аpple.com/", "links.confusable_host", "block"),
        ("https://xn--80ak6aa92e.com/", "links.confusable_host", "block"),
        ("https://xn--pple-43d.com/", "links.confusable_host", "block"),
        ("https://bit.ly/abc", "links.shortener", "hold"),
        ("https://grabify.link/abc", "links.denied_host", "block"),
        ("mailto:jane@example.org", "links.contact", "hold"),
        ("http:evil.example", "links.malformed", "block"),
        ("http://[bad", "links.malformed", "block"),
    ],
)
def test_a_dangerous_address_is_refused(link: str, rule: str, decision: str) -> None:
    finding = judge_link(link)
    assert finding is not None
    assert (finding.rule, finding.decision) == (rule, decision)


@pytest.mark.parametrize(
    "link",
    [
        "https://example.org/a?b=c#d", "http://münchen.de/", "https://中文.com/", "https://пример.рф/",
        "https://example.org/start\\_page.html", "../index.html", "#top", "/feed.xml", "",
    ],
)  # fmt: skip
def test_an_ordinary_address_is_fine(link: str) -> None:
    assert judge_link(link) is None


def test_a_numeric_host_the_operator_trusts_is_fine() -> None:
    link = "http://127.0.0.1:8765/story"
    assert judge_links([link], trusted_hosts=["127.0.0.1"]) == []
    assert judge_links([link], trusted_hosts=["127.0.0.1:8765"]) == []
    assert len(judge_links([link], trusted_hosts=["127.0.0.1:9000"])) == 1


def test_trust_in_a_host_does_not_excuse_a_user_name() -> None:
    assert [f.rule for f in judge_links(["http://a@127.0.0.1/"], trusted_hosts=["127.0.0.1"])] == ["links.userinfo"]


def test_an_address_must_be_cited_but_for_fragment_and_last_slash() -> None:
    cited = ["https://a.example/story/"]
    assert uncited(["https://a.example/story#top", "local.html"], cited) == []
    assert [f.excerpt for f in uncited(["https://b.example/"], cited)] == ["https://b.example/"]


def test_addresses_written_in_a_text_are_found_without_their_punctuation() -> None:
    assert addresses_in("See https://a.example/x, 见http://b.example/y。") == (
        "https://a.example/x",
        "http://b.example/y",
    )
