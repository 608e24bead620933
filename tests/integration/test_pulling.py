"""Weights pulled through the hub's real client from a hub on loopback, with everything that can go wrong on the way."""

import io
import json
import os
import re
import signal
import subprocess
import sys
import threading
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
import torch
from hub_server import HubServer, hub_server
from rich.console import Console
from safetensors.numpy import save
from transformers import AutoModelForCausalLM, LlamaConfig, LlamaForCausalLM

from content.errors import (
    BadConfigurationError,
    CorruptAssetError,
    MissingEngineError,
    ThrottledError,
    UnreachableError,
)
from models.naming import EngineName
from models.protocols import Order
from models.weights.weight_store import MANIFEST, pulled_in, state_of
from models.weights.weights import Weights, weights_of
from pressroom.models import PullBars
from pressroom.pulling import Puller
from sources.hub import Hub

ROOT = Path(__file__).resolve().parents[2]
NAME = "tiny/llama"


class Quiet:
    """A watcher that keeps sums."""

    def __init__(self):
        self.total, self.moved, self.lock = 0, 0, threading.Lock()

    def model(self, listing):
        self.total += listing.size

    @contextmanager
    def file(self, file):
        def moved(size):
            with self.lock:
                self.moved += size

        yield moved


@pytest.fixture
def hub():
    with hub_server() as server:
        yield server


@pytest.fixture(scope="module")
def llama(tmp_path_factory):
    folder = tmp_path_factory.mktemp("hub") / "llama"
    config = LlamaConfig(
        hidden_size=32,
        intermediate_size=64,
        num_hidden_layers=2,
        num_attention_heads=2,
        num_key_value_heads=2,
        vocab_size=128,
        max_position_embeddings=64,
    )
    with torch.random.fork_rng():
        torch.manual_seed(0)
        LlamaForCausalLM(config).save_pretrained(folder)
    (folder / "README.md").write_text("# nobody needs this to load a model\n")
    (folder / "LICENSE").write_text("Apache License 2.0\n")
    (folder / "pytorch_model.bin").write_bytes(b"\x80\x04pickle")
    return folder


def puller(hub: HubServer, store: Path, watcher=None, **options) -> Puller:
    return Puller(store, Hub(hub.url), watcher or Quiet(), **options)


def weights(store: Path, name: str = NAME) -> Weights:
    return weights_of(Order(name=EngineName.parse(f"transformers:{name}"), weights=store, engine=lambda _: None))


def big(seed: int, size: int = 1 << 20) -> bytes:
    return save({"w": np.random.default_rng(seed).integers(0, 255, size, dtype=np.uint8)})


