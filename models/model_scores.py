"""From a model's logits to scores that can be trusted to be numbers, in batches that shrink when memory is short."""

import logging
import math
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, TypeVar

import numpy as np
from numpy.typing import NDArray

from content.errors import BadAnswerError, OutOfMemoryError
from models.metering import spend
from models.weights.weights import working

if TYPE_CHECKING:
    import torch

Row = TypeVar("Row")
Scores = NDArray[np.float64]

_log = logging.getLogger(__name__)


def probabilities(logits: "torch.Tensor", columns: int, what: str, *, multi_label: bool = False) -> Scores:
    """Turn (N, C) logits into probabilities: each for itself, or of each row together 1.

    Raises BadAnswerError when there are not C of them, or one is no number: such a model has judged nothing.
    """
    import torch

    if logits.ndim != 2 or logits.shape[1] != columns:
        raise BadAnswerError(f"{what} gave answers of shape {tuple(logits.shape)}, where {columns} labels are expected")
    wide = logits.detach().to(torch.float64).cpu()
    if not bool(torch.isfinite(wide).all()):
        raise BadAnswerError(f"{what} gave scores that are no numbers; its weights or its dtype are unfit")
    scores: Scores = (wide.sigmoid() if multi_label else wide.softmax(dim=1)).numpy()
    return scores


def in_batches(rows: Sequence[Row], size: int, work: Callable[[Sequence[Row]], Scores], what: str) -> Scores:
    """Work on rows in batches and give their scores in order; a batch that does not fit is halved.

    Raises OutOfMemoryError when not even a single row fits.
    """
    found: list[Scores] = []
    at = 0
    while at < len(rows):
        part = rows[at : at + size]
        try:
            with working(what):
                found.append(work(part))
        except OutOfMemoryError:
            if len(part) == 1:
                raise
            size = math.ceil(len(part) / 2)
            _log.warning("%s: the device had no room for %d at once, going on with %d", what, len(part), size)
            continue
        at += len(part)
    return np.concatenate(found) if found else np.zeros((0, 0))


@contextmanager
def metered_work(device: str, *, tokens_in: int = 0, images: int = 0) -> Iterator[None]:
    """Report what the work inside the block used, also when it fails: the device was busy either way."""
    on_cuda = device.startswith("cuda")
    if on_cuda:
        import torch

        torch.cuda.reset_peak_memory_stats(device)
    start = time.perf_counter()
    try:
        yield
    finally:
        peak = torch.cuda.max_memory_allocated(device) if on_cuda else 0
        spend(tokens_in=tokens_in, images=images, device_s=time.perf_counter() - start, peak_bytes=peak)
