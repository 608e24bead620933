"""From messages to the tokens a chat model reads, with no way from a message's text into the conversation's structure.

The model's own template is rendered around placeholders. What stands between them is the template's and may hold
control tokens; what replaces them is read by the same tokenizer without any added token, so that `<|im_end|>` in a
source is eleven harmless characters and never the end of a turn.
"""

import copy
import json
import re
import threading
from collections.abc import Sequence
from typing import Any

from content.errors import BadConfigurationError, BadInputError
from models.protocols import Message

_PLACE = re.compile("PRESSROOMxMESSAGEx([0-9]+)xTEXT")


class ChatPrompt:
    """Builds prompts for one tokenizer; lives as long as it. Safe to share between threads.

    Raises BadConfigurationError for a tokenizer without a chat template.
    """

    def __init__(self, tokenizer: Any, *, model: str) -> None:
        if not getattr(tokenizer, "chat_template", None):
            raise BadConfigurationError(
                f"{model} has no chat template, so it was not made to follow instructions; use an instruct model"
            )
        self._model = model
        self._tokenizer = tokenizer
        self._plain = _without_added_tokens(tokenizer.backend_tokenizer)
        commands = {token for token, added in tokenizer.added_tokens_decoder.items() if added.special}
        self._forbidden = frozenset(commands - {tokenizer.unk_token_id})
        self._lock = threading.Lock()  # a tokenizer's settings are state that callers would change under each other

    def tokens(self, messages: Sequence[Message]) -> list[int]:
        """Give the prompt's tokens, up to where the answer begins.

        Raises BadConfigurationError when the template cannot hold the conversation.
        """
        rendered = self._render(messages)
        found: list[int] = []
        places: list[int] = []
        at = 0
        for place in _PLACE.finditer(rendered):
            places.append(int(place[1]))
            found += self._of_template(rendered[at : place.start()])
            found += self._of_message(messages[places[-1]].text)
            at = place.end()
        if places != list(range(len(messages))):
            lost = next((index for index in range(len(messages)) if places.count(index) != 1), 0)
            raise BadConfigurationError(
                f"the chat template of {self._model} leaves out, repeats or moves message {lost + 1}"
                f" (role {messages[lost].role}); use an instruct model whose template knows that role"
            )
        return found + self._of_template(rendered[at:])

    def _render(self, messages: Sequence[Message]) -> str:
        turns = [{"role": turn.role, "content": f"PRESSROOMxMESSAGEx{at}xTEXT"} for at, turn in enumerate(messages)]
        try:
            # A template that does not know `enable_thinking` never looks at it; one that does would think aloud
            # outside the answer's grammar.
            text: str = self._tokenizer.apply_chat_template(
                turns, add_generation_prompt=True, tokenize=False, enable_thinking=False
            )
        except Exception as error:  # noqa: BLE001  # a template is a program of the model's makers and may raise anything
            raise BadConfigurationError(
                f"the chat template of {self._model} refuses a conversation of"
                f" {', '.join(turn.role for turn in messages)}: {error}; use another instruct model"
            ) from None
        return text

    def _of_template(self, text: str) -> list[int]:
        with self._lock:
            return list(self._tokenizer.encode(text, add_special_tokens=False)) if text else []

    def _of_message(self, text: str) -> list[int]:
        with self._lock:
            tokens: list[int] = self._plain.encode(text, add_special_tokens=False).ids
        if smuggled := self._forbidden.intersection(tokens):
            name = self._tokenizer.convert_ids_to_tokens(min(smuggled))
            raise BadInputError(f"a text holds {name!r}, which {self._model} reads as a command; leave that text out")
        return tokens


def _without_added_tokens(backend: Any) -> Any:
    described = json.loads(copy.copy(backend).to_str())
    described["added_tokens"] = []
    described["post_processor"] = None  # it may name added tokens, and only decorates whole prompts
    described["truncation"] = described["padding"] = None
    return type(backend).from_str(json.dumps(described))
