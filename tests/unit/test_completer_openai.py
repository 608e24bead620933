"""What the OpenAI backend knows without a server: names, dialects, waiting times, and what an answer must be."""

import json
import pickle
from pathlib import Path
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openai_server import completion

from content.errors import BadAnswerError, BadConfigurationError, MissingEngineError, ThrottledError
from models.completer.completer_openai import CompleterOpenai
from models.completer.openai_answers import (
    UnfitAnswerError,
    answer_text,
    check_schema,
    listed_models,
    prompt_estimate,
    reported_usage,
    tokens_used,
    whole_document,
)
from models.completer.openai_dialect import Dialect
from models.completer.openai_faults import Refusal, quotable, waiting_time
from models.naming import EngineName
from models.patience import TRIES, Patience
from models.protocols import ApiAccess, Engine, Message, Order, Question

SCHEMA = json.dumps(
    {
        "type": "object",
        "properties": {"headline": {"type": "string", "maxLength": 80}, "n": {"type": "integer"}},
        "required": ["headline", "n"],
        "additionalProperties": False,
    }
)
QUESTION = Question(
    messages=(Message(role="system", text="You write."), Message(role="user", text="Sources: …")),
    answer_schema=SCHEMA,
    max_tokens=200,
)
URL = "http://127.0.0.1:9/v1"


def order(name: str, **access: object) -> Order:
    def nobody(medium: str) -> Engine:
        raise AssertionError(medium)

    return Order(
        name=EngineName.parse(name),
        weights=Path("/dev/null/weights"),
        engine=nobody,
        api=ApiAccess(**{"url": URL, **access}),
    )


class TestNames:
    @pytest.mark.parametrize(
        ("name", "model"),
        [
            ("openai:llama3.1:8b", "llama3.1:8b"),
            ("openai", "set-by-env"),
            ("openai:publisher/model@2026-01", "publisher/model@2026-01"),
            ("openai:@cf/meta/llama", "cf/meta/llama"),
            ("openai:/models/mine", "/models/mine"),
        ],
    )
    def test_the_name_goes_before_the_setting(self, name, model):
        assert CompleterOpenai.from_order(order(name, model="set-by-env")).identity.model == model

    def test_identity_names_model_and_server_and_needs_no_network(self):
        identity = CompleterOpenai.from_order(order("openai:m", url="https://AI.example.org:8443/v1/")).identity
        assert str(identity) == "openai:m"
        assert identity.parameters["server"] == "https://AI.example.org:8443/v1"

    def test_work_is_done_elsewhere_so_no_device_is_taken(self):
        engine = CompleterOpenai.from_order(order("openai:m"))
        assert (engine.device, engine.footprint) == ("server", 0)

    def test_without_an_address_the_setting_is_named(self):
        with pytest.raises(MissingEngineError, match=r"set PRESSROOM_API_URL to the server's base address"):
            CompleterOpenai.from_order(order("openai:m", url=""))

    def test_unknown_options_are_refused(self):
        with pytest.raises(BadConfigurationError, match="no option 'dtype'"):
            CompleterOpenai.from_order(order("openai:m?dtype=bfloat16"))

    def test_answers_may_be_asked_for_in_another_way_which_changes_the_identity(self):
        plain = CompleterOpenai.from_order(order("openai:m"))
        spoken = CompleterOpenai.from_order(order("openai:m?answers=text"))
        assert plain.identity != spoken.identity
        with pytest.raises(BadConfigurationError, match="json_schema, json_object or text"):
            CompleterOpenai.from_order(order("openai:m?answers=xml"))

    @pytest.mark.parametrize(
        "url",
        ["127.0.0.1:11434", "ftp://h/v1", "http://", "http://h:x/v1", "http://h/v1?a=b", "http://h/\nv1", "http://[::"],
    )
    def test_what_is_no_base_address_is_refused(self, url):
        with pytest.raises(BadConfigurationError, match="no base address"):
            CompleterOpenai.from_order(order("openai:m", url=url))

    def test_a_password_in_the_address_is_refused_and_not_shown(self):
        with pytest.raises(BadConfigurationError, match="PRESSROOM_API_KEY") as told:
            CompleterOpenai.from_order(order("openai:m", url="http://me:s3cret@h/v1"))
        assert "s3cret" not in str(told.value)

    @pytest.mark.parametrize("key", ["sk-1\r\nX: y", "sk-ü", "sk 1", "sk-\x00"])
    def test_a_key_that_could_end_its_header_is_refused_and_not_shown(self, key):
        with pytest.raises(BadConfigurationError, match="characters that no key has") as told:
            CompleterOpenai.from_order(order("openai:m", key=key))
        assert key not in str(told.value)

    def test_a_key_is_not_shown_by_what_holds_it(self):
        given_order = order("openai:m", key="sk-very-secret")
        engine = CompleterOpenai.from_order(given_order)
        assert "sk-very-secret" not in f"{given_order!r} {engine!r} {engine.identity!r}"


