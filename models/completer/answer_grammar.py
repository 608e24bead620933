"""Which tokens may come next, so that an answer satisfies its JSON schema: llguidance over the model's own vocabulary.

The tokenizer's trie is built once a load and the grammars of the last schemas are kept; both are dropped with it.
Whitespace outside of strings is not allowed, or a model that likes blanks would never come to an end.
"""

import threading
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from content.errors import BadConfigurationError
from models.once import Once

if TYPE_CHECKING:
    from llguidance import LLMatcher

KEPT: Final = 32
"""How many schemas stay compiled."""

# Escapes for quotation marks, backslashes, line ends and tabs; no control characters, which no page or mail can show.
_OPTIONS: Final[Any] = {"whitespace_flexible": False, "json_allowed_escapes": '"\\nt'}


class AnswerGrammars:
    """Compiles schemas for one tokenizer. Safe to share between threads.

    `width` is how many logits the model gives, `ends` the tokens that end an answer;
    `only_ends` is the mask that allows those and nothing else.
    Raises BadConfigurationError for a tokenizer whose bytes cannot be known.
    """

    def __init__(self, tokenizer: Any, *, width: int, ends: Sequence[int], model: str) -> None:
        from llguidance import LLExecutor
        from llguidance.hf import from_tokenizer

        try:
            self._vocabulary = from_tokenizer(tokenizer, n_vocab=max(width, len(tokenizer)), eos_token=list(ends))
        except ValueError as error:
            raise BadConfigurationError(
                f"answers of {model} cannot be held to a schema, because of its tokenizer: {error};"
                " use a model with a tokenizer.json"
            ) from None
        self.only_ends = _bits(ends, self.columns)
        self._executor = LLExecutor()
        self._compiled: Once[LLMatcher] = Once(KEPT)
        self._copying = threading.Lock()

    @property
    def columns(self) -> int:
        """How many 32-bit words a mask over the vocabulary has."""
        return (self._vocabulary.vocab_size + 31) // 32

    def matcher(self, schema: str) -> "LLMatcher":
        """Give a fresh matcher for a JSON schema; raise BadConfigurationError for one that cannot be held to."""
        compiled = self._compiled.get(schema, lambda: self._compile(schema))
        with self._copying:
            return compiled.deep_copy()

    def fill(self, matchers: Sequence[tuple["LLMatcher", int]], mask: NDArray[np.int32]) -> None:
        """Write which tokens each matcher allows into its row of an (N, columns) bit mask, in parallel."""
        if matchers:
            self._executor.unsafe_compute_mask_ptr(list(matchers), mask.ctypes.data, mask.shape[1] * 4, mask.shape[0])

    def text(self, tokens: Sequence[int]) -> bytes:
        """Give the bytes tokens stand for."""
        return self._vocabulary.decode_bytes(list(tokens))

    def _compile(self, schema: str) -> "LLMatcher":
        from llguidance import LLMatcher

        try:
            grammar = LLMatcher.grammar_from_json_schema(schema, overrides=_OPTIONS)
        except ValueError as error:
            raise BadConfigurationError(f"the answer's schema is no JSON schema: {error}") from None
        matcher = LLMatcher(self._vocabulary, grammar, log_level=0)
        if matcher.is_error():
            told = matcher.get_error().strip().splitlines()[0]
            raise BadConfigurationError(f"no grammar can be made of the answer's schema: {told}")
        return matcher


def _bits(tokens: Sequence[int], columns: int) -> NDArray[np.int32]:
    words = np.zeros(columns, dtype=np.uint32)
    for token in tokens:
        words[token // 32] |= np.uint32(1 << token % 32)
    return words.view(np.int32)
