"""Typed answers from open-weight chat models through torch and transformers.

Threads ask side by side and share one continuous batch and one cache (`continuous_batch.py`); each answer is
held to its question's schema (`answer_grammar.py`) and drawn with dice of its own (`sampling.py`).
Weights are held from `load` to `release`. The same question and seed give the same answer; on a device that computes
in 16 bits only as long as the batch is the same too, because sums are taken in another order for another batch:
`batch=1` makes them the same always.
"""

import json
import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, Final, Self

from content.errors import (
    BadAnswerError,
    BadInputError,
    OutOfMemoryError,
)
from content.recipes import EngineIdentity
from models.completer.answer_grammar import AnswerGrammars
from models.completer.chat_prompt import ChatPrompt
from models.completer.chat_weights import answer_ends, read_chat_model
from models.completer.continuous_batch import BatchLoop, BatchRoom
from models.completer.sampling import Asked, TokenChooser
from models.devices import best_device, gives_memory_back
from models.metering import spend
from models.protocols import Order, Question
from models.shared_time import SharedTime
from models.weights.weights import weights_of
from models.writer.writer_plan import WriterPlan, bytes_needed, is_packed, room_for

VERSION: Final = 1
"""Raised whenever the same weights, question and seed give another answer."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class _Loaded:
    model: Any
    prompts: ChatPrompt
    grammars: AnswerGrammars
    ends: list[int]
    context: int


class CompleterTransformers:
    """A chat model on one device; its weights live from `load` to `release`. Threads may ask side by side.

    `read` gives the model and its tokenizer, `needs` says how many bytes of the device they and their work take.
    """

    def __init__(
        self,
        read: Callable[[], tuple[Any, Any]],
        *,
        identity: EngineIdentity,
        device: str,
        plan: WriterPlan,
        needs: Callable[[], int] = lambda: 0,
    ) -> None:
        self.identity = identity
        self.device = device
        self._read, self._plan, self._needs = read, plan, needs
        self._loaded: _Loaded | None = None
        self._loop: BatchLoop | None = None
        self._room: BatchRoom | None = None
        self._time = SharedTime()
        self._lock = threading.Lock()

    @classmethod
    def from_order(cls, order: Order) -> Self:
        """Build a completer from its name; raise BadConfigurationError for options it does not know."""
        name = order.name
        plan = WriterPlan.from_name(name)
        weights = weights_of(order)
        device = best_device(name.option("device", order.device))
        return cls(
            partial(read_chat_model, weights, device, plan),
            identity=EngineIdentity(
                backend="transformers",
                model=weights.model,
                revision=weights.revision,
                parameters={"version": VERSION, **name.options},
            ),
            device=device,
            plan=plan,
            # Weights may be pulled while this process lives, so their size is looked up each time it is asked for.
            needs=lambda: bytes_needed(weights_of(order), plan, device),
        )

    @property
    def footprint(self) -> int:
        """About how many bytes of the device are taken by weights, cache and work."""
        return self._needs()

    def load(self) -> None:
        """Take the weights into memory.

        Raises MissingEngineError when they are not there, BadConfigurationError when they are no instruct model.
        """
        with self._lock:
            self._ready()

    def release(self) -> None:
        """End the batch, forget the weights and give the device's memory back."""
        with self._lock:
            if self._loop:
                self._loop.stop()
            self._loop = self._loaded = self._room = None
        gives_memory_back(self.device)

    def complete(self, question: Question, *, seed: int) -> str:
        """Give one whole JSON document that satisfies the question's schema.

        Raises BadAnswerError when the model ends without one, BadInputError when the question is longer than the model
        or its cache can read, OutOfMemoryError when not even one answer at a time fits the device.
        """
        with self._lock:
            loaded = self._ready()
        prompt = loaded.prompts.tokens(question.messages)
        if len(prompt) + question.max_tokens > loaded.context:
            raise BadInputError(
                f"the question has {len(prompt)} tokens and its answer may have {question.max_tokens}, but"
                f" {self.identity} reads {loaded.context} together; shorten the sources or lower max_tokens"
            )
        matcher = loaded.grammars.matcher(question.answer_schema)
        with self._time.charged() as charge:
            while True:
                asked = Asked(matcher.deep_copy(), seed, question.temperature, question.top_p)
                loop = self._running(loaded, len(prompt) + question.max_tokens)
                try:
                    tokens = loop.ask(prompt, asked, max_tokens=question.max_tokens)
                    break
                except OutOfMemoryError as error:
                    self._make_room(loop, error)
        spend(
            tokens_in=len(prompt), tokens_out=len(tokens), device_s=charge.seconds, peak_bytes=_peak_bytes(self.device)
        )
        return self._whole(loaded, asked, tokens)

    # ---- weights and batch -------------------------------------------------------------------------------------------

    def _ready(self) -> _Loaded:
        if self._loaded is None:
            model, tokenizer = self._read()
            what = str(self.identity)
            config = model.config.get_text_config()
            ends = answer_ends(model, tokenizer, what=what)
            self._loaded = _Loaded(
                model=model,
                prompts=ChatPrompt(tokenizer, model=what),
                grammars=AnswerGrammars(tokenizer, width=config.vocab_size, ends=ends, model=what),
                ends=ends,
                context=config.max_position_embeddings,
            )
            self._room = room_for(config.to_dict(), model.get_memory_footprint(), self._plan, self.device)
        return self._loaded

    def _running(self, loaded: _Loaded, tokens: int) -> BatchLoop:
        """Give the batch loop, started if there is none or the last one broke."""
        with self._lock:
            if self._loop and self._loop.is_over:
                self._loop.stop()
                self._loop = None
                gives_memory_back(self.device)
            room = self._room
            assert room is not None
            if not room.holds(tokens):
                raise BadInputError(
                    f"the question and its answer may have {tokens} tokens, but the cache of {self.identity} holds"
                    f" {room.pages * room.page}; shorten the sources, lower max_tokens or set the option cache=TOKENS"
                )
            if self._loop is None:
                chooser = TokenChooser(loaded.grammars, rows=room.answers, device=self.device)
                self._loop = BatchLoop(
                    loaded.model,
                    chooser,
                    room,
                    what=str(self.identity),
                    ends=loaded.ends,
                    packed=is_packed(loaded.model.config, self._plan),
                    compiled=self._plan.compiled,
                    graphs=self._plan.graphs,
                )
            return self._loop

    def _make_room(self, loop: BatchLoop, error: OutOfMemoryError) -> None:
        """Halve the batch that ran out of memory, once for all who were in it; raise when it cannot get smaller."""
        if loop.room.answers == 1:
            raise error
        with self._lock:
            if self._room == loop.room:
                self._room = loop.room.half()
                _log.warning(
                    "%s had no room for %d answers at a time; going on with %d. Set the option batch=%d to start there",
                    self.identity,
                    loop.room.answers,
                    self._room.answers,
                    self._room.answers,
                )

    def _whole(self, loaded: _Loaded, asked: Asked, tokens: list[int]) -> str:
        if asked.matcher.is_error():
            told = asked.matcher.get_error().strip().splitlines()[0]
            raise BadAnswerError(f"the grammar gave up on an answer of {self.identity}: {told}; simplify the schema")
        if not tokens or tokens[-1] not in loaded.ends:
            raise BadAnswerError(
                f"{self.identity} wrote {len(tokens)} tokens and its answer was not whole; raise max_tokens,"
                " ask for a shorter answer, or give every text of the schema a maxLength"
            )
        try:
            text = loaded.grammars.text(tokens[:-1]).decode()
            json.loads(text)
        except ValueError as error:
            raise BadAnswerError(f"{self.identity} gave an answer that is no JSON: {error}") from None
        return text


def _peak_bytes(device: str) -> int:
    if not device.startswith("cuda"):
        return 0
    import torch

    return torch.cuda.max_memory_allocated(device)
