"""When each word of a spoken sentence is heard: by forced alignment with a CTC model, or by the words' length.

A model that knows its own timing (VITS) is asked first; both ways here work for any voice.
A loaded aligner holds its weights until it is dropped.
"""

import itertools
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.narrator.waveforms import Samples, resampled
from models.weights.weights import loading, working

Span = tuple[int, int]

_PAUSES = {",": 2.0, "，": 1.0, "、": 0.6, ";": 2.5, "；": 1.2, ":": 2.0, "：": 1.0, "—": 2.0, "–": 2.0}
"""How many letters long a voice rests after a sign inside a sentence."""


def align(log_probs: NDArray[np.floating], targets: Sequence[int], blank: int) -> tuple[Span, ...] | None:
    """Give for each target the frames [start, end) it takes on the likeliest CTC path through (T, V) log-probabilities.

    None when the frames are too few: each target needs one, and equal neighbours need a blank between them.
    """
    repeats = sum(one == other for one, other in itertools.pairwise(targets))
    frames, count = len(log_probs), len(targets)
    if not count or frames < count + repeats:
        return None
    # States: blank, target 0, blank, target 1, …, blank. A path goes from the first two to the last two.
    labels = np.full(2 * count + 1, blank)
    labels[1::2] = targets
    scores = np.asarray(log_probs, dtype=np.float64)[:, labels]  # (T, S)
    may_skip = np.zeros(len(labels), dtype=bool)
    may_skip[3::2] = labels[3::2] != labels[1:-2:2]
    best = np.full(len(labels), -np.inf)
    best[:2] = scores[0, :2]
    came = np.zeros(scores.shape, dtype=np.int8)  # how many states back the best way into this one begins
    for at in range(1, frames):
        ways = np.full((3, len(labels)), -np.inf)
        ways[0] = best
        ways[1, 1:] = best[:-1]
        ways[2, 2:] = np.where(may_skip[2:], best[:-2], -np.inf)
        came[at] = ways.argmax(axis=0)
        best = ways.max(axis=0) + scores[at]
    state = len(labels) - 1 if best[-1] >= best[-2] else len(labels) - 2
    if not np.isfinite(best[state]):
        return None
    firsts, lasts = np.zeros(count, dtype=int), np.full(count, -1)
    for at in range(frames - 1, -1, -1):
        if state % 2:
            firsts[state // 2] = at
            lasts[state // 2] = max(lasts[state // 2], at)
        state -= int(came[at, state])
    return tuple((int(first), int(last) + 1) for first, last in zip(firsts, lasts, strict=True))


def spread(text: str, places: Sequence[Span], begin: int, end: int) -> tuple[Span, ...]:
    """Lay words between two samples by their length; signs inside a sentence make a pause that belongs to no word."""
    ends: list[tuple[float, float, float]] = []
    at = 0.0
    for start, stop in places:
        word = text[start:stop]
        sounding = float(sum(2.5 if ord(character) > 0x2E7F and character.isalnum() else 1.0 for character in word))
        rest = _PAUSES.get(word[-1:], 0.0) if stop < len(text) else 0.0
        ends.append((at, at + sounding, at + sounding + rest))
        at += sounding + rest + (1.0 if text[stop : stop + 1] == " " else 0.0)
    scale = (end - begin) / at if at else 0.0
    return tuple((begin + round(first * scale), begin + round(last * scale)) for first, last, _ in ends)


def filled(spans: Sequence[Span | None], text: str, places: Sequence[Span], begin: int, end: int) -> tuple[Span, ...]:
    """Give every word a span inside [begin, end], in order: unknown ones are laid between their neighbours."""
    guess = spread(text, places, begin, end)
    if all(span is None for span in spans):
        return guess
    known: list[Span | None] = []
    latest = begin
    for span in spans:
        if span is None:
            known.append(None)
            continue
        first = min(max(span[0], latest), end)
        latest = min(max(span[1], first), end)
        known.append((first, latest))
    done: list[Span] = []
    index = 0
    while index < len(known):
        run = index
        while run < len(known) and known[run] is None:
            run += 1
        if run > index:
            low = done[-1][1] if done else begin
            following = known[run] if run < len(known) else None
            high = following[0] if following else end
            first, last = places[index][0], places[run - 1][1]
            inside = [(start - first, stop - first) for start, stop in places[index:run]]
            done += spread(text[first:last], inside, low, max(low, high))
            index = run
        if index < len(known) and (span := known[index]):
            done.append(span)
            index += 1
    return tuple(done)


class CtcAligner:
    """A CTC speech recogniser, used backwards: what was said is known, when is asked."""

    def __init__(self, folder: Path, device: str) -> None:
        """Load the model and its alphabet."""
        with loading(f"the aligner in {folder.name}"):
            from transformers import AutoModelForCTC, AutoProcessor

            local: dict[str, Any] = {"local_files_only": True, "trust_remote_code": False}
            reading: Any = AutoProcessor
            self._processor: Any = reading.from_pretrained(folder, **local)
            model: Any = AutoModelForCTC.from_pretrained(folder, use_safetensors=True, **local)
            self._model: Any = model.float().eval().to(device)
            vocabulary: dict[str, int] = self._processor.tokenizer.get_vocab()
            self._rate = int(self._processor.feature_extractor.sampling_rate)
            self._blank = int(self._processor.tokenizer.pad_token_id)
        special = set(self._processor.tokenizer.all_special_tokens)
        self._letters = {sign: at for sign, at in vocabulary.items() if len(sign) == 1 and sign not in special}
        self._gap = self._letters.pop(str(self._processor.tokenizer.word_delimiter_token or "|"), None)

    def words(self, samples: Samples, rate: int, text: str, places: Sequence[Span]) -> list[Span | None]:
        """Give each word's samples; None for words without a letter of the aligner's alphabet, or when nothing fits."""
        targets: list[int] = []
        owners: list[int] = []
        for index, (start, stop) in enumerate(places):
            letters = [at for sign in text[start:stop] if (at := self._letter(sign)) is not None]
            if letters and targets and self._gap is not None and text[start - 1 : start] == " ":
                targets.append(self._gap)
                owners.append(-1)
            targets += letters
            owners += [index] * len(letters)
        spans: list[Span | None] = [None] * len(places)
        if not targets:
            return spans
        log_probs = self._log_probs(resampled(samples, rate, self._rate))
        found = align(log_probs, targets, self._blank)
        if found is None:
            return spans
        scale = len(samples) / len(log_probs)
        for owner, (first, last) in zip(owners, found, strict=True):
            if owner >= 0:
                begun = spans[owner]
                spans[owner] = (begun[0] if begun else round(first * scale), round(last * scale))
        return spans

    def _letter(self, sign: str) -> int | None:
        for form in (sign, sign.upper(), sign.lower()):
            if form in self._letters:
                return self._letters[form]
        return None

    def _log_probs(self, samples: Samples) -> NDArray[np.float32]:
        import torch

        with working("aligning a sentence"), torch.inference_mode():
            inputs = self._processor(samples, sampling_rate=self._rate, return_tensors="pt").to(self._model.device)
            logits = self._model(**inputs).logits[0]  # (T, V)
            log_probs: NDArray[np.float32] = logits.float().log_softmax(dim=-1).cpu().numpy()
        return log_probs
