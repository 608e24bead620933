"""What labels mean, and which scores hold or block."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from content.errors import BadConfigurationError
from content.hazard_labels import UNKNOWN, label_book, normalised
from content.hazards import Hazard

BADNESS = ("pass", "hold", "block").index
SCORES = st.floats(0, 1)
OWN = """
harmless = ["LABEL_0", "insult", "S13"]
[labels]
LABEL_1 = "hate"
neutral = { hazard = "privacy", weight = 0.5 }
[limits]
block = 0.9
[limits.hate]
hold = 0.2
block = 0.4
"""
KNOWN = ("toxic", "nsfw", "identity_hate", "slapping", "sexual/minors", "porn", "identity_attack")


def decision(labels, scores, *, exclusive=True, book=None):
    book = book or label_book()
    found = book.findings(labels, book.meanings(labels), scores, exclusive=exclusive)
    return max((each.decision for each in found), key=BADNESS, default="pass")


def test_labels_of_well_known_models_have_their_hazards():
    book = label_book()
    for labels, hazards in (
        (("toxic", "threat", "insult"), ("hate", "violent crimes", "hate")),
        (("normal", "nsfw"), (None, "sexual content")),
        (("drawings", "hentai", "neutral", "porn", "sexy"), (None, "sexual content", None, *["sexual content"] * 2)),
        (("S1", "S4", "S9"), ("violent crimes", "child sexual exploitation", "indiscriminate weapons (CBRNE)")),
        (("S", "H", "V", "HR", "SH", "S3", "H2", "V2", "OK"), ("sexual content", "hate", "violent crimes", "hate",
            "suicide & self-harm", "child sexual exploitation", "hate", "violent crimes", None)),
        (("BENIGN", "INJECTION"), (None, "non-violent crimes")),
        (("slapping", "yoga", "passing American football (in game)"), ("violent crimes", None, None)),
    ):  # fmt: skip
        assert tuple(meaning and meaning.hazard for meaning in book.meanings(labels)) == hazards


def test_a_code_is_read_only_for_a_model_whose_labels_are_all_codes():
    (meaning, _) = label_book().meanings(["S3", "toxic"])
    assert meaning.hazard == UNKNOWN
    assert label_book().meanings(["S3"], "llama-guard")[0].hazard == "sex-related crimes"


@given(st.sampled_from(KNOWN), st.sampled_from(["upper", "title", "lower"]), st.sampled_from([" ", "_", "-", "/"]))
def test_case_and_what_stands_between_words_make_no_difference(label, case, between):
    spelled = getattr(normalised(label), case)().replace(" ", between)
    assert label_book().meanings([spelled]) == label_book().meanings([label])


@given(st.text(min_size=1, max_size=12), SCORES)
def test_an_unknown_label_can_hold_and_never_blocks_and_never_passes_a_high_score(label, score):
    if label_book().meanings([label])[0] != label_book().meanings(["zzz9"])[0]:
        return
    assert decision([label], [score]) == ("hold" if score >= 0.3 else "pass")


@given(st.sampled_from([*Hazard, UNKNOWN]), SCORES, SCORES)
def test_a_higher_score_is_never_judged_more_mildly(hazard, one, other):
    low, high = sorted((one, other))
    assert BADNESS(label_book().decide(hazard, low)) <= BADNESS(label_book().decide(hazard, high))


@given(SCORES, st.floats(0.01, 0.79), st.floats(0.01, 0.79))
def test_a_lower_limit_is_never_milder(score, one, other):
    low, high = sorted((one, other))
    strict, mild = (label_book().with_limits(hold=limit).decide("hate", score) for limit in (low, high))
    assert BADNESS(strict) >= BADNESS(mild)


def test_some_hazards_are_stricter_and_some_are_never_blocked():
    book = label_book()
    assert book.decide(Hazard.CHILD_SEXUAL_EXPLOITATION, 0.1) == "hold"
    assert book.decide(Hazard.CHILD_SEXUAL_EXPLOITATION, 0.5) == "block"
    assert book.decide(Hazard.DEFAMATION, 1.0) == "hold"
    loose = book.with_limits(hold=0.6, block=0.9)
    assert (loose.decide("hate", 0.5), loose.decide(Hazard.CHILD_SEXUAL_EXPLOITATION, 0.1)) == ("pass", "hold")
    assert (loose.decide(Hazard.DEFAMATION, 0.5), loose.decide(Hazard.DEFAMATION, 1.0)) == ("pass", "hold")


def test_exclusive_labels_of_one_hazard_add_up_and_others_do_not():
    labels, scores = ("normal", "porn", "hentai"), (0.66, 0.17, 0.17)
    assert decision(labels, scores, exclusive=True) == "hold"
    assert decision(labels, scores, exclusive=False) == "pass"


def test_the_finding_names_the_label_that_says_most():
    book = label_book()
    labels = ("normal", "porn", "hentai")
    (found,) = book.findings(labels, book.meanings(labels), (0.1, 0.3, 0.6), exclusive=True)
    assert (found.label, found.decision, round(found.score, 6)) == ("hentai", "block", 0.9)


def test_no_label_is_both_a_hazard_and_harmless():
    book = label_book()
    assert not set(book.words) & book.harmless
    assert len(book.harmless) > 700


def test_a_model_that_names_no_hazard_is_refused():
    with pytest.raises(BadConfigurationError, match=r"LABEL_0, LABEL_1.*labels=FILE"):
        label_book().moderates(["LABEL_0", "LABEL_1"], "classifier:x/y")
    with pytest.raises(BadConfigurationError, match="names no hazard"):
        label_book().moderates(["yoga", "zumba"], "transformers:x/y")


def test_a_users_own_labels_go_before_ours():
    own = label_book().with_own(OWN, "mine.toml")
    assert own.meanings(["LABEL_0", "insult"]) == (None, None)
    assert own.meanings(["LABEL_1"])[0].hazard == "hate"
    assert own.meanings(["neutral"])[0].weight == 0.5
    assert own.meanings(["S13", "S1"], "llama-guard")[0] is None
    assert (own.decide("hate", 0.4), own.decide("sexual content", 0.85)) == ("block", "hold")
    assert own.digest != label_book().digest


def test_a_star_says_that_every_other_label_is_harmless():
    own = label_book().with_own('harmless = ["*"]\n[labels]\nrevolver = "violent crimes"', "mine.toml")
    assert own.meanings(["tabby cat", "revolver", "nsfw"])[0] is None
    assert [each.hazard for each in own.meanings(["revolver", "nsfw"])] == ["violent crimes", "sexual content"]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("[labels", "not TOML"),
        ('[labels]\nx = "rudeness"', "no hazard"),
        ("[labels]\nx = 3", "'x'"),
        ('[labels]\nx = { hazard = "hate", weight = 2 }', "less than or equal to 1"),
        ("[limits]\nhold = 0.9\nblock = 0.5", "must not be below hold"),
        ("[limits]\nhold = 1.5", "from 0 to 1"),
        ("[limits.rudeness]\nhold = 0.5", "no hazard"),
        ('[limits]\nnever_block = ["rudeness"]', "list of hazards"),
        ("[vocabulary]\nx = 1", "there is no 'vocabulary'"),
        ("harmless = 3", "list of labels"),
    ],
)
def test_a_users_mistake_is_named(text, says):
    with pytest.raises(BadConfigurationError, match=says):
        label_book().with_own(text, "mine.toml")


def test_the_digest_follows_the_limits():
    assert label_book().with_limits(hold=0.2).digest != label_book().with_limits(hold=0.4).digest
    with pytest.raises(BadConfigurationError, match="must not be below"):
        label_book().with_limits(hold=0.9)
