"""How the next token of each answer in a batch is chosen: what its grammar allows, its temperature, its own dice.

Dice are a hash of (seed, position, token), so an answer depends on no other answer in the batch, on no device's
generator and on no global state. Adding Gumbel noise to the logits and taking the largest draws from their softmax
(E. J. Gumbel, 1954). Every tensor here has a fixed place and shape, as captured graphs want it.
"""

import hashlib
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from models.completer.answer_grammar import AnswerGrammars

if TYPE_CHECKING:
    import torch
    from llguidance import LLMatcher

CANDIDATES: Final = 1024
"""A token is drawn among so many likeliest ones; what lies behind them has no share worth the sorting."""

_WORD: Final = 0xFFFFFFFF


@dataclass
class Asked:
    """One answer under way: its grammar and how it is drawn. `read` tokens of it have gone through the grammar."""

    matcher: "LLMatcher"
    seed: int
    temperature: float
    top_p: float
    read: int = 0


class TokenChooser:
    """Chooses tokens for the requests of a continuous batch; one a batch loop.

    A logits processor as transformers' continuous batching calls them: `prepare_tensor_args` before a forward pass,
    in the loop's thread; the call itself after it, on the device. Requests it does not know (a warm-up) are left alone.
    """

    supported_kwargs: dict[str, type] = {}  # noqa: RUF012  # the interface wants it as a class attribute
    ignored_kwargs: tuple[str, ...] = ()

    def __init__(self, grammars: AnswerGrammars, *, rows: int, device: "torch.device | str") -> None:
        import torch

        self._grammars = grammars
        self._asked: dict[str, Asked] = {}
        self._lock = threading.Lock()
        self._mask = np.full((rows, grammars.columns), -1, dtype=np.int32)
        self._dice = np.zeros((rows, 2), dtype=np.int64)
        self._heat = np.ones((rows, 2), dtype=np.float32)
        self._device_mask = torch.full((rows, grammars.columns), -1, dtype=torch.int32, device=device)
        self._device_dice = torch.zeros((rows, 2), dtype=torch.int64, device=device)
        self._device_heat = torch.ones((rows, 2), dtype=torch.float32, device=device)
        self._bits = torch.arange(32, dtype=torch.int32, device=device)

    def admit(self, request_id: str, asked: Asked) -> None:
        """Know a request before it is added to the batch."""
        with self._lock:
            self._asked[request_id] = asked

    def dismiss(self, request_id: str) -> None:
        """Forget a request."""
        with self._lock:
            self._asked.pop(request_id, None)

    # ---- what continuous batching calls ------------------------------------------------------------------------------

    def fill_defaults(self, int32_tensor: "torch.Tensor") -> None:
        """Leave the loop's own argument row empty; nothing reads it."""
        int32_tensor.zero_()

    def prepare_tensor_args(self, requests_with_new_token: Sequence[Any]) -> "torch.Tensor":
        """Bring every grammar up to date and lay out masks, dice and temperatures, a row for each request."""
        import torch

        self._mask.fill(-1)
        self._heat[:, 0] = 0
        open_rows = []
        for row, request in enumerate(requests_with_new_token):
            with self._lock:
                asked = self._asked.get(request.state.request_id)
            if asked is None:
                continue
            written = _written(request.state)
            asked.matcher.consume_tokens(written[asked.read :])
            asked.read = len(written)
            if asked.matcher.is_error():  # a grammar too complex to go on: end here, and who waits finds out why
                self._mask[row] = self._grammars.only_ends
            else:
                open_rows.append((asked.matcher, row))
            self._dice[row] = _dice(asked.seed, asked.read)
            self._heat[row] = asked.temperature, asked.top_p
        self._grammars.fill(open_rows, self._mask)
        # Blocking copies, on purpose: the forward pass runs on a stream of its own that does not wait for this one.
        self._device_mask.copy_(torch.from_numpy(self._mask))
        self._device_dice.copy_(torch.from_numpy(self._dice))
        self._device_heat.copy_(torch.from_numpy(self._heat))
        return torch.zeros(0, dtype=torch.int32)

    def __call__(self, scores: "torch.Tensor", tensor_arg: "torch.Tensor") -> "torch.Tensor":
        """Make the chosen token of each row of (B, V) scores the largest one, for the loop to pick."""
        rows, width = scores.shape
        allowed = (self._device_mask[:rows].unsqueeze(-1) >> self._bits) & 1  # (B, columns, 32)
        scores = scores.masked_fill(allowed.view(rows, -1)[:, :width] == 0, float("-inf"))
        chosen = choose(scores, self._device_heat[:rows, 0], self._device_heat[:rows, 1], self._device_dice[:rows])
        return scores.scatter(1, chosen.unsqueeze(1), float("inf"))


def choose(
    scores: "torch.Tensor", temperature: "torch.Tensor", top_p: "torch.Tensor", dice: "torch.Tensor"
) -> "torch.Tensor":
    """Choose one token for each row: (B, V) float32, (B,), (B,), (B, 2) int64 → (B,) int64.

    A temperature of 0 takes the likeliest. `top_p` keeps the likeliest tokens that together have that share.
    """
    import torch

    best, tokens = scores.topk(min(CANDIDATES, scores.shape[1]), dim=1)  # (B, K), likeliest first
    best = best / temperature.clamp(min=1e-4).unsqueeze(1)
    share = best.softmax(dim=1)
    kept = share.cumsum(dim=1) - share < top_p.unsqueeze(1)
    # Equal logits stand in no defined order, so all of those at the edge stay in.
    edge = best.masked_fill(~kept, float("inf")).amin(dim=1, keepdim=True)
    drawn = (best + gumbel(dice, tokens)).masked_fill(best < edge, float("-inf")).argmax(dim=1, keepdim=True)
    return torch.where(temperature > 0, tokens.gather(1, drawn).squeeze(1), scores.argmax(dim=1))


def gumbel(dice: "torch.Tensor", tokens: "torch.Tensor") -> "torch.Tensor":
    """Give (B, K) float32 Gumbel noise for (B, K) tokens, the same for the same dice and token anywhere."""
    import torch

    hashed = _mixed(_mixed(tokens * 0x9E3779B1 ^ dice[:, :1]) ^ dice[:, 1:])
    # 23 bits and a half: float32 holds every such number below 1 exactly, so no logarithm is ever of 0.
    uniform = ((hashed >> 9).to(torch.float32) + 0.5) / 2**23
    return -(-uniform.log()).log()


def _mixed(x: "torch.Tensor") -> "torch.Tensor":
    """Spread 32 bits over 32 bits (the finaliser of MurmurHash3, by Austin Appleby, public domain)."""
    x = x & _WORD
    x = ((x ^ (x >> 16)) * 0x85EBCA6B) & _WORD
    x = ((x ^ (x >> 13)) * 0xC2B2AE35) & _WORD
    return x ^ (x >> 16)


def _dice(seed: int, position: int) -> tuple[int, int]:
    digest = hashlib.blake2b(f"{seed} {position}".encode(), digest_size=8).digest()
    return int.from_bytes(digest[:4]), int.from_bytes(digest[4:])


def _written(state: Any) -> list[int]:
    """Give the tokens of an answer so far; a request that had to make room carries its first ones as prompt."""
    before = state.initial_tokens[state._true_initial_tokens :] if state._true_initial_tokens else []  # noqa: SLF001
    return [*before, *state.generated_tokens]
