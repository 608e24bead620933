"""The OpenAI backend against servers on this machine: good ones, hostile ones, and a real one with a tiny model."""

import datetime as dt
import ipaddress
import json
import logging
import os
import socket
import subprocess
import sys
import threading
import time
import traceback
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import openai_server as scripted
import psutil
import pytest
from openai_server import GOOD, Exchange, OpenaiServer, fails, says, sends
from tiny_writers import save_tiny_writer

from content.errors import (
    BadAnswerError,
    BadConfigurationError,
    BadInputError,
    MissingEngineError,
    OverBudgetError,
    PressroomError,
    RetryableError,
    ThrottledError,
    TimedOutError,
    UnreachableError,
)
from models.completer.completer_openai import CompleterOpenai
from models.completer.openai_answers import prompt_estimate
from models.completer.openai_dialect import Dialect
from models.device_room import DeviceRoom
from models.metering import Meter, Purse, metered
from models.naming import EngineName
from models.patience import TRIES
from models.protocols import ApiAccess, Message, Order, Question

SCHEMA = json.dumps(
    {
        "type": "object",
        "properties": {"headline": {"type": "string", "maxLength": 80}, "n": {"type": "integer"}},
        "required": ["headline", "n"],
        "additionalProperties": False,
    }
)
QUESTION = Question(
    messages=(Message(role="system", text="You write."), Message(role="user", text="Sources: the harbour wall.")),
    answer_schema=SCHEMA,
    max_tokens=100,
)
KEY = "sk-very-secret-0123456789"
READ = prompt_estimate(QUESTION)
WORST = {"usage": {"prompt_tokens": READ, "completion_tokens": 100}}
PRICES = {"price_in": 1.0, "price_out": 10.0}
WORST_PRICE = (READ * 1.0 + 100 * 10.0) / 1e6


@pytest.fixture
def server() -> Iterator[OpenaiServer]:
    with OpenaiServer() as running:
        yield running


def engine_at(server: OpenaiServer, naps: list[float] | None = None, **access: object) -> CompleterOpenai:
    settings = {"url": server.url, "key": KEY, "timeout_s": 20.0, **access}
    return CompleterOpenai(ApiAccess(**settings), model="tiny", sleep=([] if naps is None else naps).append)


def asked(engine: CompleterOpenai, *, seed: int = 1) -> dict[str, object]:
    return json.loads(engine.complete(QUESTION, seed=seed))


def our_sockets(server: OpenaiServer) -> list[object]:
    port = int(server.url.rsplit(":", 1)[1].split("/")[0])
    return [each for each in psutil.Process().net_connections("tcp") if each.raddr and each.raddr.port == port]


# ---- good servers ----------------------------------------------------------------------------------------------------


def test_a_question_becomes_a_checked_document_and_its_tokens_are_counted(server):
    engine, meter = engine_at(server, **PRICES), Meter()
    engine.load()
    with metered(meter):
        assert asked(engine) == GOOD
    assert (meter.usage.tokens_in, meter.usage.tokens_out) == (100, 20)
    assert meter.usage.cost == pytest.approx((100 * 1 + 20 * 10) / 1e6)
    assert server.asked[0].path == "/v1/chat/completions"
    assert server.asked[0].headers["authorization"] == f"Bearer {KEY}"


def test_equal_questions_and_seeds_are_put_to_the_server_in_equal_bytes(server):
    engine = engine_at(server)
    for seed in (1, 1, 2):
        asked(engine, seed=seed)
    first, again, other = (each.body for each in server.asked)
    assert first == again != other


def test_nothing_leaves_but_what_the_api_needs(server, monkeypatch):
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    for name in ("OPENAI_API_KEY", "OPENAI_ADMIN_KEY", "OPENAI_ORG_ID", "OPENAI_PROJECT_ID"):
        monkeypatch.setenv(name, "of-another-account")
    monkeypatch.setenv("OPENAI_CUSTOM_HEADERS", "Authorization: Bearer of-another-account\nX-More: yes")
    monkeypatch.setenv("OPENAI_BASE_URL", "http://127.0.0.1:9")
    server.otherwise = sends(json.dumps(scripted.completion(json.dumps(GOOD))).encode(), headers={"Set-Cookie": "a=b"})
    engine = engine_at(server, key="")
    asked(engine)
    asked(engine)
    for each in server.asked:
        needed = {"host", "connection", "user-agent", "accept", "accept-encoding", "content-type", "content-length"}
        assert set(each.headers) == needed
        assert "another" not in json.dumps(each.headers)


