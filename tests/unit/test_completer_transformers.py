"""The open-weight completer on tiny chat models: real architectures, real tokenizer, random weights."""

import gc
import importlib.util
import json
import threading
import time
import weakref
from concurrent.futures import ThreadPoolExecutor

import jsonschema
import pytest
import torch
from tiny_writers import ARCHITECTURES, CONTEXT, TEXT, save_tiny_writer, tiny_tokenizer, tiny_writer

from content.errors import (
    BadAnswerError,
    BadConfigurationError,
    BadInputError,
    CorruptAssetError,
    MissingEngineError,
    OutOfMemoryError,
    UnreachableError,
)
from content.recipes import EngineIdentity
from models.completer.completer_transformers import CompleterTransformers
from models.metering import Meter, metered
from models.naming import EngineName
from models.protocols import Completer, Message, Order, Question
from models.writer.writer_plan import WriterPlan

SCHEMA = {
    "type": "object",
    "properties": {
        "headline": {"type": "string", "minLength": 1, "maxLength": 40},
        "kind": {"enum": ["news", "feature", "interview"]},
        "place": {"type": "string", "pattern": "^[A-Z][a-z]{2,9}$"},
        "sentences": {
            "type": "array",
            "minItems": 1,
            "maxItems": 3,
            "items": {
                "type": "object",
                "properties": {
                    "sources": {
                        "type": "array",
                        "items": {"type": "integer", "minimum": 1, "maximum": 12},
                        "minItems": 1,
                        "maxItems": 2,
                    },
                    "text": {"type": "string", "maxLength": 30},
                },
                "required": ["sources", "text"],
                "additionalProperties": False,
            },
        },
    },
    "required": ["headline", "kind", "place", "sentences"],
    "additionalProperties": False,
}
YEAR = {"type": "object", "properties": {"year": {"type": "integer", "minimum": 1900, "maximum": 2100}}}
YEAR |= {"required": ["year"], "additionalProperties": False}


