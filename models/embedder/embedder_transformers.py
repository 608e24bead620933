"""Sentence embeddings by any open-weight model: its own pooling, its own prompts, in any language it knows.

A folder in the form of sentence-transformers is run as it says; a plain transformer's tokens are averaged.
On a processor texts go through one at a time, so a row depends on its own text to the last bit; on a GPU they go in
batches of like length, and rows are rounded to five decimals, beyond which kernels differ (about 1e-7).
Weights are held from `load` to `release`.
"""

import logging
import re
import threading
from collections.abc import Sequence
from typing import Any, Final, Self

import numpy as np
from numpy.typing import NDArray

from content.closeness import told_closeness
from content.errors import BadAnswerError, BadConfigurationError, OutOfMemoryError
from content.recipes import EngineIdentity
from models.devices import best_device, best_dtype, gives_memory_back
from models.metering import spend
from models.model_scores import metered_work
from models.protocols import Order
from models.quiet import quiet
from models.seeds import seeded
from models.weights.footprints import footprint_of
from models.weights.weights import loading, weights_of, working

VERSION: Final = 1
DECIMALS: Final = 5

OPTIONS: Final = ("prefix", "prompt", "dimensions", "batch", "dtype", "closeness")
_DTYPES: Final = ("", "float32", "float16", "bfloat16")
_BATCH: Final = 32

_log = logging.getLogger(__name__)


