"""The rule moderator's verdicts are bound to the bytes and give their reasons."""

from content.hazards import rulebook
from content.values import ModerationRequest, Verdict
from models.moderator.moderator_rules import RulesModerator
from models.protocols import Moderator

SHA = "c" * 64


def judged(*texts: str, links: tuple[str, ...] = (), modality: str = "text") -> Verdict:
    request = ModerationRequest.model_validate(
        {"sha256": SHA, "modality": modality, "texts": texts, "links": links, "language": "en"}
    )
    return RulesModerator().judge(request)


def test_it_is_a_moderator_whose_identity_follows_the_rule_data() -> None:
    moderator: Moderator = RulesModerator()
    assert moderator.identity.revision == rulebook().digest[:16]
    assert RulesModerator(trusted_hosts=["127.0.0.1"]).identity != moderator.identity


def test_clean_text_passes_and_the_verdict_names_its_bytes() -> None:
    verdict = judged("The ferry runs again.", links=("https://a.example/ferry",))
    assert (verdict.sha256, verdict.decision, verdict.reasons) == (SHA, "pass", ())


def test_the_worst_finding_decides_and_every_reason_is_kept() -> None:
    verdict = judged("Call (202) 555-0143.", "Go k1ll yourself.", links=("https://bit.ly/x",))
    assert verdict.decision == "block"
    assert {reason.rule for reason in verdict.reasons} == {
        "privacy.telephone", "selfharm.encouragement", "links.shortener",
    }  # fmt: skip
    assert {reason.hazard for reason in verdict.reasons} == {"privacy", "suicide & self-harm", "non-violent crimes"}


def test_an_article_may_write_out_only_addresses_it_cites() -> None:
    cited = ("https://a.example/story",)
    assert judged("See https://a.example/story.", links=cited).decision == "pass"
    verdict = judged("Win at https://spam.example/win now.", links=cited)
    assert [(reason.rule, reason.excerpt) for reason in verdict.reasons] == [
        ("links.uncited", "https://spam.example/win")
    ]


def test_words_no_reader_sees_are_held_and_judged() -> None:
    hidden = "".join(chr(0xE0000 + ord(letter)) for letter in "kill yourself")
    verdict = judged(f"The ferry runs{hidden} again.")
    assert verdict.decision == "block"
    assert "manipulation.concealed" in {reason.rule for reason in verdict.reasons}


def test_a_long_text_keeps_its_verdict_when_it_is_judged_again() -> None:
    text = "The council met. " * 200 + "Those f@gg0ts, he wrote."
    assert judged(text) == judged(text)
    assert judged(text).reasons[0].excerpt == "f@gg0ts"
