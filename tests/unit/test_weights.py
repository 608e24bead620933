"""Where weights lie, which ones they are, and what is never loaded."""

import json
import os
import pickle
import threading
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from safetensors.numpy import save_file

from content.errors import (
    BadConfigurationError,
    CorruptAssetError,
    MissingEngineError,
    OutOfMemoryError,
    RetryableError,
)
from models.naming import EngineName
from models.protocols import Order
from models.weights.catalogue import pinned_revision
from models.weights.weight_store import (
    Manifest,
    StoredFile,
    fingerprint,
    lock,
    locked,
    model_folder,
    sha256_of_file,
    state_of,
    write_manifest,
)
from models.weights.weights import commit_of, loading, weights_of, working

COMMIT = "0123456789abcdef0123456789abcdef01234567"


def order(name, store):
    return Order(name=EngineName.parse(name), weights=store, engine=lambda _: None)


def a_model(folder, seed=0, **config):
    folder.mkdir(parents=True)
    save_file({"w": np.full(4, seed, np.float32)}, folder / "model.safetensors")
    (folder / "config.json").write_text(json.dumps({"model_type": "llama", **config}))
    return folder


def pulled(store, model="org/name", commit=COMMIT, **config):
    folder = a_model(model_folder(store, model, commit), **config)
    files = [StoredFile(name=p.name, size=p.stat().st_size, sha256=sha256_of_file(p)) for p in folder.iterdir()]
    write_manifest(
        folder, Manifest(model=model, asked="", commit=commit, licence="mit", files=tuple(files), pulled_at="")
    )
    return folder


def test_a_folder_is_known_by_its_contents_wherever_it_lies(tmp_path):
    one = weights_of(order(f"transformers:{a_model(tmp_path / 'a' / 'm')}", tmp_path / "store"))
    same = weights_of(order(f"transformers:{a_model(tmp_path / 'b' / 'm')}", tmp_path / "store"))
    other = weights_of(order(f"transformers:{a_model(tmp_path / 'c' / 'm', seed=1)}", tmp_path / "store"))
    assert (one.model, one.revision, one.bytes) == (same.model, same.revision, same.bytes)
    assert one.revision != other.revision
    assert one.ready() == tmp_path / "a" / "m"


def test_a_folder_is_read_again_only_when_it_changed(tmp_path):
    folder, read = a_model(tmp_path / "m"), []
    first = fingerprint(tmp_path / "store", folder, read.append)
    bytes_of_it = sum(read)
    assert fingerprint(tmp_path / "store", folder, read.append) == first
    assert sum(read) == bytes_of_it > 0
    save_file({"w": np.full(4, 9, np.float32)}, folder / "model.safetensors")  # the same size
    assert fingerprint(tmp_path / "store", folder, read.append) != first
    assert sum(read) == 2 * bytes_of_it


def test_a_renamed_file_is_another_model(tmp_path):
    folder = a_model(tmp_path / "m")
    before = fingerprint(tmp_path / "store", folder)
    (folder / "model.safetensors").rename(folder / "other.safetensors")
    assert fingerprint(tmp_path / "store", folder) != before


def test_a_store_nobody_may_write_costs_nothing_but_time(tmp_path):
    (tmp_path / "store").write_text("a file where the folder should be")
    folder = a_model(tmp_path / "m")
    assert fingerprint(tmp_path / "store", folder) == fingerprint(tmp_path / "store", folder)


def test_broken_notes_are_no_notes(tmp_path):
    store = tmp_path / "store"
    store.mkdir()
    for name in ("fingerprints.json", "locks.json"):
        (store / name).write_text('{"half')
    assert fingerprint(store, a_model(tmp_path / "m"))
    assert locked(store, "org/name", "") == ""
    lock(store, "org/name", "", COMMIT)
    assert locked(store, "org/name", "") == COMMIT