class EmbedderTransformers:
    """A sentence-embedding model. Safe to share between threads: one call works at a time.

    `prefix` stands before every text (`query:` for E5; a colon at its end gets its space), `prompt` names one of the
    model's own prompts instead; `dimensions` keeps the first so many numbers of models trained for that;
    `closeness` is the cosine from which two reports are one story, for `content.closeness`.
    """

    def __init__(self, order: Order) -> None:
        """Read the options; nothing is loaded. Raises BadConfigurationError for options that make no sense."""
        name = order.name
        name.allow(OPTIONS)
        self._order, self._weights = order, weights_of(order)
        # The space after "query:" would end the engine's name, and names are written without spaces at their end.
        self._prefix, self._prompt = re.sub(r":$", ": ", name.option("prefix", "")), name.option("prompt", "")
        self._dimensions, self._batch = name.option("dimensions", 0), name.option("batch", 0)
        self._dtype, self._closeness = name.option("dtype", ""), name.option("closeness", 0.0)
        if self._prefix and self._prompt:
            raise BadConfigurationError(f"{name}: prefix and prompt say the same thing twice; leave one out")
        if self._dimensions < 0 or self._batch < 0:
            raise BadConfigurationError(f"{name}: dimensions and batch must be 1 or more")
        if self._dtype not in _DTYPES:
            raise BadConfigurationError(f"{name}: dtype must be float32, float16 or bfloat16, not {self._dtype!r}")
        if "closeness" in name.options:
            told_closeness(self._closeness)
        self._lock = threading.Lock()
        self._model: Any = None

    @classmethod
    def from_order(cls, order: Order) -> Self:
        """Make the embedder that an order names."""
        return cls(order)

    @property
    def identity(self) -> EngineIdentity:
        """The weights, what stands before a text, and how rows are cut and rounded; the device is no part of it."""
        parameters: dict[str, str | int | float | bool] = {"version": VERSION, "decimals": DECIMALS}
        for key in sorted(self._order.name.options):
            parameters[key] = getattr(self, f"_{key}")
        return EngineIdentity(
            backend="transformers",
            model=self._weights.model,
            revision=self._weights.revision,
            parameters=parameters,
        )

    @property
    def device(self) -> str:
        """The device its weights go to."""
        return best_device(self._order.device)

    @property
    def footprint(self) -> int:
        """The weights, and a batch at work."""
        return footprint_of(self._weights, self.device, self._dtype or "float32") + 2**28

    def load(self) -> None:
        """Take the model into memory.

        Raises MissingEngineError for weights that are not there, BadConfigurationError for what is no embedding model,
        and for a prompt or a number of dimensions it does not have.
        """
        with self._lock:
            self._ready()

    def release(self) -> None:
        """Let the weights go."""
        with self._lock:
            self._model = None
        gives_memory_back(self.device)

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Give (N, D) float32 rows of unit length, one a text, in order; equal texts have equal rows.

        A text is read as far as the model's own limit. Raises BadAnswerError for rows that are no vectors.
        """
        with self._lock:
            model = self._ready()
            # By length, so that little is padded; the longest first, so that a lack of memory shows at once.
            distinct = sorted(set(texts), key=lambda text: (-len(text), text))
            tokens = 0
            rows: dict[str, NDArray[np.float32]] = {}
            batch = self._batch or (1 if self.device == "cpu" else _BATCH)
            with metered_work(self.device), quiet():
                while len(rows) < len(distinct):
                    some = distinct[len(rows) : len(rows) + batch]
                    try:
                        vectors, count = self._rows(model, some)
                    except OutOfMemoryError as error:
                        gives_memory_back(self.device)
                        if len(some) == 1:
                            raise
                        batch = max(1, len(some) // 2)
                        _log.warning("%s; going on with %d texts at once", error, batch)
                        continue
                    rows |= dict(zip(some, vectors, strict=True))
                    tokens += count
            spend(tokens_in=tokens)
            width = self._dimensions or int(model.get_embedding_dimension())
            return np.stack([rows[text] for text in texts]) if texts else np.zeros((0, width), dtype=np.float32)

    def _rows(self, model: Any, texts: Sequence[str]) -> tuple[NDArray[np.float32], int]:
        """Embed one batch; give its rows and how many tokens they took."""
        import torch

        options: dict[str, Any] = {"prompt": self._prefix} if self._prefix else {}
        if self._prompt:
            options["prompt_name"] = self._prompt
        with working("the embedding model"), torch.inference_mode():
            # An empty text has no token to pool in some models; a space has none either, a full stop does.
            given = model.encode(
                [text if text.strip() else "." for text in texts],
                batch_size=len(texts),
                show_progress_bar=False,
                convert_to_numpy=True,
                truncate_dim=self._dimensions or None,
                **options,
            )
        vectors = np.asarray(given, dtype=np.float64)
        lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
        if not np.isfinite(lengths).all() or (lengths < 1e-9).any():
            broken = int((~np.isfinite(lengths) | (lengths < 1e-9)).sum())
            raise BadAnswerError(
                f"{broken} of {len(texts)} rows from {self._weights.model} are no vectors (not numbers, or zero);"
                " try ?dtype=float32, or another embedder"
            )
        tokens = sum(len(each) for each in model.tokenizer(list(texts), truncation=True)["input_ids"])
        return np.round(vectors / lengths, DECIMALS).astype(np.float32), tokens

    def _ready(self) -> Any:
        if self._model is None:
            folder = self._weights.ready()
            with loading(f"the embedding model {self._weights.model}"), quiet(), seeded(0, self.device):
                from sentence_transformers import SentenceTransformer

                model: Any = SentenceTransformer(
                    str(folder),
                    device=self.device,
                    local_files_only=True,
                    trust_remote_code=False,
                    model_kwargs={
                        "use_safetensors": True,
                        "dtype": best_dtype(self.device, self._dtype or "float32"),
                    },
                ).eval()
            self._check(model)
            self._model = model
        return self._model

    def _check(self, model: Any) -> None:
        """Refuse what the options ask of a model that cannot do it, and bound what it reads to what it can place."""
        if self._prompt and self._prompt not in model.prompts:
            known = ", ".join(sorted(model.prompts)) or "none"
            raise BadConfigurationError(f"{self._weights.model} has no prompt {self._prompt!r}; it has {known}")
        full = model.get_embedding_dimension()
        if full and self._dimensions > full:
            raise BadConfigurationError(
                f"{self._weights.model} has {full} dimensions, {self._dimensions} were asked for"
            )
        config = getattr(model[0], "auto_model", model[0])
        places = getattr(getattr(config, "config", None), "max_position_embeddings", None)
        limit = model.max_seq_length
        if places and (limit is None or limit > places):
            model.max_seq_length = int(places) - 2  # RoBERTa's kin count positions from 2