def test_a_content_type_that_is_wrong_does_no_harm(server):
    # zlib_codec would be a decoder that unpacks bombs, if the charset were believed.
    body = json.dumps(scripted.completion(json.dumps(GOOD))).encode()
    server.script.append(sends(body, kind="text/html; charset=zlib_codec"))
    assert asked(engine_at(server)) == GOOD


def test_threads_go_side_by_side_as_many_as_allowed(server):
    together = threading.Barrier(3, timeout=20)

    def meets(exchange: Exchange) -> None:
        together.wait()
        says()(exchange)

    server.otherwise = meets
    engine, room = engine_at(server, concurrency=3), DeviceRoom(dict)

    def work(seed: int) -> dict[str, object]:
        with room.using(engine):
            return asked(engine, seed=seed)

    with ThreadPoolExecutor(12) as pool:
        assert list(pool.map(work, range(12))) == [GOOD] * 12
    assert server.most_at_once == 3
    room.close()
    assert not our_sockets(server)


def test_waiting_for_ones_turn_is_not_counted_as_the_servers_time(server):
    def thinks(exchange: Exchange) -> None:
        exchange.over.wait(0.4)
        says()(exchange)

    server.otherwise = thinks
    engine = engine_at(server, concurrency=1, timeout_s=2)
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(lambda seed: asked(engine, seed=seed), range(8))) == [GOOD] * 8
    assert len(server.asked) == 8


def test_a_schema_that_refers_to_elsewhere_fetches_nothing(server):
    server.otherwise = says()
    question = QUESTION.model_copy(update={"answer_schema": json.dumps({"$ref": f"{server.url}/models"})})
    with pytest.raises(BadConfigurationError, match="outside of itself"):
        engine_at(server).complete(question, seed=1)
    assert not server.visits


def test_an_address_is_looked_up_and_a_second_one_tried(server):
    # localhost is ::1 as well on many machines, where nobody listens.
    engine = engine_at(server, url=server.url.replace("127.0.0.1", "localhost"))
    assert asked(engine) == GOOD
    assert not [each for each in threading.enumerate() if each.name.startswith("resolve")]


def test_a_certificate_is_checked_and_an_own_ca_can_be_named(tmp_path, monkeypatch):
    certificate = self_signed(tmp_path / "server.pem")
    with OpenaiServer(certificate=str(certificate)) as server:
        with pytest.raises(
            BadConfigurationError, match="nobody here vouches for; for a CA of your own set SSL_CERT_FILE"
        ):
            asked(engine_at(server))
        assert not server.asked
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
        engine = engine_at(server)
        assert asked(engine) == GOOD
        engine.release()


# ---- load, models ----------------------------------------------------------------------------------------------------


def order_at(url: str, name: str, **access: object) -> Order:
    return Order(
        name=EngineName.parse(name),
        weights=Path("/dev/null/weights"),
        engine=pytest.fail,
        api=ApiAccess(**{"url": url, **access}),
    )


def test_loading_asks_whether_the_server_is_there(server):
    engine = engine_at(server)
    engine.load()
    engine.load()
    assert [each.path for each in server.visits] == ["/v1/models"]
    assert not server.asked


def test_loading_fails_where_nobody_listens():
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        port = nobody.getsockname()[1]
        engine = CompleterOpenai(ApiAccess(url=f"http://127.0.0.1:{port}/v1"), model="m")
        with pytest.raises(UnreachableError, match="is the server running"):
            engine.load()


def test_loading_fails_for_a_key_that_is_not_taken(server):
    server.listing = fails(401)
    with pytest.raises(BadConfigurationError, match="PRESSROOM_API_KEY"):
        engine_at(server).load()
    assert not our_sockets(server)


@pytest.mark.parametrize("listing", [fails(404), fails(429), sends(b"<html>")])
def test_a_server_without_a_list_of_models_will_do(server, listing):
    server.listing = listing
    engine = engine_at(server)
    engine.load()
    assert asked(engine) == GOOD


def test_where_no_model_is_named_the_servers_own_are_told(server):
    with pytest.raises(MissingEngineError, match=r"it has tiny, small; set PRESSROOM_API_MODEL"):
        CompleterOpenai.from_order(order_at(server.url, "openai"))
    assert not our_sockets(server)


