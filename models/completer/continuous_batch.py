"""Answers that are asked for side by side, written in one batch: transformers' continuous batching, kept alive.

A loop owns a thread for the model and one that watches it; both are daemons and end with `stop`.
It holds the paged cache, which requests with a common beginning share. Whatever ends the model's thread
fails every thread that waits, with an error of the house; a loop that ended stays ended.
"""

import contextlib
import itertools
import logging
import threading
from concurrent.futures import Future
from concurrent.futures import TimeoutError as NotYet
from dataclasses import dataclass, replace
from typing import Any, Final

from content.errors import BadConfigurationError, PressroomError, UnreachableError
from models.completer.packed_attention import register
from models.completer.sampling import Asked, TokenChooser
from models.weights.weights import working

_LOOK_S: Final = 1.0
"""How often a waiting thread looks whether there is still somebody to wait for."""

_TURN_S: Final = 0.1
"""How long the watching thread looks for results before it looks whether the model's thread lives."""

_STOP_S: Final = 30.0


@dataclass(frozen=True)
class BatchRoom:
    """What a batch may take: answers at a time, tokens in the cache, tokens in a forward pass, tokens in a page."""

    answers: int
    cache_tokens: int
    step_tokens: int
    page: int

    @property
    def pages(self) -> int:
        """How many whole pages the cache has."""
        return max(self.cache_tokens // self.page, 1)

    def holds(self, tokens: int) -> bool:
        """Say whether one request of so many tokens fits when it is alone."""
        return -(-tokens // self.page) <= self.pages

    def half(self) -> "BatchRoom":
        """Give half of it, down to one answer."""
        return replace(
            self,
            answers=max(self.answers // 2, 1),
            cache_tokens=max(self.cache_tokens // 2, self.page),
            step_tokens=max(self.step_tokens // 2, self.page),
        )


class BatchLoop:
    """One run of a model over many requests; it lives until `stop`, or until something breaks it.

    `what` names the model in errors, `ends` are the tokens that end an answer.
    Raises BadConfigurationError for an architecture that cannot be batched.
    """

    def __init__(
        self, model: Any, chooser: TokenChooser, room: BatchRoom, *, what: str, ends: list[int], **how: bool
    ) -> None:
        self.room = room
        self._what, self._ends, self._chooser = what, ends, chooser
        try:
            self._manager = _manager(model, chooser, room, ends=ends, **how)
        except Exception as error:  # noqa: BLE001  # an architecture may refuse in any way
            raise _told(what, error) from None
        self._waiting: dict[str, Future[list[int]]] = {}
        self._numbers = itertools.count()
        self._lock = threading.Lock()
        self._over: PressroomError | None = None
        # The manager's thread inherits being a daemon from the thread that starts it; else a process that forgets
        # `stop` would never end.
        self._keeper = threading.Thread(target=self._keep, name="answers", daemon=True)
        self._started = threading.Event()
        self._keeper.start()
        self._started.wait()

    @property
    def is_over(self) -> bool:
        """Say whether it ended, by itself or because it was told to."""
        return self._over is not None

    def ask(self, prompt: list[int], asked: Asked, *, max_tokens: int) -> list[int]:
        """Have one answer written and give its tokens; the calling thread waits.

        Raises the house's error for what ended the loop, while or before this was asked.
        """
        answer: Future[list[int]] = Future()
        with self._lock:
            if self._over:
                raise _again(self._over)
            request_id = str(next(self._numbers))
            self._waiting[request_id] = answer
        self._chooser.admit(request_id, asked)
        try:
            self._manager.add_request(prompt, request_id=request_id, max_new_tokens=max_tokens, eos_token_id=self._ends)
            while True:
                with contextlib.suppress(NotYet):
                    return answer.result(timeout=_LOOK_S)
                if not self._keeper.is_alive() and not answer.done():
                    raise UnreachableError(f"the batch of {self._what} ended without a word; the step may be run again")
        finally:
            with self._lock:
                self._waiting.pop(request_id, None)
            self._chooser.dismiss(request_id)
            if not answer.done():
                self._manager.cancel_request(request_id)

    def stop(self) -> None:
        """End the loop and let its memory go; whoever still waits is told so."""
        with self._lock:
            self._over = self._over or UnreachableError(f"{self._what} was released while it worked")
        self._manager.stop(block=True, timeout=_STOP_S, hard_stop=True)
        self._keeper.join(_STOP_S)
        self._manager.destroy()
        self._manager.batch_processor = None

    # ---- the watching thread -----------------------------------------------------------------------------------------

    def _keep(self) -> None:
        try:
            self._manager.start()
            self._started.set()
            self._deliver()
        except Exception as error:  # noqa: BLE001  # whatever it is, those who wait must hear of it
            self._end(error)
        else:
            self._end(self._manager.background_thread_status.fatal_error)
        finally:
            self._started.set()

    def _deliver(self) -> None:
        failed: list[Any] = []
        while True:
            output = self._manager.get_result(timeout=_TURN_S)
            if output is None:
                if not self._manager.is_running():
                    return
                # A request may fail alone. When the batch does, its thread says why only after those in it have failed.
                while failed and self._manager.background_thread_status.can_accept_new_requests() is None:
                    each = failed.pop()
                    self._settle(each.request_id, error=RuntimeError(each.error))
            elif output.error is not None:
                failed.append(output)
            else:
                self._settle(output.request_id, tokens=output.generated_tokens)

    def _settle(self, request_id: str, *, tokens: list[int] | None = None, error: Exception | None = None) -> None:
        with self._lock:
            answer = self._waiting.get(request_id)
        if answer is None or answer.done():
            return
        if error is None:
            answer.set_result(tokens or [])
        else:
            answer.set_exception(_told(self._what, error))

    def _end(self, error: BaseException | None) -> None:
        with self._lock:
            if self._over is None:
                self._over = _told(self._what, error or RuntimeError("its thread ended"))
            waiting = [answer for answer in self._waiting.values() if not answer.done()]
            for answer in waiting:
                answer.set_exception(_again(self._over))
        if error is not None:
            error.__traceback__ = None  # its frames hold the batch's tensors


def _manager(
    model: Any, chooser: TokenChooser, room: BatchRoom, *, ends: list[int], packed: bool, compiled: bool, graphs: bool
) -> Any:
    from transformers import ContinuousBatchingConfig, GenerationConfig
    from transformers.generation.continuous_batching.cb_logits_processors import (
        ContinuousBatchingLogitsProcessor,
        ContinuousBatchingLogitsProcessorList,
    )
    from transformers.generation.logits_process import LogitsProcessorList

    # It prints tracebacks to the terminal; all that goes wrong is told to those who asked instead.
    logging.getLogger("ContinuousBatchingLogger").setLevel(logging.CRITICAL)
    ContinuousBatchingLogitsProcessor.register(TokenChooser)
    if packed:
        model.set_attn_implementation("sdpa")  # the manager takes only attentions it knows, but looks only once
    greedy: Any = GenerationConfig
    manager = model.init_continuous_batching(
        generation_config=greedy(do_sample=False, eos_token_id=ends),
        continuous_batching_config=ContinuousBatchingConfig(
            page_size=room.page,
            num_blocks=room.pages,
            max_batch_tokens=max(room.step_tokens, room.answers),
            max_requests_per_batch=room.answers,
            max_memory_percent=0.95,
            # With one answer at a time nothing is gained by sharing, and each is computed the same way every time.
            allow_block_sharing=room.answers > 1,
            use_async_batching=False,  # a grammar has to see a token before the next one can be masked
            use_cuda_graph=graphs,
            default_compile_level=int(compiled),
            auto_switch_to_flash=False,
            seed=0,
        ),
    )
    processors = ContinuousBatchingLogitsProcessorList(LogitsProcessorList([chooser]))
    processors.tensors_required = 1
    manager.logit_processor = processors
    if packed:
        model.set_attn_implementation(register())
    return manager


def _told(what: str, error: BaseException) -> PressroomError:
    """Tell what ended a batch in the house's words."""
    try:
        with working(what):
            raise error  # noqa: TRY301  # `working` knows errors by catching them
    except PressroomError as told:
        return told
    except RuntimeError as fault:
        return UnreachableError(f"the batch of {what} broke down: {fault}; the step may be run again")
    except Exception as fault:  # noqa: BLE001  # a fault of ours or of the architecture: another try changes nothing
        return BadConfigurationError(f"{what} cannot answer in batches: {type(fault).__name__}: {fault}")


def _again(error: PressroomError) -> PressroomError:
    """Give an error anew: threads that raise the same one would write on its traceback together."""
    return type(error)(error.message, **error.context)
