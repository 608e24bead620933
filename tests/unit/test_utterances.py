"""What is said in one breath: no word is lost, sentences are kept whole, long ones are cut where they pause."""

from hypothesis import given
from hypothesis import strategies as st

from content.spoken import spoken_tokens
from content.utterances import expected_s, utterances

ENGLISH = "The wall is closed. “Why?” she asked. It cost $3.5 million, 18F says – and e.g. more! ... — End"
CHINESE = "今天,海港关闭。“为什么?”她问。2026年春天开放!“"


def said(text: str, language: str, longest: int = 400) -> list[str]:
    return [utterance.placed[0] for utterance in utterances(text, language, longest)]


@given(
    st.one_of(st.text(max_size=80), st.text(alphabet=ENGLISH, max_size=120), st.text(alphabet=CHINESE, max_size=60)),
    st.sampled_from(["en", "zh"]),
    st.integers(5, 80),
)
def test_the_words_are_those_of_the_text_in_order(text, language, longest):
    words = [token for utterance in utterances(text, language, longest) for token in utterance.tokens]
    assert words == list(spoken_tokens(text, language))


def test_a_sentence_is_an_utterance():
    assert said("The wall is closed. It opens in spring.", "en") == ["The wall is closed.", "It opens in spring."]
    assert said("今天海港关闭。春天开放。", "zh") == ["今天海港关闭。", "春天开放。"]


def test_a_long_sentence_is_cut_where_it_pauses_and_only_its_last_piece_is_whole():
    found = utterances("After the storm had passed, the wall was closed until the spring of the year.", "en", 60)
    assert [utterance.placed[0] for utterance in found] == [
        "After the storm had passed,",
        "the wall was closed until the spring of the year.",
    ]
    assert [utterance.whole for utterance in found] == [False, True]


@given(st.text(alphabet="ab ,.今", min_size=1, max_size=200), st.integers(8, 40))
def test_no_utterance_is_longer_than_told_unless_it_is_one_word(text, longest):
    for utterance in utterances(text, "en", longest):
        assert len(utterance.placed[0]) <= longest or len(utterance.tokens) == 1


def test_what_is_said_may_be_rewritten_and_what_is_shown_stays():
    (found,) = utterances("Call 18F now.", "en", 100, str.upper)
    assert [token.text for token in found.tokens] == ["Call", "18F", "now."]
    assert found.placed[0] == "CALL 18 F NOW."


def test_a_character_of_chinese_takes_longer_than_a_letter():
    assert expected_s("今天") > expected_s("to") > 0