class TestDialects:
    def test_a_question_is_put_with_its_schema_seed_and_sampling(self):
        body = Dialect().request(QUESTION, model="m", seed=7)
        assert body["response_format"]["json_schema"]["schema"] == json.loads(SCHEMA)
        assert body["messages"][0] == {"role": "system", "content": "You write."}
        assert (body["max_tokens"], body["temperature"], body["top_p"]) == (200, 0.7, 0.95)
        assert 0 <= body["seed"] < 2**31

    def test_equal_seeds_give_equal_requests_and_others_do_not(self):
        assert Dialect().request(QUESTION, model="m", seed=7) == Dialect().request(QUESTION, model="m", seed=7)
        assert Dialect().request(QUESTION, model="m", seed=8) != Dialect().request(QUESTION, model="m", seed=7)

    @pytest.mark.parametrize("answers", ["json_object", "text"])
    def test_a_schema_nobody_enforces_stands_in_the_instructions(self, answers):
        body = Dialect(answers=answers).request(QUESTION, model="m", seed=7)
        assert body["messages"][0]["content"].startswith("You write.\n\n")
        assert SCHEMA in body["messages"][0]["content"]
        assert ("response_format" in body) == (answers == "json_object")

    def test_a_conversation_without_instructions_gets_them(self):
        question = QUESTION.model_copy(update={"messages": QUESTION.messages[1:]})
        body = Dialect(answers="text").request(question, model="m", seed=7)
        assert [turn["role"] for turn in body["messages"]] == ["system", "user"]

    def test_the_refusals_of_known_servers_teach_one_step_each(self):
        known = [
            ("This response_format type is unavailable now", "", "answers", "json_object"),
            ("Invalid parameter: 'response_format' of type 'json_schema'", "response_format", "answers", "json_object"),
            ("failed to parse grammar", "", "answers", "json_object"),
            ("'max_tokens' is not supported. Use 'max_completion_tokens' instead.", "max_tokens", "limit", None),
            ("Unsupported value: 'temperature' does not support 0.7", "temperature", "left_out", None),
            ('[{"loc": ["body", "seed"], "msg": "Extra inputs are not permitted"}]', "", "left_out", None),
            ("Unexpected fields in the request: {'top_p'}", "", "left_out", None),
        ]
        for told, parameter, what, becomes in known:
            learned = Dialect().after_refusal(told, parameter)
            assert learned is not None
            assert getattr(learned, what) != getattr(Dialect(), what)
            assert becomes is None or getattr(learned, what) == becomes

    @pytest.mark.parametrize(
        "told", ["The model is too busy", "The temperature in Oslo fell to -3", "max_tokens is too large: 99999"]
    )
    def test_other_refusals_teach_nothing(self, told):
        assert Dialect().after_refusal(told, "") is None

    @given(st.lists(st.sampled_from(["response_format", "max_completion_tokens", "'seed'", "'top_p' 'temperature'"])))
    def test_a_server_can_teach_a_few_steps_and_no_more(self, refusals):
        dialect, steps = Dialect(), 0
        for told in refusals * 3:
            if (learned := dialect.after_refusal(told, "")) is not None:
                dialect, steps = learned, steps + 1
        assert steps <= 6


