"""What a server sent, read without trust: the text of an answer, what it used, and the one document that it must be.

Nothing of a foreign text ever gets into an error. A document is the whole text or nothing: no half of one is parsed.
"""

import json
from functools import lru_cache
from typing import Any, Final, NoReturn

from pydantic import BaseModel, Field, ValidationError

from content.errors import BadAnswerError, BadConfigurationError
from models.protocols import Question

BYTES_PER_TOKEN: Final = 3
"""For estimates: English has about four, Chinese three to five, code and addresses three."""

_MOST_BYTES_PER_TOKEN = 32
"""A count of tokens that would mean more than that, over a whole text, is not believed."""
_AROUND = 4096
"""How many tokens a server may put around a conversation by itself: a template, a default instruction."""


class _Message(BaseModel):
    content: str | None = None
    refusal: str | None = None


class _Choice(BaseModel):
    message: _Message
    finish_reason: str | None = None


class _Completion(BaseModel):
    choices: list[_Choice] = Field(min_length=1)


class _Listed(BaseModel):
    id: str


class _Models(BaseModel):
    data: list[_Listed]


class _Counts(BaseModel):
    prompt_tokens: Any = None
    completion_tokens: Any = None


class _Used(BaseModel):
    usage: _Counts


class UnfitAnswerError(Exception):
    """An answer that is no document of the schema; `is_text` when it is no JSON at all. Its message is ours."""

    def __init__(self, reason: str, *, is_text: bool = False) -> None:
        super().__init__(reason)
        self.is_text = is_text


# ---- the envelope ----------------------------------------------------------------------------------------------------


def answer_text(body: bytes, question: Question, *, who: str) -> str:
    """Give the text of the first choice of an answer that came to its natural end; raise BadAnswerError."""
    try:
        choice = _Completion.model_validate_json(body).choices[0]
    except ValidationError:
        raise BadAnswerError(
            f"{who} sent something that is no chat completion; is PRESSROOM_API_URL the server's base address,"
            " with /v1 at its end?"
        ) from None
    if choice.finish_reason == "length":
        raise BadAnswerError(
            f"{who} used up its {question.max_tokens} tokens before its answer was whole; raise max_tokens, ask for a"
            " shorter answer, or choose a model that thinks less"
        )
    if choice.finish_reason == "content_filter" or choice.message.refusal:
        raise BadAnswerError(f"{who} refused to answer; leave the story out, or use another model")
    text = choice.message.content or ""
    if len(text.encode(errors="replace")) > question.max_tokens * _MOST_BYTES_PER_TOKEN:
        raise BadAnswerError(f"{who} wrote far more than the {question.max_tokens} tokens that were asked for")
    return text


def listed_models(body: bytes) -> list[str]:
    """Give the names in a list of models, or none where it is no such list."""
    try:
        return [model.id for model in _Models.model_validate_json(body).data]
    except ValidationError:
        return []


# ---- tokens ----------------------------------------------------------------------------------------------------------


def prompt_bytes(question: Question) -> tuple[int, int]:
    """Count the bytes a model reads, without and with the schema, which some servers put into the prompt and bill."""
    told = sum(len(turn.text.encode()) for turn in question.messages)
    return told, told + len(question.answer_schema.encode())


def prompt_estimate(question: Question) -> int:
    """Guess how many tokens a model will read, rather too many than too few."""
    return -(-prompt_bytes(question)[1] // BYTES_PER_TOKEN) + 8 * len(question.messages) + 64


def reported_usage(body: bytes, question: Question) -> tuple[int, int] | None:
    """Give the tokens (in, out) an answer of any kind says it used, -1 for a count that cannot be; None without any."""
    try:
        used = _Used.model_validate_json(body).usage
    except ValidationError:
        return None
    least, most = prompt_bytes(question)
    read = _whole_number(used.prompt_tokens, least=1 + least // _MOST_BYTES_PER_TOKEN, most=most + _AROUND)
    # Some servers count the token that ends an answer, and a step or two they had already begun.
    return read, _whole_number(used.completion_tokens, least=0, most=question.max_tokens + 64)


def tokens_used(body: bytes, question: Question) -> tuple[int, int]:
    """Give the tokens (in, out) of an answer that came: the server's counts where they can be, else an estimate."""
    read, written = reported_usage(body, question) or (-1, -1)
    try:
        text = _Completion.model_validate_json(body).choices[0].message.content or ""
        size = len(text.encode(errors="replace"))
    except ValidationError:
        size = len(body)
    if written < -(-size // _MOST_BYTES_PER_TOKEN):
        written = min(-(-size // BYTES_PER_TOKEN), question.max_tokens)
    return (read if read >= 0 else prompt_estimate(question)), written


# ---- the document ----------------------------------------------------------------------------------------------------


def whole_document(text: str, schema: str, *, bare: bool) -> str:
    """Give the answer as compact JSON after checking it against its schema; raise UnfitAnswerError.

    Unless it has to be `bare`, one block of thoughts before the document and one code fence around it are taken off.
    """
    from referencing.exceptions import Unresolvable

    validator = _validator(schema)
    try:
        document = json.loads(text if bare else _unwrapped(text), parse_constant=_no_constant)
        written = json.dumps(document, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
        written.encode()
    except (ValueError, RecursionError):
        raise UnfitAnswerError("it is no JSON document", is_text=not text.lstrip().startswith(("{", "["))) from None
    try:
        fault = next(validator.iter_errors(document), None)
    except RecursionError:
        raise UnfitAnswerError("it is nested too deeply") from None
    except Unresolvable:
        raise BadConfigurationError("the answer's schema refers to something outside of itself") from None
    if fault is not None:
        place = "/".join(str(step) for step in fault.absolute_schema_path)  # the schema's words, not the answer's
        raise UnfitAnswerError(f"it breaks the schema's {place}")
    return written


def check_schema(schema: str) -> None:
    """Raise BadConfigurationError for something that is no JSON schema."""
    _validator(schema)


@lru_cache(maxsize=64)
def _validator(schema: str) -> Any:
    from jsonschema import Draft202012Validator
    from jsonschema.exceptions import SchemaError
    from referencing import Registry

    try:
        described = json.loads(schema)
        Draft202012Validator.check_schema(described)
    except (ValueError, SchemaError) as error:
        told = str(error).splitlines()[0]
        raise BadConfigurationError(f"the answer's schema is no JSON schema: {told}") from None
    return Draft202012Validator(described, registry=Registry())  # an empty registry fetches no $ref from anywhere


def _unwrapped(text: str) -> str:
    text = text.strip()
    if not text.startswith(("{", "[", '"', "`")):
        # Some servers give thoughts without their opening tag, since that stood in the prompt.
        _, ended, rest = text.partition("</think>")
        text = rest.strip() if ended else text
    if text.startswith("```") and text.endswith("```"):
        kind, _, fenced = text[3:-3].partition("\n")
        return fenced if kind.strip().lower() in {"", "json"} else text
    return text


def _whole_number(told: Any, *, least: int, most: int) -> int:
    return told if type(told) is int and least <= told <= most else -1


def _no_constant(name: str) -> NoReturn:
    raise ValueError(name)