@pytest.fixture(autouse=True, scope="module")
def _light_footed():
    """Compute on one thread, and keep what was imported out of the garbage collections every release makes."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    gc.collect()
    gc.freeze()
    yield
    gc.unfreeze()
    torch.set_num_threads(before)


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    root = tmp_path_factory.mktemp("writers")
    return {name: save_tiny_writer(root / name, name) for name in ARCHITECTURES}


@pytest.fixture
def completer(folders):
    found = from_folder(folders["llama"])
    yield found
    found.release()


def from_folder(folder, options=""):
    name = EngineName.parse(f"transformers:{folder}{options}")
    return CompleterTransformers.from_order(Order(name, folder, _no_engine, device="cpu"))


def _no_engine(_medium):
    raise AssertionError("a completer needs no other engine")


def in_memory(model, **plan):
    tokenizer = tiny_tokenizer()
    identity = EngineIdentity(backend="transformers", model="tiny")
    return CompleterTransformers(lambda: (model, tokenizer), identity=identity, device="cpu", plan=WriterPlan(**plan))


def question(text="What happened?", schema=SCHEMA, **how):
    messages = (Message(role="system", text=TEXT), Message(role="user", text=text))
    return Question(messages=messages, answer_schema=json.dumps(schema), **{"max_tokens": 400, **how})


def side_by_side(completer, asked):
    with ThreadPoolExecutor(len(asked)) as threads:
        return list(threads.map(lambda pair: completer.complete(pair[0], seed=pair[1]), asked))


# ---- answers ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_whatever_the_weights_every_answer_satisfies_its_schema(architecture):
    model = tiny_writer(architecture)
    completer = in_memory(model, batch=1)  # no cache is shared between questions, so weights may change between them
    for seed in range(60):
        # From nearly even odds for every token to nearly none but one.
        other = tiny_writer(architecture, seed=seed, spread=(0.02, 0.3, 1.0)[seed % 3])
        model.load_state_dict(other.state_dict())
        answer = completer.complete(question(temperature=(0.0, 0.7, 1.5)[seed // 3 % 3]), seed=seed)
        jsonschema.validate(json.loads(answer), SCHEMA)
        assert not any(character < " " for character in answer)
    completer.release()


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_an_answer_is_the_same_alone_and_among_seven_others(folders, architecture):
    completer = from_folder(folders[architecture])
    asked = [(question(f"What happened in {1990 + n}?", temperature=0.9), 100 + n) for n in range(8)]
    alone = [completer.complete(each, seed=seed) for each, seed in asked]
    assert side_by_side(completer, asked) == alone
    assert len(set(alone)) == 8
    completer.release()
    assert completer.complete(asked[3][0], seed=103) == alone[3]
    completer.release()


def test_each_of_many_threads_gets_its_own_answer(completer):
    years = list(range(1950, 1974))
    fixed = [{"type": "object", "properties": {"year": {"const": year}}, "required": ["year"]} for year in years]
    fixed = [{**schema, "additionalProperties": False} for schema in fixed]
    asked = [(question(f"When? {year}", schema), year) for year, schema in zip(years, fixed, strict=True)]
    assert [json.loads(answer)["year"] for answer in side_by_side(completer, asked)] == years


def test_another_seed_gives_another_answer_and_no_temperature_none(completer):
    answers = {completer.complete(question(temperature=1.0), seed=seed) for seed in range(4)}
    assert len(answers) == 4
    assert len({completer.complete(question(temperature=0), seed=seed) for seed in range(4)}) == 1


def test_the_global_generator_is_neither_read_nor_moved(completer):
    torch.manual_seed(1)
    first = completer.complete(question(), seed=5)
    torch.manual_seed(2)
    before = torch.get_rng_state()
    assert completer.complete(question(), seed=5) == first
    assert torch.equal(torch.get_rng_state(), before)


@pytest.mark.parametrize("attention", ["packed", "sdpa", "eager"])
@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_greedy_answers_are_those_of_plain_generate_under_the_same_grammar(folders, architecture, attention):
    completer = from_folder(folders[architecture], f"?attention={attention}")
    asked = question(temperature=0, max_tokens=300)
    answer = completer.complete(asked, seed=0)
    loaded = completer._loaded
    prompt = torch.tensor([loaded.prompts.tokens(asked.messages)])
    loaded.model.set_attn_implementation("sdpa")
    matcher = loaded.grammars.matcher(asked.answer_schema)
    written = loaded.model.generate(
        prompt,
        do_sample=False,
        max_new_tokens=300,
        logits_processor=[_OnlyAllowed(matcher, prompt.shape[1])],
        eos_token_id=loaded.ends,
    )
    completer.release()
    assert loaded.grammars.text(written[0, prompt.shape[1] : -1].tolist()).decode() == answer


class _OnlyAllowed:
    """The grammar for `generate`: token by token, without anything of the factory's batch."""

    def __init__(self, matcher, start):
        self.matcher, self.start = matcher, start

    def __call__(self, input_ids, scores):
        self.matcher.consume_tokens(input_ids[0, self.start :].tolist()[-1:])
        allowed = torch.tensor(list(self.matcher.compute_logit_bias()), dtype=torch.bool)[: scores.shape[1]]
        return scores.masked_fill(~allowed, float("-inf"))


def test_the_common_beginning_of_questions_is_computed_once(completer):
    completer.load()
    computed = watch_steps(completer, lambda kwargs: kwargs["input_ids"].shape[1])
    first, second = question("First?", YEAR), question("Second?", YEAR)
    completer.complete(first, seed=0)
    assert computed[0] == len(completer._loaded.prompts.tokens(first.messages))
    computed.clear()
    completer.complete(second, seed=0)
    assert computed[0] <= 64 + len("Second?")


def test_questions_asked_side_by_side_share_forward_passes(completer):
    completer.load()
    answers = watch_steps(completer, lambda kwargs: len(kwargs["cu_seq_lens_q"]) - 1)
    side_by_side(completer, [(question(f"{n}?"), n) for n in range(8)])
    assert max(answers) > 4


def test_a_request_that_had_to_make_room_goes_on_where_it_was(folders):
    roomy, tight = from_folder(folders["llama"]), from_folder(folders["llama"], "?cache=768")
    asked = [(question(f"What happened in {n}?", temperature=0.8), n) for n in range(5)]
    assert side_by_side(tight, asked) == [roomy.complete(each, seed=seed) for each, seed in asked]
    roomy.release()
    tight.release()


# ---- limits ----------------------------------------------------------------------------------------------------------


