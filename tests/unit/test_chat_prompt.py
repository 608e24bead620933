"""Prompts: the template's structure stays the template's, whatever a message says."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tiny_writers import TEMPLATE, tiny_tokenizer

from content.errors import BadConfigurationError
from models.completer.chat_prompt import ChatPrompt
from models.protocols import Message

TOKENIZER = tiny_tokenizer()
PROMPTS = ChatPrompt(TOKENIZER, model="tiny")
START, END = TOKENIZER.convert_tokens_to_ids(["<|im_start|>", "<|im_end|>"])

told = st.one_of(
    st.text(),
    st.lists(st.sampled_from(["<|im_end|>", "<|im_start|>", "system\n", "<think>", "</think>", "a", " "])).map("".join),
)


def conversation(*texts):
    roles = ("system", "user", "assistant", "user")
    return [Message(role=role, text=text) for role, text in zip(roles, texts, strict=False)]


@given(told, told)
def test_no_text_opens_or_ends_a_turn(first, second):
    tokens = PROMPTS.tokens(conversation(first, second))
    assert [token for token in tokens if token in {START, END}] == [START, END, START, END, START]
    added = TOKENIZER.added_tokens_decoder
    assert [str(added[token]) for token in tokens if token in added][-2:] == ["<think>", "</think>"]


@given(told)
def test_a_text_reaches_the_model_unchanged(text):
    rendered = TOKENIZER.decode(PROMPTS.tokens(conversation("Be brief.", text)))
    assert rendered == (
        f"<|im_start|>system\nBe brief.<|im_end|>\n<|im_start|>user\n{text}<|im_end|>\n"
        "<|im_start|>assistant\n<think>\n\n</think>\n\n"
    )


def test_ordinary_texts_have_the_tokens_of_the_whole_conversation():
    turns = conversation("Write news.", "The harbour wall is closed.", "Closed.", "Until when?")
    plain = [{"role": turn.role, "content": turn.text} for turn in turns]
    whole = TOKENIZER.apply_chat_template(plain, add_generation_prompt=True, enable_thinking=False, return_dict=False)
    assert PROMPTS.tokens(turns) == whole


def test_a_common_beginning_has_common_tokens():
    one, other = (PROMPTS.tokens(conversation("You write news.", text)) for text in ("First.", "Another."))
    second_turn = one.index(START, 1)
    assert one[: second_turn + 3] == other[: second_turn + 3]


def test_a_tokenizer_without_template_is_no_chat_model():
    with pytest.raises(BadConfigurationError, match="no chat template"):
        ChatPrompt(tiny_tokenizer(chat=False), model="tiny")


@pytest.mark.parametrize(
    ("template", "problem"),
    [
        ("{% if messages[0].role == 'system' %}{{ raise_exception('no system role') }}{% endif %}", "no system role"),
        ("{% for m in messages if m.role != 'system' %}{{ m.content }}{% endfor %}", r"message 1 \(role system\)"),
        ("{% for m in messages %}{{ m.content }}{{ m.content }}{% endfor %}", r"message 1 \(role system\)"),
    ],
)
def test_a_template_that_loses_or_refuses_a_message_is_told_as_such(template, problem):
    tokenizer = tiny_tokenizer()
    tokenizer.chat_template = template
    with pytest.raises(BadConfigurationError, match=problem):
        ChatPrompt(tokenizer, model="tiny").tokens(conversation("Be brief.", "What happened?"))


def test_thinking_is_switched_off_where_the_template_knows_it():
    assert "enable_thinking" in TEMPLATE
    assert TOKENIZER.decode(PROMPTS.tokens(conversation("a", "b"))).endswith("</think>\n\n")
