"""Verdicts add up to the strictest, and whatever was not judged does not pass."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from content.errors import TimedOutError
from content.gate import failed_closed, inherited, missing, worst
from content.values import AssetRef, Decision, Reason, Verdict

A, B = "a" * 64, "b" * 64
REASON = Reason(hazard="hate", rule="hate.slur", excerpt="…")


def verdict(decision: Decision, sha256: str = A, **more: object) -> Verdict:
    return Verdict.model_validate(
        {"sha256": sha256, "modality": "text", "decision": decision, "moderator": "m", **more}
    )


@given(st.lists(st.sampled_from(["pass", "hold", "block"])))
def test_the_worst_decision_wins_and_nothing_is_a_hold(decisions: list[Decision]) -> None:
    expected = "block" if "block" in decisions else "hold" if "hold" in decisions or not decisions else "pass"
    assert worst(decisions) == expected


def test_a_picture_inherits_the_worst_verdict_of_its_inputs_with_every_reason_once() -> None:
    inputs = [verdict("pass"), verdict("hold", reasons=(REASON,)), verdict("hold", sha256=B, reasons=(REASON,))]
    made = inherited(B, "image", inputs)
    assert (made.sha256, made.modality, made.decision, made.reasons) == (B, "image", "hold", (REASON,))


def test_something_without_judged_inputs_is_held() -> None:
    made = inherited(B, "video", [])
    assert made.decision == "hold"
    assert made.reasons[0].rule == "gate.no_inputs"


def test_a_crashed_moderator_is_a_hold_that_says_why() -> None:
    made = failed_closed(A, "text", "rules", TimedOutError("no answer in 30 s"))
    assert (made.decision, made.moderator) == ("hold", "rules")
    assert made.reasons[0].excerpt == "TimedOutError: no answer in 30 s"


@pytest.mark.parametrize(
    ("verdicts", "lacking"),
    [
        ([], True),
        ([verdict("pass")], False),
        ([verdict("hold")], True),
        ([verdict("pass", sha256=B)], True),
        ([verdict("pass", modality="page")], True),
        ([verdict("pass"), verdict("block", moderator="other")], True),
    ],
)
def test_bytes_pass_only_with_their_own_verdict_in_their_modality(verdicts: list[Verdict], lacking: bool) -> None:
    assert missing([(A, "text")], verdicts) == (((A, "text"),) if lacking else ())


def test_what_is_missing_is_listed_once_and_in_order() -> None:
    ref = AssetRef(kind="page", sha256=B, bytes=1, media_type="text/html")
    assert missing([(ref, "page"), (A, "text"), (B, "page")], []) == ((B, "page"), (A, "text"))