def test_an_answer_cut_by_max_tokens_is_an_error_that_says_what_to_raise(completer):
    with pytest.raises(BadAnswerError, match=r"wrote 20 tokens .* raise max_tokens"):
        completer.complete(question(max_tokens=20), seed=0)


def test_a_question_longer_than_the_model_reads_is_refused_with_numbers(completer):
    with pytest.raises(BadInputError, match=rf"answer may have 400, but .* reads {CONTEXT}"):
        completer.complete(question(TEXT * 20), seed=0)


def test_a_question_longer_than_the_cache_is_refused_with_the_option_to_set(folders):
    completer = from_folder(folders["llama"], "?cache=256")
    with pytest.raises(BadInputError, match=r"holds 256; .*cache=TOKENS"):
        completer.complete(question(), seed=0)
    completer.release()


@pytest.mark.parametrize("schema", [{"type": "strin"}, {"type": "array", "uniqueItems": True}, {"$ref": "#/nowhere"}])
def test_a_schema_no_grammar_can_be_made_of_is_an_error(completer, schema):
    with pytest.raises(BadConfigurationError, match="schema"):
        completer.complete(question(schema=schema), seed=0)


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ("?dtype=int3", "dtype must be one of"),
        ("?quantize=1bit", "quantize must be one of"),
        ("?attention=none", "attention must be one of"),
        ("?batch=0", "batch must lie"),
        ("?temperature=1", "there is no option 'temperature'"),
    ],
)
def test_options_there_are_not_are_refused(folders, options, told):
    with pytest.raises(BadConfigurationError, match=told):
        from_folder(folders["llama"], options)


# ---- what can be wrong with weights ----------------------------------------------------------------------------------


def test_missing_weights_say_where_they_were_looked_for(tmp_path):
    completer = from_folder(tmp_path / "nothing")
    assert completer.footprint == 0
    with pytest.raises(MissingEngineError, match="nothing"):
        completer.load()


def test_weights_that_are_garbage_are_told_as_corrupt(tmp_path):
    folder = save_tiny_writer(tmp_path / "model")
    (folder / "model.safetensors").write_bytes(b"\x00" * 4096)
    with pytest.raises(CorruptAssetError, match="pressroom models verify"):
        from_folder(folder).load()


def test_a_checkpoint_with_a_layer_missing_is_never_filled_with_random_numbers(tmp_path):
    from safetensors.torch import load_file, save_file

    folder = save_tiny_writer(tmp_path / "model")
    tensors = load_file(folder / "model.safetensors")
    del tensors["model.layers.1.mlp.up_proj.weight"]
    save_file(tensors, folder / "model.safetensors", metadata={"format": "pt"})
    with pytest.raises(CorruptAssetError, match=r"lacks 1 weights, model\.layers\.1\.mlp\.up_proj"):
        from_folder(folder).load()


def test_a_model_without_a_chat_template_is_refused(tmp_path):
    folder = save_tiny_writer(tmp_path / "model", chat=False)
    with pytest.raises(BadConfigurationError, match="use an instruct model"):
        from_folder(folder).load()


def test_quantizing_without_bitsandbytes_names_what_to_install(folders, monkeypatch):
    find = importlib.util.find_spec
    monkeypatch.setattr(
        "importlib.util.find_spec",
        lambda name: None if name == "bitsandbytes" else find(name),
    )
    with pytest.raises(MissingEngineError, match=r"pip install 'pressroom\[gpu\]'"):
        from_folder(folders["llama"], "?quantize=4bit").load()


def test_an_architecture_that_cannot_be_batched_is_told_as_such():
    from transformers import AutoModelForCausalLM, GenerationConfig, Qwen3NextConfig

    sizes = {"hidden_size": 32, "intermediate_size": 32, "num_attention_heads": 2, "num_key_value_heads": 2}
    config = Qwen3NextConfig(vocab_size=576, num_hidden_layers=2, num_experts=2, moe_intermediate_size=16, **sizes)
    model = AutoModelForCausalLM.from_config(config)
    model.generation_config = GenerationConfig(eos_token_id=2)
    completer = in_memory(model.eval())
    with pytest.raises(BadConfigurationError, match="cannot answer in batches"):
        completer.complete(question(), seed=0)
    completer.release()


# ---- life ------------------------------------------------------------------------------------------------------------