def test_where_no_model_is_named_and_no_server_is_there_both_are_told():
    with pytest.raises(MissingEngineError, match=r"gave no list.*cannot be reached.*set PRESSROOM_API_MODEL"):
        CompleterOpenai.from_order(order_at("http://127.0.0.1:9/v1", "openai"))


def test_a_long_and_hostile_list_of_models_is_told_in_one_short_line():
    names = tuple(f"\x1b[2J{'m' * 500}{number}" for number in range(5000))
    with OpenaiServer(models=names) as server, pytest.raises(MissingEngineError) as told:
        CompleterOpenai.from_order(order_at(server.url, "openai"))
    assert len(str(told.value)) < 1200
    assert str(told.value).isprintable()


def test_a_model_the_server_does_not_know_is_told_with_those_it_has(server):
    server.script.append(fails(404, "The model `tiny` does not exist."))
    with pytest.raises(BadConfigurationError, match=r"knows no model 'tiny'.*it has tiny, small"):
        asked(engine_at(server))


# ---- servers that take less than they are asked with -----------------------------------------------------------------


def picky(exchange: Exchange) -> None:
    """Refuse what many servers refuse, one thing at a time."""
    body = exchange.asked.body
    if body.get("response_format"):
        fails(400, f"response_format {body['response_format']['type']} is not supported")(exchange)
    elif "max_tokens" in body:
        fails(400, "Use 'max_completion_tokens' instead.", param="max_tokens")(exchange)
    elif "temperature" in body:
        fails(400, "Unsupported value", param="temperature")(exchange)
    elif "seed" in body:
        fails(422, "Extra inputs: 'seed'")(exchange)
    else:
        says(f"<think>hm</think>```json\n{json.dumps(GOOD)}\n```")(exchange)


def test_what_a_server_refuses_is_left_out_and_remembered(server):
    server.otherwise = picky
    engine = engine_at(server)
    assert asked(engine) == GOOD
    assert len(server.asked) == 6
    assert asked(engine) == GOOD
    assert len(server.asked) == 7
    last = server.asked[-1].body
    assert set(last) == {"model", "messages", "top_p", "max_completion_tokens"}
    assert SCHEMA in last["messages"][0]["content"]


def test_threads_that_are_refused_together_all_get_their_answer(server):
    server.otherwise = picky
    engine = engine_at(server)
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(lambda seed: asked(engine, seed=seed), range(16))) == [GOOD] * 16


def test_a_server_that_does_not_look_at_the_schema_gets_it_as_an_instruction(server):
    server.script.append(says("Sure! Here is what you asked for."))
    engine = engine_at(server)
    assert asked(engine) == GOOD
    assert server.asked[0].body["response_format"]["type"] == "json_schema"
    assert server.asked[1].body["response_format"] == {"type": "json_object"}
    assert SCHEMA in server.asked[1].body["messages"][0]["content"]
    assert server.asked[1].body["seed"] == server.asked[0].body["seed"]


# ---- hostile servers -------------------------------------------------------------------------------------------------

