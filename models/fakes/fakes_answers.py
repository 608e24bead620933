"""What the fake completers answer: JSON of a schema's shape, with sentences of the sources their prompt shows.

Deterministic from the question and the seed. It reads the prompt as a naive model would, and nothing else.
"""

import json
import random
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from content.prompting import is_source_line
from content.sentences import split
from models.protocols import Question

_HAN = re.compile(r"[\u3400-\u9fff]")
_WORDS = ("harbour", "morning", "quiet", "paper", "window", "garden", "bridge", "letter")


@dataclass(frozen=True)
class Shown:
    """The sources a prompt shows, as sentences by their number."""

    sentences: dict[int, tuple[str, ...]] = field(default_factory=dict)

    @property
    def chinese(self) -> bool:
        """Whether they are in Chinese."""
        return any(_HAN.search(sentence) for each in self.sentences.values() for sentence in each[:2])

    def in_turn(self) -> Iterator[tuple[int, str]]:
        """Give (number, sentence), one of every source before the next of any."""
        longest = max(map(len, self.sentences.values()), default=0)
        for at in range(longest):
            for number, sentences in self.sentences.items():
                if at < len(sentences):
                    yield number, sentences[at]


def shown_in(question: Question) -> Shown:
    """Read the sources out of a prompt."""
    lines: dict[int, list[str]] = {}
    for message in question.messages:
        for line in message.text.splitlines():
            if found := is_source_line(line):
                lines.setdefault(found[0], []).append(found[1])
    return Shown(
        {
            number: tuple(
                sentence.text for line in each for sentence in split(line, "zh" if _HAN.search(line) else "en")
            )
            for number, each in lines.items()
        }
    )


def question_about(sentence: str) -> str:
    """Give a plain question about something in a sentence."""
    if topic := re.search(r"[\u3400-\u9fff]{4}", sentence):
        return f"关于{topic[0]}有什么消息？"
    longest = max(re.findall(r"\b[a-z]+\b", sentence) or ["news"], key=len)
    return f"What is there to know about the {longest}?"


def plain_scene(sentence: str, chance: random.Random) -> str:
    """Give a scene in English with something in it that a sentence speaks of."""
    words = sorted(re.findall(r"\b[a-z]{5,}\b", sentence), key=len) or [*_WORDS]
    return f"A quiet place with a {chance.choice(words[-3:])} in soft morning light"


def minimal_answer(question: Question, seed: int) -> str:
    """Give a small JSON document that satisfies the question's schema."""
    return json.dumps(_Filler(shown_in(question), seed).value(json.loads(question.answer_schema)), ensure_ascii=False)


class _Filler:
    """Fills a schema. Lives as long as one answer."""

    def __init__(self, shown: Shown, seed: int) -> None:
        self._random = random.Random(seed)
        sentences = list(shown.in_turn())
        # Another seed begins elsewhere, but what is told first in a source is what can best stand alone.
        start = seed % 2 if len(sentences) > 8 else 0
        self._left = sentences[start:]
        self._chinese = shown.chinese
        self._last = ""

    def value(self, schema: dict[str, Any], key: str = "") -> Any:
        kind = schema.get("type", "string")
        if "enum" in schema:
            return self._random.choice(schema["enum"])
        if kind == "object":
            return self._object(schema)
        if kind == "array":
            return [self.value(schema["items"], key) for _ in range(_count(schema))]
        if kind == "string":
            return self._string(schema, key)
        return {"boolean": False, "null": None}.get(kind, schema.get("minimum", 0))

    def _object(self, schema: dict[str, Any]) -> dict[str, Any]:
        properties: dict[str, Any] = schema.get("properties", {})
        told = next((key for key in ("text", "told") if key in properties and "sources" in properties), "")
        filled: dict[str, Any] = {}
        if told and (found := self._sentence(properties[told])):
            filled = {"sources": [found[0]], told: found[1]}
        # A sentence nobody speaks is the honest answer where a speaker could be named.
        filled |= {"speaker": ""} if told and "speaker" in properties else {}
        return {key: filled[key] if key in filled else self.value(each, key) for key, each in properties.items()}

    def _sentence(self, schema: dict[str, Any]) -> tuple[int, str] | None:
        for index, (number, sentence) in enumerate(self._left):
            if _fits(sentence, schema) and "“" not in sentence:
                del self._left[index]
                self._last = sentence
                return number, sentence
        return None

    def _string(self, schema: dict[str, Any], key: str) -> str:
        for text in (*self._lines(key), self._words(3), self._words(1), "A", "x", ""):
            if _fits(text, schema):
                return text
        return ""

    def _lines(self, key: str) -> Sequence[str]:
        """Give lines that suit a field, the best one first."""
        next_sentence = self._left[0][1] if self._left else self._last
        if key == "asked":
            return (question_about(self._last or next_sentence),)
        if key in {"picture", "prompts"}:
            return (plain_scene(self._last or next_sentence, self._random),)
        bare = re.split(r"[,;:，；：]", next_sentence)[0].rstrip(".。!?！？")
        return (bare,) if bare else ()

    def _words(self, count: int) -> str:
        return " ".join(self._random.choice(_WORDS) for _ in range(count)).capitalize()


def _count(schema: dict[str, Any]) -> int:
    least = int(schema.get("minItems", 0))
    return min(least + 1, int(schema.get("maxItems", least + 1))) if least else 0


def _fits(text: str, schema: dict[str, Any]) -> bool:
    longest = schema.get("maxLength", len(text))
    pattern = schema.get("pattern", "")
    return schema.get("minLength", 0) <= len(text) <= longest and (not pattern or re.search(pattern, text) is not None)