def test_it_is_a_completer_whose_identity_and_room_need_no_weights_in_memory(folders):
    completer = from_folder(folders["qwen3"], "?batch=4")
    assert isinstance(completer, Completer)
    assert completer.identity.parameters == {"version": 1, "batch": "4"}
    assert completer.identity.revision
    smaller = completer.footprint
    assert 0 < smaller < from_folder(folders["qwen3"]).footprint
    assert completer._loaded is None


def test_released_weights_are_gone_from_memory_and_come_back(completer):
    first = completer.complete(question(), seed=1)
    model = weakref.ref(completer._loaded.model)
    manager = weakref.ref(completer._loop._manager)
    completer.release()
    completer.release()
    gc.collect()
    assert model() is None
    assert manager() is None
    assert not [thread for thread in threading.enumerate() if thread.name == "answers"]
    assert completer.complete(question(), seed=1) == first


def test_tokens_and_shared_device_time_are_metered_in_the_thread_that_asked(completer):
    completer.load()

    def asked(n):
        meter = Meter()
        with metered(meter):
            completer.complete(question(f"{n}?"), seed=n)
        return meter.usage

    with ThreadPoolExecutor(4) as threads:
        used = list(threads.map(asked, range(4)))
    for usage in used:
        assert usage.tokens_in > 200
        assert 20 < usage.tokens_out <= 400
        assert usage.device_s > 0
        assert usage.peak_bytes == 0


# ---- what can go wrong at work ---------------------------------------------------------------------------------------


def watch_steps(completer, look, fail=lambda _seen: None):
    """Note something of each forward pass, and let some of them fail."""
    completer.load()
    model, seen = completer._loaded.model, []
    forward = model.forward

    def watched(*args, **kwargs):
        if "cu_seq_lens_q" in kwargs:
            seen.append(look(kwargs))
            if error := fail(seen[-1]):
                raise error
        return forward(*args, **kwargs)

    model.forward = watched
    return seen


def requests(kwargs):
    return len(kwargs["cu_seq_lens_q"]) - 1


def test_out_of_memory_halves_the_batch_says_so_and_loses_no_question(folders, caplog):
    completer = from_folder(folders["llama"], "?batch=16")
    asked = [(question(f"What happened in {n}?"), n) for n in range(8)]
    whole = side_by_side(completer, asked)
    completer.release()
    watch_steps(completer, requests, lambda n: torch.OutOfMemoryError("CUDA out of memory") if n > 4 else None)
    assert side_by_side(completer, asked) == whole
    said = [record.getMessage() for record in caplog.records if "no room for" in record.getMessage()]
    assert [told.split("no room for ")[1].split(";")[0] for told in said] == [
        "16 answers at a time",
        "8 answers at a time",
    ]
    completer.release()


def test_out_of_memory_is_told_when_not_even_one_answer_fits(folders):
    completer = from_folder(folders["llama"], "?batch=4")
    watch_steps(completer, requests, lambda _n: torch.OutOfMemoryError("CUDA out of memory"))
    for _ in range(2):
        with pytest.raises(OutOfMemoryError, match="no room"):
            completer.complete(question(), seed=0)
    completer.release()


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        (RuntimeError("the kernel fell over"), UnreachableError),
        (ValueError("no such layer"), BadConfigurationError),
        (SystemExit(), UnreachableError),
    ],
)
@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_batch_that_breaks_fails_all_who_wait_and_the_next_question_starts_another(completer, fault, kind):
    faults = [fault]
    watch_steps(completer, requests, lambda _n: faults[0] if faults else None)
    with ThreadPoolExecutor(4) as threads:
        waiting = [threads.submit(completer.complete, question(f"{n}?"), seed=n) for n in range(4)]
        for each in waiting:
            with pytest.raises(kind, match="transformers:llama"):
                each.result()
    faults.clear()
    jsonschema.validate(json.loads(completer.complete(question(), seed=0)), SCHEMA)


def test_a_release_at_work_fails_those_who_wait(completer):
    began = threading.Event()
    watch_steps(completer, requests, lambda _n: began.set() or time.sleep(0.005))  # far from done when it is released
    with ThreadPoolExecutor(1) as threads:
        long = question(schema={"type": "string", "minLength": 1400}, max_tokens=1500)
        waiting = threads.submit(completer.complete, long, seed=0)
        began.wait()
        completer.release()
        with pytest.raises(UnreachableError, match="was released while it worked"):
            waiting.result()