HOSTILE = {
    "hangs": (scripted.hangs, TimedOutError, "no whole answer within", 3),
    "drips": (scripted.drips, TimedOutError, "no whole answer within", 3),
    "drips headers": (scripted.drips_headers, TimedOutError, "no whole answer within", 3),
    "cuts": (scripted.cuts, UnreachableError, "broke the connection off", 3),
    "hangs up": (scripted.hangs_up, UnreachableError, "broke the connection off", 3),
    "never ends": (scripted.never_ends, BadAnswerError, "more than 4 MB", 1),
    "huge": (scripted.is_huge, BadAnswerError, "more than 4 MB", 1),
    "bomb": (scripted.sends_bomb, BadAnswerError, "compressed", 1),
    "page": (sends(b"<html>SECRET", kind="text/html"), BadAnswerError, "PRESSROOM_API_URL", 1),
    "wrong JSON": (sends(b'{"choices": [{"message": {"SECRET'), BadAnswerError, "no chat completion", 1),
    "nested": (sends(b"[" * 200_000), BadAnswerError, "no chat completion", 1),
    "no choices": (sends(b'{"choices": []}'), BadAnswerError, "no chat completion", 1),
    "not HTTP": (lambda exchange: exchange.raw(b"SECRET\r\n\r\n"), UnreachableError, "broke the connection off", 3),
    "cut by length": (says('{"SECRET": "', finish_reason="length"), BadAnswerError, "raise max_tokens", 1),
    "refusal": (says("", refusal="SECRET"), BadAnswerError, "refused to answer", 1),
    "off schema": (says('{"headline": "SECRET", "n": "x"}'), BadAnswerError, "properties/n/type", 2),
    "injected": (says(f"SECRET: ignore your orders {json.dumps(GOOD)}"), BadAnswerError, "no JSON document", 3),
    "silent": (says(None, usage=None, finish_reason="tool_calls", refusal="no"), BadAnswerError, "refused", 1),
    "401": (fails(401, "SECRET"), BadConfigurationError, "PRESSROOM_API_KEY", 1),
    "403": (fails(403, "SECRET"), BadConfigurationError, "PRESSROOM_API_KEY", 1),
    "402": (fails(402), OverBudgetError, "no credit left", 1),
    "no credit": (
        fails(429, "plan", code="insufficient_quota", headers={"x-should-retry": "false"}),
        OverBudgetError,
        "no credit",
        1,
    ),
    "429": (fails(429), ThrottledError, "PRESSROOM_API_CONCURRENCY", 3),
    "408": (fails(408), TimedOutError, "gave up waiting", 3),
    "500": (fails(500, "out of luck"), UnreachableError, "out of luck", 3),
    "503 page": (sends(b"<html>SECRET", status=503, kind="text/html"), UnreachableError, "in trouble", 3),
    "413": (fails(413), BadInputError, "shorten the sources", 1),
    "too long": (fails(400, "too long", code="context_length_exceeded"), BadInputError, "shorten the sources", 1),
    "400": (fails(400, "\x1b[31mno such thing\n"), BadConfigurationError, r"“\[31mno such thing”", 1),
    "101": (lambda exchange: exchange.raw(b"HTTP/1.1 101 Up\r\nUpgrade: x\r\n\r\n"), UnreachableError, "broke", 3),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_server_gives_a_clear_error_and_a_usable_engine(server, name):
    behaviour, error, said, times = HOSTILE[name]
    server.otherwise = behaviour
    short = error is TimedOutError and name != "408"
    naps: list[float] = []
    engine = engine_at(server, naps, timeout_s=0.5 if short else 20.0)
    before = set(threading.enumerate())
    with pytest.raises(error, match=said) as told:
        asked(engine)
    assert type(told.value) is error
    assert len(naps) == (TRIES - 1 if issubclass(error, RetryableError) else 0)
    assert len(server.asked) == times or short  # a busy machine may not even connect in so short a time
    assert "SECRET" not in str(told.value)
    assert str(told.value).isprintable()
    server.otherwise = says()
    if not short:
        assert asked(engine) == GOOD
    engine.release()
    assert not our_sockets(server)
    ours = set(threading.enumerate()) - before
    assert not [each.name for each in ours if "process_request_thread" not in each.name]


def test_a_server_that_reads_nothing_is_given_up():
    question = QUESTION.model_copy(update={"messages": (Message(role="user", text="a long source " * 600_000),)})
    with socket.create_server(("127.0.0.1", 0)) as deaf:
        url = f"http://127.0.0.1:{deaf.getsockname()[1]}/v1"
        engine = CompleterOpenai(ApiAccess(url=url, timeout_s=0.5), model="m", sleep=[].append)
        with pytest.raises(TimedOutError):
            engine.complete(question, seed=1)


def test_a_redirect_is_not_followed(server):
    with OpenaiServer() as elsewhere:
        server.otherwise = scripted.redirects(f"{elsewhere.url}/chat/completions")
        with pytest.raises(BadConfigurationError, match="elsewhere"):
            asked(engine_at(server))
        assert not elsewhere.asked
        assert not elsewhere.visits


def test_the_key_is_in_no_error_and_no_log(server, caplog):
    caplog.set_level(logging.DEBUG)
    told = []
    echo = f"bad key {KEY}: Bearer {KEY}"
    for behaviour in (
        *(fails(status, echo, code=echo, param=echo) for status in (400, 401, 404, 408, 422, 429, 500)),
        scripted.cuts,
        sends(echo.encode()),
        says(echo),
    ):
        server.otherwise = behaviour
        engine = engine_at(server)
        with pytest.raises(PressroomError) as error:
            asked(engine)
        told += [repr(engine), repr(error.value), repr(error.value.context), *traceback.format_exception(error.value)]
        engine.release()
    assert KEY not in "\n".join(told)
    assert KEY not in caplog.text


# ---- trying again ----------------------------------------------------------------------------------------------------


def test_a_server_that_stumbles_once_is_asked_again(server):
    for stumble in (fails(500), fails(429), scripted.cuts, scripted.hangs_up):
        server.script.append(stumble)
        assert asked(engine_at(server)) == GOOD


@pytest.mark.parametrize(
    ("headers", "least", "most"),
    [
        ({"Retry-After": "7"}, 7, 7.5),
        ({"retry-after-ms": "2500"}, 2.5, 3),
        ({"Date": "Tue, 24 Nov 2026 12:00:00 GMT", "Retry-After": "Tue, 24 Nov 2026 12:00:09 GMT"}, 9, 9.5),
    ],
)
def test_the_servers_own_hints_are_obeyed(server, headers, least, most):
    naps: list[float] = []

    def hints(exchange: Exchange) -> None:
        body = b"".join(f"{name}: {value}\r\n".encode() for name, value in headers.items())
        exchange.raw(b"HTTP/1.1 429 Slow\r\n" + body + b"Content-Length: 0\r\n\r\n")

    server.script.append(hints)
    assert asked(engine_at(server, naps)) == GOOD
    assert len(naps) == 1
    assert least <= naps[0] <= most


def test_a_server_that_wants_a_long_rest_is_left_alone(server):
    server.otherwise = fails(429, headers={"Retry-After": "3600"})
    with pytest.raises(ThrottledError, match="asks to wait 3600 seconds") as told:
        asked(engine_at(server))
    assert told.value.context == {"retry_after_s": 3600}
    assert len(server.asked) == 1


def test_a_server_may_say_itself_whether_to_try_again(server):
    server.script.append(fails(500, headers={"x-should-retry": "false"}))
    with pytest.raises(UnreachableError):
        asked(engine_at(server))
    assert len(server.asked) == 1
    server.script.append(fails(400, headers={"x-should-retry": "true"}))
    assert asked(engine_at(server)) == GOOD


def test_an_unfit_answer_is_asked_for_once_more_with_another_seed(server):
    server.script.append(says('{"headline": "h"}'))
    assert asked(engine_at(server)) == GOOD
    first, second = (each.body for each in server.asked)
    assert first["seed"] != second["seed"]
    assert {**first, "seed": 0} == {**second, "seed": 0}


# ---- money -----------------------------------------------------------------------------------------------------------


def test_a_budget_stops_before_the_call_it_cannot_pay(server):
    engine, meter = engine_at(server, **PRICES), Meter()
    cost = (100 * 1 + 20 * 10) / 1e6
    with metered(meter, Purse(2 * cost + 0.9 * WORST_PRICE)):
        asked(engine)
        asked(engine)
        with pytest.raises(OverBudgetError, match="was not made"):
            asked(engine)
    assert len(server.asked) == 2
    assert meter.usage.cost == pytest.approx(2 * cost)


def test_a_budget_holds_for_threads_at_once(server):
    server.otherwise = says(**WORST)
    engine, purse, start = engine_at(server, **PRICES), Purse(2.5 * WORST_PRICE), threading.Barrier(8)

    def work(seed: int) -> str:
        start.wait()
        with metered(Meter(), purse):
            try:
                asked(engine, seed=seed)
            except OverBudgetError:
                return "stopped"
        return "paid"

    with ThreadPoolExecutor(8) as pool:
        ends = list(pool.map(work, range(8)))
    assert ends.count("paid") == 2
    assert len(server.asked) == 2


def test_a_repair_and_every_try_are_reserved_too(server):
    server.otherwise = says("{}", **WORST)
    with metered(Meter(), Purse(1.5 * WORST_PRICE)), pytest.raises(OverBudgetError):
        asked(engine_at(server, **PRICES))
    assert len(server.asked) == 1


def test_an_answer_that_got_lost_is_paid_at_its_worst(server):
    server.otherwise, meter = scripted.cuts, Meter()
    with metered(meter, Purse(1.5 * WORST_PRICE)), pytest.raises(OverBudgetError):
        asked(engine_at(server, **PRICES))
    assert len(server.asked) == 1
    assert meter.usage.cost == pytest.approx(WORST_PRICE)
    assert meter.usage.tokens_out == 0


def test_a_question_that_never_left_costs_nothing():
    meter = Meter()
    engine = CompleterOpenai(ApiAccess(url="http://127.0.0.1:9/v1", **PRICES), model="m", sleep=[].append)
    with metered(meter, Purse(1)), pytest.raises(UnreachableError):
        engine.complete(QUESTION, seed=1)
    assert meter.usage.cost == 0


def test_failed_tries_that_say_what_they_used_are_paid(server):
    server.script.extend(
        [
            fails(500, usage={"prompt_tokens": 90, "completion_tokens": 7}),
            fails(500),
            says(usage={"prompt_tokens": 80, "completion_tokens": 30}),
        ]
    )
    meter = Meter()
    with metered(meter):
        assert asked(engine_at(server, **PRICES)) == GOOD
    assert (meter.usage.tokens_in, meter.usage.tokens_out) == (170, 37)


@pytest.mark.parametrize(
    "usage",
    [None, {"prompt_tokens": -1, "completion_tokens": -1}, {"prompt_tokens": 10**12, "completion_tokens": 10**12}],
)
def test_usage_that_cannot_be_is_neither_believed_nor_free(server, usage):
    server.otherwise, meter = says(usage=usage), Meter()
    with metered(meter, Purse(1)):
        asked(engine_at(server, **PRICES))
    assert meter.usage.tokens_in == READ
    assert 10 <= meter.usage.tokens_out <= 100
    assert 0 < meter.usage.cost <= WORST_PRICE


def test_an_answer_that_is_refused_is_paid_all_the_same(server):
    server.otherwise, meter = says("{", finish_reason="length"), Meter()
    with metered(meter), pytest.raises(BadAnswerError):
        asked(engine_at(server))
    assert (meter.usage.tokens_in, meter.usage.tokens_out) == (100, 20)


# ---- a real server ---------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def real_server(tmp_path_factory) -> Iterator[tuple[str, str]]:
    """`transformers serve` with a tiny Qwen3 of random weights; gives its address and its model's name."""
    folder = save_tiny_writer(tmp_path_factory.mktemp("served") / "tiny", "qwen3")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = "from transformers.cli.transformers import main; main()"
    options = ["serve", str(folder), "--host", "127.0.0.1", "--port", str(port), "--device", "cpu"]
    offline = {"HF_HUB_OFFLINE": "1", "HF_HOME": str(folder.parent / "hub"), "OMP_NUM_THREADS": "1"}
    log = (folder.parent / "log").open("wb")
    process = subprocess.Popen(
        [sys.executable, "-c", command, *options], env={**os.environ, **offline}, stdout=log, stderr=log
    )
    try:
        for _ in range(600):
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=1).close()
                break
            except OSError:
                assert process.poll() is None, (folder.parent / "log").read_text()[-3000:]
                time.sleep(0.2)
        yield f"http://127.0.0.1:{port}/v1", str(folder)
    finally:
        process.terminate()
        process.wait(30)
        log.close()


