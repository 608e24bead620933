"""What a server understands of the Chat Completions API, and how a question is put to it.

Servers share the API's name and differ in what they take. Each refusal that names a parameter teaches one step down:
a schema the server enforces, else its JSON mode, else plain text with the schema in the instructions.
"""

import json
import re
from dataclasses import dataclass, replace
from typing import Any, Final, Literal, Self, get_args

from models.protocols import Question
from models.seeds import derived_seed

Answers = Literal["json_schema", "json_object", "text"]
ANSWERS: Final[tuple[Answers, ...]] = get_args(Answers)

_ANSWERS = ("response_format", "json_schema", "json_object", "grammar", "structured output", "guided decoding")
_SAMPLING = ("temperature", "top_p", "seed")
_ORDER: Final = "Answer with one JSON document and nothing else. It has to satisfy this JSON schema:"


@dataclass(frozen=True)
class Dialect:
    """What is known of a server; it only ever gets simpler, so a server can teach a few steps and no more."""

    answers: Answers = "json_schema"
    limit: Literal["max_tokens", "max_completion_tokens"] = "max_tokens"
    left_out: frozenset[str] = frozenset()

    @property
    def is_enforced(self) -> bool:
        """Say whether the server holds answers to the schema, so that they are JSON and nothing around it."""
        return self.answers == "json_schema"

    def request(self, question: Question, *, model: str, seed: int) -> dict[str, Any]:
        """Give the body of the request that asks a question."""
        schema = json.loads(question.answer_schema)
        body: dict[str, Any] = {
            "model": model,
            "messages": self._messages(question),
            "temperature": question.temperature,
            "top_p": question.top_p,
            "seed": derived_seed(seed) >> 32,  # servers read seeds into 32 bits, some of them with a sign
            self.limit: question.max_tokens,
        }
        if self.answers == "json_schema":
            described = {"name": "answer", "schema": schema, "strict": True}
            body["response_format"] = {"type": "json_schema", "json_schema": described}
        elif self.answers == "json_object":
            body["response_format"] = {"type": "json_object"}
        return {name: value for name, value in body.items() if name not in self.left_out}

    def _messages(self, question: Question) -> list[dict[str, str]]:
        turns = [{"role": message.role, "content": message.text} for message in question.messages]
        if self.is_enforced:
            return turns
        order = f"{_ORDER}\n{question.answer_schema}"
        if turns[0]["role"] == "system":
            turns[0]["content"] += f"\n\n{order}"
            return turns
        return [{"role": "system", "content": order}, *turns]

    def without_schema(self) -> Self:
        """Give the dialect for a server that answered with text where it was given a schema: it does not look at it."""
        return replace(self, answers="json_object") if self.is_enforced else self

    def after_refusal(self, told: str, parameter: str) -> Self | None:
        """Give the dialect to ask again in after a refusal, or None when the refusal is about something else."""
        said = f"{parameter} {told}".lower()
        if self.answers != "text" and any(word in said for word in _ANSWERS):
            return replace(self, answers=ANSWERS[ANSWERS.index(self.answers) + 1])
        if self.limit == "max_tokens" and "max_completion_tokens" in said:
            return replace(self, limit="max_completion_tokens")
        for name in _SAMPLING:
            # Only as a name between quotation marks: an error may also quote a question that is about temperature.
            if name not in self.left_out and (name == parameter or re.search(rf"['\"`]{name}['\"`]", said)):
                return replace(self, left_out=self.left_out | {name})
        return None