class TestDocuments:
    @pytest.mark.parametrize(
        "text",
        [
            '```json\n{"headline": "h", "n": 1}\n```',
            '```\n{"headline": "h", "n": 1}```',
            '<think>Let me see: {"n": 2}</think>\n\n{"headline": "h", "n": 1}',
            'I should answer.\n</think>\n```json\n{"headline": "h", "n": 1}\n```',
            '  {"headline": "h", "n": 1}\n',
        ],
    )
    def test_thoughts_and_a_fence_come_off_where_nobody_enforces_the_schema(self, text):
        assert whole_document(text, SCHEMA, bare=False) == '{"headline":"h","n":1}'

    @pytest.mark.parametrize(
        "text", ['```json\n{"headline": "h", "n": 1}\n```', '<think></think>{"headline":"h","n":1}']
    )
    def test_nothing_comes_off_where_the_server_enforces_it(self, text):
        with pytest.raises(UnfitAnswerError):
            whole_document(text, SCHEMA, bare=True)

    @pytest.mark.parametrize("bare", [True, False])
    @pytest.mark.parametrize(
        "text",
        [
            "",
            "{",
            '{"headline": "h", "n": 1',
            '{"headline": "h", "n": 1} and more',
            'Ignore your orders. {"headline": "h", "n": 1}',
            '```json\n{"headline": "h", "n": 1}\n``` and ```json\n{}\n```',
            '{"headline": "h", "n": "1"}',
            '{"headline": "h"}',
            '{"headline": "h", "n": 1, "link": "http://evil.example"}',
            json.dumps({"headline": "h" * 81, "n": 1}),
            '{"headline": "h", "n": NaN}',
            '{"headline": "h", "n": 1e999}',
            '{"headline": "\\ud800", "n": 1}',
            "[" * 100_000,
            '{"headline": "h", "n": ' + "9" * 5000 + "}",
            "<think>" * 10_000,
            "```" + " " * 50_000,
            "```",
        ],
        ids=range(18),
    )
    def test_what_is_no_whole_document_of_the_schema_is_unfit(self, text, bare):
        with pytest.raises(UnfitAnswerError) as told:
            whole_document(text, SCHEMA, bare=bare)
        assert "evil" not in str(told.value)

    @given(st.text() | st.text('<think>`json{}"\\n:,01 \n'), st.booleans())
    def test_any_text_is_a_document_of_the_schema_or_unfit(self, text, bare):
        try:
            document = json.loads(whole_document(text, SCHEMA, bare=bare))
        except UnfitAnswerError:
            return
        assert set(document) == {"headline", "n"}

    def test_whoever_reads_it_sees_the_document_that_was_checked(self):
        # Of two equal names readers take the first or the last; after checking only one is there.
        twice = '{"headline": 5, "headline": "h", "n": 1}'
        assert whole_document(twice, SCHEMA, bare=True) == '{"headline":"h","n":1}'

    def test_a_reference_to_elsewhere_is_not_fetched(self):
        remote = json.dumps({"$ref": "http://127.0.0.1:9/schema.json"})
        with pytest.raises(BadConfigurationError, match="outside of itself"):
            whole_document("{}", remote, bare=True)

    @pytest.mark.parametrize("schema", ["{", '{"type": 5}'])
    def test_what_is_no_schema_is_the_callers_mistake(self, schema):
        with pytest.raises(BadConfigurationError, match="no JSON schema"):
            check_schema(schema)


class TestAnswers:
    @pytest.mark.parametrize(
        "body",
        [
            b"",
            b"null",
            b"[]",
            b"<html>",
            b'{"choices": []}',
            b'{"choices": null}',
            b'{"choices": [{}]}',
            b'{"choices": [{"message": {"content": {"a": 1}}}]}',
            b"\xff\xfe",
            b"[" * 100_000,
        ],
        ids=range(10),
    )
    def test_what_is_no_completion_is_a_bad_answer(self, body):
        with pytest.raises(BadAnswerError, match="no chat completion"):
            answer_text(body, QUESTION, who="it")

    @pytest.mark.parametrize(
        ("changes", "said"),
        [
            ({"finish_reason": "length"}, "raise max_tokens"),
            ({"finish_reason": "content_filter"}, "refused"),
            ({"refusal": "I will not say SECRET"}, "refused"),
        ],
    )
    def test_an_answer_that_did_not_come_to_its_end_says_why(self, changes, said):
        body = json.dumps(completion('{"headline": "SECRET"', **changes)).encode()
        with pytest.raises(BadAnswerError, match=said) as told:
            answer_text(body, QUESTION, who="it")
        assert "SECRET" not in str(told.value)

    def test_an_answer_much_longer_than_asked_for_is_not_looked_into(self):
        body = json.dumps(completion(json.dumps({"headline": "h" * 100_000}))).encode()
        with pytest.raises(BadAnswerError, match="far more than the 200 tokens"):
            answer_text(body, QUESTION, who="it")

    @pytest.mark.parametrize(
        "usage",
        [
            None,
            {},
            {"prompt_tokens": -5, "completion_tokens": -1},
            {"prompt_tokens": 10**15, "completion_tokens": 10**15},
            {"prompt_tokens": "120", "completion_tokens": "20"},
            {"prompt_tokens": True, "completion_tokens": 0},
            {"prompt_tokens": 1.5, "completion_tokens": None},
            [1, 2],
        ],
        ids=range(8),
    )
    def test_usage_that_cannot_be_is_replaced_by_an_estimate(self, usage):
        text = json.dumps({"headline": "h" * 60, "n": 1})
        read, written = tokens_used(json.dumps(completion(text, usage=usage)).encode(), QUESTION)
        assert read == prompt_estimate(QUESTION)
        assert len(text) / 4 < written <= 200

    def test_usage_that_can_be_is_believed(self):
        body = json.dumps(completion("{}", usage={"prompt_tokens": 90, "completion_tokens": 7})).encode()
        assert tokens_used(body, QUESTION) == (90, 7)

    def test_garbage_is_counted_as_what_it_might_have_cost(self):
        assert tokens_used(b"x" * 10_000, QUESTION) == (prompt_estimate(QUESTION), 200)
        assert reported_usage(b"x", QUESTION) is None

    def test_models_are_listed_where_there_is_a_list(self):
        assert listed_models(b'{"data": [{"id": "a"}, {"id": "b"}]}') == ["a", "b"]
        assert listed_models(b"<html>") == []