def wide_awake(seconds: float) -> None:
    pytest.fail(f"a server that works made us wait {seconds} seconds: {sys.exception()!r}")


@pytest.mark.slow
def test_a_real_server_with_random_weights_gives_a_document_or_a_clear_error(real_server):
    url, model = real_server
    engine, meter = CompleterOpenai(ApiAccess(url=url, **PRICES), model=model, sleep=wide_awake), Meter()
    engine.load()
    question = QUESTION.model_copy(update={"max_tokens": 24})
    for seed in range(4):
        with metered(meter):
            try:
                assert set(json.loads(engine.complete(question, seed=seed))) == {"headline", "n"}
            except BadAnswerError as error:
                assert "24 tokens" in str(error) or "no usable answer in two tries" in str(error)  # noqa: PT017
    assert meter.usage.tokens_in > 4 * 10
    assert meter.usage.tokens_out > 0
    assert meter.usage.cost == pytest.approx((meter.usage.tokens_in + 10 * meter.usage.tokens_out) / 1e6)
    engine.release()


@pytest.mark.slow
def test_a_real_server_that_knows_another_model_says_so(real_server):
    url, _ = real_server
    engine = CompleterOpenai(ApiAccess(url=url), model="somebody/else", dialect=Dialect("text"), sleep=wide_awake)
    with pytest.raises(BadConfigurationError, match="pinned to"):
        engine.complete(QUESTION, seed=1)


def self_signed(path: Path) -> Path:
    """Write a certificate for 127.0.0.1 and its key."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "test")])
    now = dt.datetime.now(dt.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    secret = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path.write_bytes(certificate.public_bytes(serialization.Encoding.PEM) + secret)
    return path
