"""A text classifier judges every text on its own; what does not depend on its weights holds for random ones."""

import gc
import threading
import weakref
from pathlib import Path

import numpy as np
import pytest
import torch
from tiny_moderators import TOXIC, tiny_text_classifier

from content.errors import BadAnswerError, BadConfigurationError, MissingEngineError
from content.hazard_labels import label_book
from content.values import ModerationRequest
from models.metering import Meter, metered
from models.moderator.text_windows import windows
from models.naming import EngineName
from models.protocols import Order
from models.registry import build_engine

SHA = "c" * 64
TEXTS = [
    f"The harbour wall will stay closed {word} until spring." for word in ("", "kill", "oven", "Safe", "3.4%", "港口")
]
LONG = " ".join(TEXTS * 8)


def classifier(folder, options=""):
    name = EngineName.parse(f"classifier:{folder}{'?' if options else ''}{options}")
    return build_engine(
        "moderator", Order(name=name, weights=Path("/dev/null/weights"), engine=lambda _: None, device="cpu")
    )


def loaded(folder, options=""):
    engine = classifier(folder, options)
    engine.load()
    return engine


def request(*texts):
    return ModerationRequest(sha256=SHA, modality="text", texts=texts)


@pytest.fixture(scope="module", autouse=True)
def one_thread():
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tiny_text_classifier(tmp_path_factory.mktemp("toxic"))


@pytest.fixture(scope="module")
def engine(folder):
    return loaded(folder)


def test_labels_for_themselves_are_probabilities_and_exclusive_ones_add_up(folder, tmp_path):
    many = loaded(folder).scores(TEXTS)
    one = loaded(tiny_text_classifier(tmp_path, ("not_toxic", "toxic"), multi_label=False)).scores(TEXTS)
    assert many.shape == (6, len(TOXIC))
    assert ((many >= 0) & (many <= 1)).all()
    assert not np.allclose(many.sum(axis=1), 1)
    assert np.allclose(one.sum(axis=1), 1)


def test_scores_are_the_models_own(engine):
    inside = engine._held
    read = inside.tokenizer(TEXTS[1], return_tensors="pt")
    with torch.inference_mode():
        expected = inside._model(**read).logits.double().sigmoid()[0].numpy()
    assert np.allclose(engine.scores(TEXTS)[1], expected, atol=1e-6)


def test_a_text_scores_the_same_whatever_is_padded_beside_it(engine):
    mixed = [*TEXTS, LONG, "a"]
    together = engine.scores(mixed)
    assert np.allclose(together, np.concatenate([engine.scores([text]) for text in mixed]), atol=1e-5)
    assert np.allclose(together, engine.scores(mixed[::-1])[::-1], atol=1e-5)


def test_a_separator_in_a_text_separates_nothing(engine):
    inside = engine._held
    ids = inside.tokenizer("the wall [SEP] [CLS] [MASK]", split_special_tokens=True)["input_ids"]
    special = [token for token in ids if token in inside.tokenizer.all_special_ids]
    assert special == [inside.tokenizer.cls_token_id, inside.tokenizer.sep_token_id]
    assert not np.allclose(engine.scores(["the wall [SEP] spring"]), engine.scores(["the wall spring"]))


def test_the_worst_window_of_a_long_text_counts(folder):
    engine = loaded(folder, "hold=0.001&block=1")
    inside = engine._held
    parts = [LONG[part.start : part.end] for part in windows(inside.tokenizer, [LONG], inside.window)]
    worst = engine.scores(parts).max(axis=0)
    assert len(parts) > 5
    rules = {reason.rule for reason in engine.judge(request(LONG)).reasons}
    assert f"classifier.threat:{worst[TOXIC.index('threat')]:.2f}" in rules


def test_no_window_is_cut_when_it_is_read(engine):
    inside = engine._held
    for part in windows(inside.tokenizer, [LONG, "x" * 500, "🙂 " * 300], inside.window):
        text = [LONG, "x" * 500, "🙂 " * 300][part.text][part.start : part.end]
        assert len(inside.tokenizer(text, split_special_tokens=True)["input_ids"]) <= inside._longest


def test_the_excerpt_is_the_sentence_that_scores_highest(folder):
    engine = loaded(folder, "hold=0.001&block=1")
    sentences = ("The harbour wall is closed.", "Prices rose.", "A bakery is owned by its bakers.")
    threat = engine.scores(list(sentences))[:, TOXIC.index("threat")]
    verdict = engine.judge(request(" ".join(sentences)))
    reason = next(reason for reason in verdict.reasons if reason.rule.startswith("classifier.threat"))
    assert reason.excerpt == sentences[int(threat.argmax())]
    assert reason.hazard == "violent crimes"


