"""Tracing: one changed character is found, and so is anything a source does not say."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from content.recipes import sha256_of
from content.tracing import trace, untraceable
from content.values import Claim, Draft

SOURCE = (
    "Dr Jane Doe opened the £6.8 million ferry on 3 May 2026. It carries 1,200 people and seven cars. "
    "Write to office@harbour.example or call +44 20 7946 0018. See https://harbour.example/ferry. "
    "“A very expensive raft,” she said."
)


def draft(text, start, *, source=None, speaker=""):
    claim = Claim(
        role="lead",
        text=text,
        url="http://a.example",
        source=source or sha256_of(SOURCE.encode()),
        start=start,
        end=start + len(text),
        speaker=speaker,
    )
    return Draft(story_id="0" * 64, headline="h", language="en", lead=claim, points=())


def test_a_claim_that_stands_in_its_source_is_traced():
    report = trace(draft(SOURCE[:30], 0, speaker="Jane Doe"), {sha256_of(SOURCE.encode()): SOURCE})
    assert (report.claims, report.traced, report.complete) == (1, 1, True)


@given(st.integers(0, 55), st.characters(codec="utf-8"))
def test_one_changed_character_is_found(at, character):
    text = SOURCE[:56]
    changed = text[:at] + character + text[at + 1 :]
    report = trace(draft(changed, 0), {sha256_of(SOURCE.encode()): SOURCE})
    assert report.complete == (changed == text)


def test_a_moved_span_a_changed_source_and_a_missing_one_are_found():
    texts = {sha256_of(SOURCE.encode()): SOURCE}
    assert "say something else" in trace(draft(SOURCE[:30], 1), texts).faults[0].reason
    assert (
        "no longer the one" in trace(draft(SOURCE[:30], 0), {sha256_of(SOURCE.encode()): SOURCE + "!"}).faults[0].reason
    )
    assert "not at hand" in trace(draft(SOURCE[:30], 0), {}).faults[0].reason
    assert "does not name" in trace(draft(SOURCE[:30], 0, speaker="John Doe"), texts).faults[0].reason


@pytest.mark.parametrize(
    "sentence",
    [
        "Jane Doe opened the ferry on May 3, 2026.",
        "On 3 May a ferry for 1200 people and 7 cars was opened.",
        "The £6.8 million ferry is described at https://harbour.example/ferry by office@harbour.example.",
        "Call +44 20 7946 0018 for a place on “a very expensive raft”.",
    ],
)
def test_what_the_source_says_in_other_words_is_traceable(sentence):
    assert untraceable(sentence, SOURCE) == ()


@pytest.mark.parametrize(
    ("sentence", "foreign"),
    [
        ("John Roe opened the ferry.", "John Roe"),
        ("The ferry carries 1,300 people.", "1,300"),
        ("The ferry carries 120 people.", "120"),
        ("The ferry carries nine cars.", "nine"),
        ("The ferry opened on 4 May.", "4 May"),
        ("The ferry opened on May 3, 2025.", "May 3, 2025"),
        ("See https://evil.example/ferry for more.", "https://evil.example/ferry"),
        ("Write to jane@harbour.example today.", "jane@harbour.example"),
        ("Call +44 20 7946 0019 today.", "+44 20 7946 0019"),
        ("She called it “a very cheap raft” then.", "a very cheap raft"),
        ("渡轮可以载客三百五十人。", "三百五十"),
    ],
)
def test_what_the_source_does_not_say_is_named(sentence, foreign):
    assert foreign in untraceable(sentence, SOURCE)