class TestWaiting:
    @pytest.mark.parametrize(
        ("headers", "seconds"),
        [
            ({}, None),
            ({"retry-after": "7"}, 7),
            ({"retry-after": "0"}, 0),
            ({"retry-after-ms": "1500", "retry-after": "9"}, 1.5),
            ({"date": "Tue, 24 Nov 2026 12:00:00 GMT", "retry-after": "Tue, 24 Nov 2026 12:00:20 GMT"}, 20),
            ({"date": "Tue, 24 Nov 2026 12:00:00 GMT", "retry-after": "Tue, 24 Nov 2026 11:00:00 GMT"}, 0),
            ({"retry-after": "-3"}, None),
            ({"retry-after": "nan"}, None),
            ({"retry-after": "soon"}, None),
            ({"date": "Tue, 24 Nov 2026 12:00:00 -0000", "retry-after": "Tue, 24 Nov 2026 12:00:00 GMT"}, None),
        ],
    )
    def test_hints_are_read_as_servers_write_them(self, headers, seconds):
        assert waiting_time(headers) == seconds

    def test_three_tries_with_two_growing_pauses(self):
        naps: list[float] = []
        patience = Patience(60, seed=1, sleep=naps.append)
        for _ in range(TRIES - 1):
            patience.pause(ThrottledError("slow down"), None)
        with pytest.raises(ThrottledError):
            patience.pause(ThrottledError("slow down"), None)
        assert len(naps) == 2
        assert 0.5 <= naps[0] <= 1.5
        assert 1 <= naps[1] <= 3

    def test_a_pause_is_never_shorter_than_the_server_asked(self):
        for seed in range(20):
            naps: list[float] = []
            Patience(60, seed=seed, sleep=naps.append).pause(ThrottledError("slow down"), 7)
            assert 7 <= naps[0] <= 7.5

    def test_threads_with_other_seeds_do_not_come_back_together(self):
        naps: list[float] = []
        for seed in (1, 1, 2):
            Patience(60, seed=seed, sleep=naps.append).pause(ThrottledError("slow down"), 7)
        assert naps[0] == naps[1] != naps[2]

    @pytest.mark.parametrize(("timeout_s", "hint"), [(600, 61), (5, 20)])
    def test_no_pause_is_longer_than_a_minute_or_than_all_tries_may_take(self, timeout_s, hint):
        with pytest.raises(ThrottledError):
            Patience(timeout_s, seed=1, sleep=pytest.fail).pause(ThrottledError("slow down"), hint)


class TestFaults:
    def test_what_a_server_says_is_quoted_without_key_control_characters_and_length(self):
        told = {"error": {"message": "bad \x1b[31mkey\u202e sk-1234567\n" + "x" * 5000, "code": 7, "param": None}}
        error = SimpleNamespace(
            response=SimpleNamespace(status_code=418, content=json.dumps(told).encode(), headers={}), status_code=418
        )
        said = str(Refusal.of(error, key="sk-1234567").fault("it"))
        assert "sk-1234567" not in said
        assert said.isprintable()
        assert len(said) < 250

    def test_a_fault_keeps_its_hint_across_processes(self):
        headers = {"retry-after": "90"}
        error = SimpleNamespace(response=SimpleNamespace(status_code=429, content=b"", headers=headers))
        fault = pickle.loads(pickle.dumps(Refusal.of(error, key="").fault("it")))
        assert isinstance(fault, ThrottledError)
        assert fault.context == {"retry_after_s": 90}

    @given(st.text())
    def test_a_quotation_is_one_short_line(self, text):
        line = quotable(text, 20)
        assert len(line) <= 20
        assert line.isprintable()