def run(hub: HubServer, store: Path, *words: str) -> "subprocess.Popen[str]":
    environ = {**os.environ, "HF_ENDPOINT": hub.url, "PRESSROOM_WEIGHTS": str(store), "COLUMNS": "200"}
    return subprocess.Popen(
        [sys.executable, "-m", "pressroom", "models", *words],
        cwd=ROOT,
        env=environ,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_pulled_weights_load_with_the_hub_gone(hub, llama, tmp_path):
    commit = hub.add_folder(NAME, llama)
    watcher = Quiet()
    manifest = puller(hub, tmp_path, watcher).pull(NAME)
    hub.stop()
    found = weights(tmp_path)
    assert (found.revision, manifest.commit, manifest.licence) == (commit, commit, "apache-2.0")
    assert found.bytes == (llama / "model.safetensors").stat().st_size
    model = AutoModelForCausalLM.from_pretrained(found.ready(), local_files_only=True, use_safetensors=True)
    here = LlamaForCausalLM.from_pretrained(llama, use_safetensors=True)
    assert torch.equal(model.lm_head.weight, here.lm_head.weight)
    assert watcher.moved == watcher.total == manifest.size


def test_only_what_loading_needs_is_fetched(hub, llama, tmp_path):
    hub.add_folder(NAME, llama)
    folder = tmp_path / "tiny--llama" / puller(hub, tmp_path).pull(NAME).commit
    names = {path.name for path in folder.iterdir()}
    assert names == {"config.json", "generation_config.json", "model.safetensors", "LICENSE", MANIFEST}
    assert not hub.fetched("pytorch_model.bin")


def test_a_second_pull_asks_the_hub_nothing(hub, llama, tmp_path):
    hub.add_folder(NAME, llama)
    first = puller(hub, tmp_path).pull(NAME)
    hub.add(NAME, {"config.json": b"{}", "model.safetensors": big(1)})
    asked = len(hub.requests)
    assert puller(hub, tmp_path).pull(NAME) == first
    assert len(hub.requests) == asked


def test_a_branch_is_locked_to_its_commit_beside_the_newest(hub, tmp_path):
    old = hub.add(NAME, {"config.json": b"{}", "model.safetensors": big(1)}, branch="refs/pr/3")
    new = hub.add(NAME, {"config.json": b"{}", "model.safetensors": big(2)})
    puller(hub, tmp_path).pull(NAME)
    puller(hub, tmp_path).pull(NAME, "refs/pr/3")
    assert weights(tmp_path).revision == new
    assert weights(tmp_path, f"{NAME}@refs/pr/3").revision == old
    assert weights(tmp_path, f"{NAME}@{old}").ready()


def test_a_broken_connection_goes_on_where_it_broke(hub, tmp_path):
    data = big(3, 24 << 20)
    hub.add(NAME, {"config.json": b"{}", "model.safetensors": data})
    hub.faults.cut["model.safetensors"] = 15 << 20
    puller(hub, tmp_path).pull(NAME)
    first, second = hub.fetched("model.safetensors")
    assert first == ""
    assert int(second.removeprefix("bytes=").removesuffix("-")) >= 10 << 20
    assert weights(tmp_path).ready().joinpath("model.safetensors").read_bytes() == data


def test_a_killed_pull_goes_on_without_fetching_again_what_was_there(hub, tmp_path):
    files = {"config.json": b"{}", "model-00001-of-00002.safetensors": big(4), "tokenizer.json": b"[1]"}
    files["model-00002-of-00002.safetensors"] = last = big(5, 24 << 20)
    hub.add(NAME, files)
    hub.faults.stall["model-00002-of-00002.safetensors"] = 15 << 20
    process = run(hub, tmp_path, "pull", NAME)
    assert hub.stalled.wait(60), process.communicate()
    part = next(wait_for(lambda: [*tmp_path.rglob("*00002-of*.part")]))
    wait_for(lambda: part.stat().st_size >= 10 << 20)
    wait_for(lambda: [*tmp_path.rglob("model-00001-of-00002.safetensors")])
    process.send_signal(signal.SIGKILL)
    process.communicate()
    with pytest.raises(MissingEngineError, match=f"pressroom models pull {NAME}"):
        weights(tmp_path).ready()

    done = run(hub, tmp_path, "pull", NAME)
    out, err = done.communicate()
    assert done.returncode == 0, err
    assert NAME in out
    assert hub.fetched("config.json") == hub.fetched("model-00001-of-00002.safetensors") == [""]
    resumed = hub.fetched("model-00002-of-00002.safetensors")[1]
    assert int(resumed.removeprefix("bytes=").removesuffix("-")) >= 10 << 20
    assert weights(tmp_path).ready().joinpath("model-00002-of-00002.safetensors").read_bytes() == last


def wait_for(found):
    for _ in range(3000):
        if told := found():
            return iter(told) if isinstance(told, list) else told
        threading.Event().wait(0.01)
    raise AssertionError("it never came to that")


def test_a_hub_without_ranges_sends_everything_again(hub, tmp_path):
    data = big(6, 24 << 20)
    hub.add(NAME, {"config.json": b"{}", "model.safetensors": data})
    hub.faults.cut["model.safetensors"] = 15 << 20
    hub.faults.without_ranges = True
    watcher = Quiet()
    puller(hub, tmp_path, watcher).pull(NAME)
    assert weights(tmp_path).ready().joinpath("model.safetensors").read_bytes() == data
    assert watcher.moved == watcher.total


@pytest.mark.parametrize("name", ["model.safetensors", "config.json"])
def test_bytes_that_are_not_what_the_hub_lists_are_refused(hub, tmp_path, name):
    files = {"config.json": b'{"a": 1}', "model.safetensors": big(7)}
    hub.add(NAME, files)
    hub.faults.replaced[name] = bytes(len(files[name]))
    with pytest.raises(CorruptAssetError, match=name):
        puller(hub, tmp_path).pull(NAME)
    assert not list(pulled_in(tmp_path))
    assert not list(tmp_path.rglob(f"{name}*"))
    hub.faults.replaced.clear()
    assert puller(hub, tmp_path).pull(NAME)


def test_a_file_longer_than_listed_is_cut_off(hub, tmp_path):
    files = {"config.json": b"{}", "model.safetensors": big(8)}
    hub.add(NAME, files)
    hub.faults.replaced["model.safetensors"] = files["model.safetensors"] + bytes(1 << 20)
    with pytest.raises(CorruptAssetError, match="longer than"):
        puller(hub, tmp_path).pull(NAME)


def test_a_full_disk_is_seen_before_the_first_byte(hub, llama, tmp_path):
    hub.add_folder(NAME, llama)
    with pytest.raises(BadConfigurationError, match=r"needs 0\.\d MB more .* PRESSROOM_WEIGHTS"):
        puller(hub, tmp_path, free_bytes=lambda _: 1000).pull(NAME)
    assert not [path for _, path, _ in hub.requests if "/resolve/" in path]


@pytest.mark.parametrize(("licence", "name"), [("cc-by-nc-4.0", ""), ("other", "house-licence"), (None, "")])
def test_a_licence_that_is_not_free_has_to_be_accepted_by_name(hub, llama, tmp_path, licence, name):
    hub.add_folder(NAME, llama, licence=licence, licence_name=name)
    told = name or licence or "unknown"
    with pytest.raises(BadConfigurationError, match=f"--accept-licence '{told}'"):
        puller(hub, tmp_path, accepted=["apache-1.1"]).pull(NAME)
    assert not [path for _, path, _ in hub.requests if "/resolve/" in path]
    assert puller(hub, tmp_path, accepted=[told.upper()]).pull(NAME)


def test_a_gated_model_names_the_page_and_the_token(hub, llama, tmp_path):
    hub.add_folder(NAME, llama, gated=True)
    with pytest.raises(BadConfigurationError, match=r"gated: accept its terms at .*tiny/llama and set HF_TOKEN"):
        puller(hub, tmp_path).pull(NAME)


def test_what_is_not_there_is_told_apart(hub, llama, tmp_path):
    hub.add_folder(NAME, llama)
    with pytest.raises(MissingEngineError, match="no revision 'v9'"):
        puller(hub, tmp_path).pull(NAME, "v9")
    with pytest.raises(MissingEngineError, match="no revision"):
        puller(hub, tmp_path).pull(NAME, "0" * 40)
    with pytest.raises(MissingEngineError, match="the hub has no tiny/other"):
        puller(hub, tmp_path).pull("tiny/other")
    with pytest.raises(BadConfigurationError, match="no model's name"):
        puller(hub, tmp_path).pull("../../etc")


@pytest.mark.parametrize(
    ("status", "kind"), [(429, ThrottledError), (500, UnreachableError), (403, BadConfigurationError)]
)
def test_a_hub_in_trouble_is_told_in_the_houses_words(hub, tmp_path, status, kind):
    hub.faults.status = status
    with pytest.raises(kind, match=NAME):
        puller(hub, tmp_path).pull(NAME)


def test_a_hub_that_is_gone_is_unreachable(hub, tmp_path):
    url = hub.url
    hub.stop()
    with pytest.raises(UnreachableError, match=NAME):
        Puller(tmp_path, Hub(url), Quiet()).pull(NAME)


def test_remote_code_is_refused_before_the_weights_come(hub, tmp_path):
    config = json.dumps({"auto_map": {"AutoModel": "modeling.Evil"}}).encode()
    hub.add(NAME, {"config.json": config, "modeling.py": b"raise SystemExit", "model.safetensors": big(9)})
    with pytest.raises(BadConfigurationError, match="remote code"):
        puller(hub, tmp_path).pull(NAME)
    assert not hub.fetched("model.safetensors")
    assert not hub.fetched("modeling.py")


def test_a_model_with_pickle_only_is_refused(hub, tmp_path):
    hub.add(NAME, {"config.json": b"{}", "pytorch_model.bin": b"\x80\x04"})
    with pytest.raises(BadConfigurationError, match="refuses pickle"):
        puller(hub, tmp_path).pull(NAME)


def test_a_listing_cannot_write_outside_its_folder(hub, tmp_path):
    files = {"config.json": b"{}", "model.safetensors": big(10), MANIFEST: b"{}"}
    hub.add(NAME, files | {"../../../evil.json": b"{}", "/evil.json": b"{}", "..\\evil.json": b"{}"})
    manifest = puller(hub, tmp_path / "store").pull(NAME)
    assert [file.name for file in manifest.files] == ["config.json", "model.safetensors"]
    assert not list(tmp_path.rglob("*evil*"))


def test_pulls_of_one_model_at_the_same_time_fetch_it_once(hub, tmp_path):
    hub.add(NAME, {"config.json": b"{}", "model.safetensors": big(11)})
    found = []
    threads = [threading.Thread(target=lambda: found.append(puller(hub, tmp_path).pull(NAME))) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 3
    assert found[0] == found[1] == found[2]
    assert hub.fetched("model.safetensors") == [""]


def test_a_failing_file_stops_the_others(hub, tmp_path):
    files = {f"model-0000{i}-of-00003.safetensors": big(20 + i) for i in (1, 2, 3)}
    hub.add(NAME, {"config.json": b"{}", **files})
    hub.faults.replaced["model-00001-of-00003.safetensors"] = bytes(len(files["model-00001-of-00003.safetensors"]))
    with pytest.raises(CorruptAssetError, match="00001"):
        puller(hub, tmp_path).pull(NAME)
    assert state_of(tmp_path / "tiny--llama" / hub.models[NAME].branches["main"]) == "partial"


def test_a_pipeline_comes_without_its_twins(hub, tmp_path):
    index = json.dumps({"_class_name": "P", "unet": ["diffusers", "U"], "vae": ["diffusers", "V"]}).encode()
    kept = {
        "model_index.json": index,
        "unet/config.json": b"{}",
        "unet/diffusion_pytorch_model.safetensors": big(30),
        "vae/config.json": b"{}",
        "vae/diffusion_pytorch_model.fp16.safetensors": big(31),  # its only form
        "tokenizer/merges.txt": b"a b",
        "text_encoder/model-00001-of-00002.safetensors": big(32),
        "text_encoder/model-00002-of-00002.safetensors": big(33),
        "text_encoder/model.safetensors.index.json": b"{}",
    }
    left = {
        "single-file.safetensors": big(34),
        "unet/diffusion_pytorch_model.fp16.safetensors": big(35),
        "unet/diffusion_pytorch_model.non_ema.safetensors": big(36),
        "text_encoder/model.fp16-00001-of-00002.safetensors": big(37),
        "text_encoder/model.safetensors.index.fp16.json": b"{}",
        "unet/model.onnx": b"x",
        "onnx/config.json": b"{}",
        "preview.png": b"x",
        ".gitattributes": b"x",
    }
    hub.add(NAME, kept | left)
    assert {file.name for file in puller(hub, tmp_path).pull(NAME).files} == set(kept)


def test_a_terminal_sees_a_bar_for_the_model_and_for_a_file_under_way(hub, tmp_path):
    hub.add(NAME, {"config.json": b"{}", "model.safetensors": big(40, 24 << 20)})
    hub.faults.stall["model.safetensors"] = 15 << 20
    screen = io.StringIO()
    with PullBars(Console(file=screen, force_terminal=True, width=120), 2) as bars:
        thread = threading.Thread(target=puller(hub, tmp_path, bars).pull, args=(NAME,))
        thread.start()
        assert hub.stalled.wait(60)
        wait_for(lambda: "model.safetensors" in screen.getvalue())
        hub.go_on.set()
        thread.join()
    assert f"{NAME} 1/2" in re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", screen.getvalue())
    assert "25.2/25.2 MB" in screen.getvalue()


def test_verify_finds_a_flipped_bit_and_pulling_again_mends_just_that(hub, llama, tmp_path):
    hub.add_folder(NAME, llama)
    puller(hub, tmp_path).pull(NAME)
    path = weights(tmp_path).ready() / "model.safetensors"
    data = bytearray(path.read_bytes())
    data[-1] ^= 1
    path.write_bytes(data)

    done = run(hub, tmp_path, "verify")
    out, _ = done.communicate()
    assert done.returncode == 1
    assert f"✗ {NAME}: model.safetensors has sha256" in out
    assert f"mend it with: pressroom models pull {NAME} --again" in out

    puller(hub, tmp_path).pull(NAME, again=True)
    assert hub.fetched("model.safetensors") == ["", ""]
    assert hub.fetched("config.json") == [""]
    done = run(hub, tmp_path, "verify", NAME, "--json")
    assert json.loads(done.communicate()[0]) == {NAME: []}
    assert done.returncode == 0


def test_the_list_shows_what_was_pulled_and_what_is_only_begun(hub, llama, tmp_path):
    commit = hub.add_folder(NAME, llama)
    puller(hub, tmp_path).pull(NAME)
    (tmp_path / "intfloat--multilingual-e5-small" / ".pulling-614241f622f53c4eeff9890bdc4f31cfecc418b3").mkdir(
        parents=True
    )
    told = json.loads(run(hub, tmp_path, "list", "--json").communicate()[0])
    states = {row["model"]: (row["revision"], row["state"]) for row in told["models"]}
    assert states[NAME] == (commit, "pulled")
    assert states["intfloat/multilingual-e5-small"][1] == "partial"
    assert states["Qwen/Qwen3-1.7B"] == ("70d244cc86ccca08cf5af4e1e306ecf908b1ad5e", "missing")