def test_locks_taken_at_the_same_time_are_all_kept(tmp_path):
    threads = [threading.Thread(target=lock, args=(tmp_path, f"org/m{i}", "", COMMIT)) for i in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all(locked(tmp_path, f"org/m{i}", "") == COMMIT for i in range(8))


def test_a_missing_folder_is_told_only_when_it_is_needed(tmp_path):
    found = weights_of(order(f"transformers:{tmp_path}/nowhere", tmp_path))
    assert (found.revision, found.bytes) == ("missing", 0)
    with pytest.raises(MissingEngineError, match=r"there is no model in .*nowhere"):
        found.ready()


def test_missing_weights_name_the_command_that_pulls_them(tmp_path):
    with pytest.raises(MissingEngineError, match=r"run: pressroom models pull org/name$"):
        weights_of(order("transformers:org/name?steps=4", tmp_path)).ready()
    with pytest.raises(MissingEngineError, match=rf"run: pressroom models pull org/name@{COMMIT}$"):
        weights_of(order(f"transformers:org/name@{COMMIT}", tmp_path)).ready()


def test_the_revision_is_told_then_pinned_then_locked(tmp_path):
    known = "Qwen/Qwen3-1.7B"
    assert commit_of(tmp_path, known) == pinned_revision(known) != ""
    assert commit_of(tmp_path, known, COMMIT) == COMMIT
    assert commit_of(tmp_path, known, "main") == "unpinned"
    assert commit_of(tmp_path, "org/name") == "unpinned"
    lock(tmp_path, "org/name", "", COMMIT)
    assert commit_of(tmp_path, "org/name") == COMMIT


def test_pulled_weights_are_ready(tmp_path):
    folder = pulled(tmp_path)
    found = weights_of(order(f"transformers:org/name@{COMMIT}", tmp_path))
    assert found.ready() == folder
    assert (found.model, found.revision) == ("org/name", COMMIT)
    assert found.bytes == (folder / "model.safetensors").stat().st_size


def test_weights_pulled_meanwhile_are_found_where_their_commit_was_known_before(tmp_path):
    pinned = weights_of(order(f"transformers:org/name@{COMMIT}", tmp_path))
    unpinned = weights_of(order("transformers:org/name", tmp_path))
    assert pinned.bytes == 0
    folder = pulled(tmp_path)
    lock(tmp_path, "org/name", "", COMMIT)
    assert pinned.ready() == folder
    assert pinned.bytes > 0
    with pytest.raises(MissingEngineError, match="start it again"):
        unpinned.ready()
    assert weights_of(order("transformers:org/name", tmp_path)).ready() == folder


@pytest.mark.parametrize("harm", [lambda path: path.unlink(), lambda path: path.write_bytes(b"short")])
def test_pulled_weights_that_are_cut_are_not_ready(tmp_path, harm):
    folder = pulled(tmp_path)
    harm(folder / "model.safetensors")
    assert state_of(folder) == "partial"
    with pytest.raises(MissingEngineError, match=r"missing or cut; run: pressroom models pull"):
        weights_of(order(f"transformers:org/name@{COMMIT}", tmp_path)).ready()


@pytest.mark.parametrize("suffix", ["bin", "pt", "pth", "ckpt", "pkl"])
def test_pickle_alone_is_refused(tmp_path, suffix):
    folder = a_model(tmp_path / "m")
    (folder / f"pytorch_model.{suffix}").write_bytes(pickle.dumps(print))
    assert weights_of(order(f"transformers:{folder}", tmp_path)).ready()
    (folder / "model.safetensors").unlink()
    with pytest.raises(BadConfigurationError, match="refuses pickle"):
        weights_of(order(f"transformers:{folder}", tmp_path)).ready()


def test_pickle_in_one_part_of_a_pipeline_is_refused(tmp_path):
    folder = tmp_path / "m"
    a_model(folder / "unet")
    a_model(folder / "vae")
    (folder / "model_index.json").write_text(json.dumps({"unet": ["diffusers", "U"], "vae": ["diffusers", "V"]}))
    assert weights_of(order(f"diffusers:{folder}", tmp_path)).ready()
    (folder / "vae" / "model.safetensors").rename(folder / "vae" / "model.bin")
    with pytest.raises(BadConfigurationError, match=r"vae has its weights as model\.bin only"):
        weights_of(order(f"diffusers:{folder}", tmp_path)).ready()


def test_what_a_runtime_of_no_concern_reads_is_no_pickle(tmp_path):
    folder = a_model(tmp_path / "m")
    (folder / "openvino").mkdir()
    (folder / "openvino" / "openvino_model.bin").write_bytes(b"x")
    assert weights_of(order(f"transformers:{folder}", tmp_path)).ready()


@pytest.mark.parametrize(
    ("name", "document"),
    [
        ("config.json", {"auto_map": {"AutoModel": "modeling.Evil"}}),
        ("tokenizer_config.json", {"auto_map": {"AutoTokenizer": ["tok.Evil", None]}}),
        ("preprocessor_config.json", {"auto_map": {"AutoProcessor": "proc.Evil"}}),
        ("model_index.json", {"_class_name": ["pipeline", "Evil"]}),
        ("modules.json", [{"idx": 0, "name": "0", "path": "", "type": "custom_st.Evil"}]),
    ],
)
def test_code_that_comes_with_a_model_is_refused(tmp_path, name, document):
    folder = a_model(tmp_path / "m")
    (folder / name).write_text(json.dumps(document))
    with pytest.raises(BadConfigurationError, match="needs remote code"):
        weights_of(order(f"transformers:{folder}", tmp_path)).ready()


def test_a_component_with_a_module_of_its_own_is_refused(tmp_path):
    folder = tmp_path / "m"
    a_model(folder / "unet")
    (folder / "unet" / "my_unet.py").write_text("raise SystemExit")
    (folder / "model_index.json").write_text(json.dumps({"_class_name": "P", "unet": ["my_unet", "Evil"]}))
    with pytest.raises(BadConfigurationError, match="needs remote code"):
        weights_of(order(f"diffusers:{folder}", tmp_path)).ready()


def test_a_folder_without_weights_is_told(tmp_path):
    folder = a_model(tmp_path / "m")
    (folder / "model.safetensors").unlink()
    with pytest.raises(MissingEngineError, match=r"holds no weights; they are expected as \*\.safetensors"):
        weights_of(order(f"transformers:{folder}", tmp_path)).ready()


def test_links_into_a_cache_are_followed(tmp_path):
    real, folder = a_model(tmp_path / "blobs"), tmp_path / "snapshot"
    folder.mkdir()
    for path in real.iterdir():
        (folder / path.name).symlink_to(path)
    found = weights_of(order(f"transformers:{folder}", tmp_path / "store"))
    assert found.ready() == folder
    assert found.bytes > 0


@given(st.text(alphabet="abcABC019-_./\\~@: ", max_size=20).filter(lambda text: not text.startswith(("/", ".", "~"))))
def test_no_name_leads_out_of_the_store(name):
    try:
        folder = model_folder(Path("/store"), name, COMMIT)
    except BadConfigurationError:
        return
    assert Path(os.path.normpath(folder)).parent.parent == Path("/store")


def test_a_name_without_a_model_is_refused(tmp_path):
    with pytest.raises(BadConfigurationError, match="names no model; write transformers:ORG/NAME"):
        weights_of(order("transformers", tmp_path))


class AcceleratorError(RuntimeError):
    """As torch calls it."""


class SafetensorError(Exception):
    """As safetensors calls it."""


@pytest.mark.parametrize(
    ("raised", "kind"),
    [
        (MemoryError(), OutOfMemoryError),
        (RuntimeError("CUDA out of memory. Tried to allocate 2 GiB"), OutOfMemoryError),
        (RuntimeError("[enforce fail] DefaultCPUAllocator: can't allocate memory"), OutOfMemoryError),
        (AssertionError("Torch not compiled with CUDA enabled"), MissingEngineError),
        (RuntimeError("Error(s) in loading state_dict: size mismatch"), BadConfigurationError),
        (ImportError("No module named 'bitsandbytes'", name="bitsandbytes"), MissingEngineError),
        (OSError("m does not appear to have a file named config.json"), MissingEngineError),
        (PermissionError(13, "Permission denied"), BadConfigurationError),
        (json.JSONDecodeError("Expecting value", "", 0), CorruptAssetError),
        (SafetensorError("header too large"), CorruptAssetError),
        (ValueError("set the option `trust_remote_code=True`"), BadConfigurationError),
        (KeyError("no_such_type"), BadConfigurationError),
        (BadConfigurationError("already ours"), BadConfigurationError),
    ],
)
def test_what_goes_wrong_in_loading_is_told_in_the_houses_words(raised, kind):
    with pytest.raises(kind) as told, loading("the writer"):
        raise raised
    assert told.value is raised or "the writer" in str(told.value)


@pytest.mark.parametrize(
    ("raised", "kind"),
    [
        (RuntimeError("CUDA out of memory"), OutOfMemoryError),
        (RuntimeError("CUBLAS_STATUS_ALLOC_FAILED when calling cublasCreate"), OutOfMemoryError),
        (AcceleratorError("CUDA error: unspecified launch failure"), RetryableError),
        (RuntimeError("shapes do not match"), RuntimeError),
        (ValueError("ours"), ValueError),
    ],
)
def test_a_device_in_trouble_is_retryable_and_our_own_faults_pass(raised, kind):
    with pytest.raises(kind), working("the writer"):
        raise raised


def test_torchs_own_out_of_memory_error_is_known():
    import torch

    with pytest.raises(OutOfMemoryError), working("the writer"):
        raise torch.OutOfMemoryError("no room")


def test_what_ran_out_of_memory_is_let_go_with_its_error():
    import weakref

    class Tensor:
        pass

    kept = []

    def layer():
        tensor = Tensor()
        kept.append(weakref.ref(tensor))
        raise MemoryError

    with pytest.raises(OutOfMemoryError) as told, working("the writer"):
        layer()
    assert told.value.__traceback__
    assert kept[0]() is None
