"""A guard's prompt as tokens, with foreign text inside that cannot act: the template is rendered without the text.

The text's own copies of a control token or of a marker the template parts its sections with are broken by a blank,
and its tokens are read as plain text. So nothing in it can end its turn, open another or speak for the guard.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Self

from content.errors import BadConfigurationError

_PLACE: Final = "THE-TEXT-TO-JUDGE-7Q3F"
_MARKER = re.compile(r"<[^<>\n]{1,60}>")


@dataclass(frozen=True)
class GuardPrompt:
    """One question's template with a place for the text; `answer` is where the guard's answer goes on."""

    tokenizer: Any
    head: tuple[int, ...]
    before: str
    after: str
    tail: tuple[int, ...]
    ending: str
    acting: re.Pattern[str]
    control_ids: frozenset[int]

    @classmethod
    def rendered(cls, tokenizer: Any, variables: Mapping[str, Any], prefix: str, what: str) -> Self:
        """Render a tokenizer's chat template around a place for the text.

        Raises BadConfigurationError when there is no template, or it does not show the text exactly once.
        """
        rendered = _render(tokenizer, variables, what)
        head, _, tail = rendered.partition(_PLACE)
        tail = tail if tail.endswith(prefix) else f"{tail}{prefix}"
        control = _control_tokens(tokenizer)
        acting = re.compile("|".join(map(re.escape, sorted(control, key=len, reverse=True))) or r"(?!)")
        # What stands between two control tokens is read as one piece, so that words meet as they do in training.
        start = max((found.end() for found in acting.finditer(head)), default=0)
        end = next((found.start() for found in acting.finditer(tail)), len(tail))
        markers = {marker.lower() for marker in _MARKER.findall(head + tail)}
        stops = sorted({*(token.lower() for token in control), *markers}, key=len, reverse=True)
        return cls(
            tokenizer=tokenizer,
            head=tuple(_ids(tokenizer, head[:start])),
            before=head[start:],
            after=tail[:end],
            tail=tuple(_ids(tokenizer, tail[end:])),
            ending=tail[end:] or tail,
            acting=re.compile(f"(?=(?:{'|'.join(map(re.escape, stops))}))(.)" if stops else r"(?!)()", re.IGNORECASE),
            control_ids=frozenset(tokenizer.convert_tokens_to_ids(list(control))),
        )

    def harmless(self, text: str) -> str:
        """Break every control token and section marker in a text with a blank."""
        return self.acting.sub(r"\1 ", text)

    def ids(self, text: str) -> list[int]:
        """Give the whole prompt for a text, ready to be answered."""
        middle = _ids(self.tokenizer, f"{self.before}{self.harmless(text)}{self.after}", plain=True)
        # Some tokenizers make control tokens of look-alikes while they normalise; those are left out.
        return [*self.head, *(token for token in middle if token not in self.control_ids), *self.tail]

    def words(self, word: str) -> list[int]:
        """Give a word's tokens as they follow the prompt."""
        return continued(self.tokenizer, self.ending, word)

    @property
    def overhead(self) -> int:
        """How many tokens the template takes."""
        return len(self.ids(""))


def continued(tokenizer: Any, before: str, word: str) -> list[int]:
    """Give the tokens of a word behind what stands before it, or alone where the two would melt into one."""
    first, both = _ids(tokenizer, before), _ids(tokenizer, before + word)
    return both[len(first) :] if both[: len(first)] == first and len(both) > len(first) else _ids(tokenizer, word)


def _render(tokenizer: Any, variables: Mapping[str, Any], what: str) -> str:
    from jinja2 import TemplateError

    if not tokenizer.chat_template:
        raise BadConfigurationError(f"{what} has no chat template, so it cannot be asked; use a guard that brings one")
    failed = ""
    # Templates made for pictures too take a list of parts.
    for content in (_PLACE, [{"type": "text", "text": _PLACE}]):
        try:
            rendered = tokenizer.apply_chat_template(
                [{"role": "user", "content": content}], tokenize=False, add_generation_prompt=True, **variables
            )
        except (TemplateError, TypeError, ValueError) as error:
            failed = f": {error}"
            continue
        if rendered.count(_PLACE) == 1 and "'type'" not in rendered:
            return str(rendered)
    raise BadConfigurationError(f"the chat template of {what} does not show the text it is given once{failed}")


def _control_tokens(tokenizer: Any) -> set[str]:
    """Give the tokens that act: the special ones, and added ones in brackets (Gemma adds blanks and line ends, too)."""
    added = tokenizer.added_tokens_decoder.values()
    return {token.content for token in added if len(token.content) > 1 and (token.special or token.content[0] in "<[")}


def _ids(tokenizer: Any, text: str, *, plain: bool = False) -> list[int]:
    read = tokenizer(text, add_special_tokens=False, split_special_tokens=plain, verbose=False)
    return list(read["input_ids"]) if text else []