def test_the_verdict_follows_the_book_and_is_bound_to_its_bytes(folder):
    for hold in (0.01, 0.5, 0.9, 0.999):
        engine = loaded(folder, f"hold={hold}&block=1")
        book = label_book().with_limits(hold=hold, block=1)
        (row,) = engine.scores(TEXTS[:1])
        found = book.findings(TOXIC, book.meanings(TOXIC), [float(score) for score in row], exclusive=False)
        expected = {each.hazard for each in found if each.decision != "pass"}
        verdict = engine.judge(request(TEXTS[0]))
        assert (verdict.sha256, verdict.moderator) == (SHA, str(engine.identity))
        assert {reason.hazard for reason in verdict.reasons} == expected
        assert (verdict.decision == "pass") == (not expected)
    assert engine.judge(request("", " ")).decision == "pass"


def test_a_verdict_does_not_depend_on_the_order_of_the_texts(engine):
    there, back = engine.judge(request(*TEXTS)), engine.judge(request(*TEXTS[::-1]))
    assert (there.decision, set(there.reasons)) == (back.decision, set(back.reasons))


def test_a_label_nobody_knows_holds_and_never_blocks(tmp_path):
    tiny_text_classifier(tmp_path, ("toxic", "flibbert"))
    own = tmp_path / "own.toml"
    own.write_text("[limits]\nhold = 0.001\n")
    engine = loaded(tmp_path, f"labels={own}")
    with torch.no_grad():
        engine._held._model.classifier.bias[:] = torch.tensor([-50.0, 50.0])
    verdict = engine.judge(request(TEXTS[0]))
    assert verdict.decision == "hold"
    assert [(reason.hazard, reason.rule) for reason in verdict.reasons] == [
        ("unknown label", "classifier.flibbert:1.00")
    ]


def test_a_model_without_a_hazard_is_refused_until_its_labels_are_told(tmp_path):
    tiny_text_classifier(tmp_path, ("LABEL_0", "LABEL_1"), multi_label=False)
    with pytest.raises(BadConfigurationError, match="LABEL_0"):
        loaded(tmp_path)
    own = tmp_path / "own.toml"
    own.write_text('harmless = ["LABEL_0"]\n[labels]\nLABEL_1 = "hate"\n')
    assert loaded(tmp_path, f"labels={own}&hold=0.001").judge(request(TEXTS[0])).reasons[0].hazard == "hate"


def test_scores_that_are_no_numbers_or_miss_a_label_are_no_verdict(folder):
    engine = loaded(folder)
    model = engine._held._model
    with torch.no_grad():
        model.classifier.weight[0, 0] = float("nan")
    with pytest.raises(BadAnswerError, match="no numbers"):
        engine.judge(request(TEXTS[0]))
    model.classifier = torch.nn.Linear(32, 3)
    with pytest.raises(BadAnswerError, match="4 labels are expected"):
        engine.judge(request(TEXTS[0]))


def test_threads_get_the_verdicts_of_one(engine):
    expected = [engine.judge(request(text)) for text in TEXTS]
    found = [None] * len(TEXTS)

    def judge(index):
        found[index] = engine.judge(request(TEXTS[index]))

    threads = [threading.Thread(target=judge, args=(index,)) for index in range(len(TEXTS))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == expected


def test_the_one_who_asks_is_told_what_it_took(engine):
    with metered(meter := Meter()):
        engine.scores(TEXTS)
    assert meter.usage.tokens_in > 6 * len(TEXTS)
    assert meter.usage.device_s > 0


def test_release_gives_the_weights_back(folder):
    engine = loaded(folder)
    model = weakref.ref(engine._held._model)
    engine.release()
    gc.collect()
    assert model() is None
    with pytest.raises(MissingEngineError, match="before it was loaded"):
        engine.judge(request("text"))


def test_identity_holds_model_options_and_book(folder):
    told = ("", "hold=0.4", "block=0.9", "batch=2", "dtype=bfloat16")
    assert len({classifier(folder, options).identity.model_dump_json() for options in told}) == len(told)
    with pytest.raises(BadConfigurationError, match="no option 'window'"):
        classifier(folder, "window=3")
