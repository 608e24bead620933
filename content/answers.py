"""What a writing model is asked to answer with: one small type a genre, and the JSON schema that forces it.

The alphabet of every string is that of printed English and Chinese: no control, zero-width or bidirectional characters,
no letters of look-alike scripts, no signs that markup and templates are made of. What an alphabet cannot rule out,
addresses above all, is for `content.grounding`. Schemas are small, closed and require every field, so that constrained
decoding and the strict mode of OpenAI-compatible servers both take them. Fields are written in alphabetical order, as
canonical JSON has them; their names are chosen so that a question comes before its answer.
"""

import re
from collections.abc import Mapping
from typing import Annotated, Any, Final

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError, WithJsonSchema

from content.errors import BadAnswerError
from content.recipes import canonical_json
from content.values import Genre

# ASCII without < > { } [ ] \ ` | ~ ^ _ * # @, Latin letters with marks, printed punctuation, Chinese with its marks.
_LETTERS = "A-Za-zÀ-ÖØ-öø-ɏḀ-ỿ\u3400-\u4dbf\u4e00-\u9fff"
_ALPHABET = rf"[ !\"$%&'()+,./0-9:;=?{_LETTERS}£€¥°·×¼½¾–—‘’“”…、。〇《》「」『』！（），：；？％－-]"
_PRINTED = re.compile(f"{_ALPHABET}+")
_START = rf"[\"$'(0-9{_LETTERS}£€¥‘“《「『（]"

MOST_SOURCES: Final = 8
"""How many sources a model is shown, and may cite."""

LONGEST_SENTENCE, LONGEST_QUOTATION, LONGEST_POST = 320, 420, 280
LONGEST_HEADLINE, LONGEST_QUESTION, LONGEST_SCENE = 110, 160, 200


# What no line may be longer than, whatever it is; the schema asks for much less.
_HARD_LIMIT = 2000


def _line(longest: int, *, optional: bool = False) -> Any:
    """Give the type of a line: the schema is strict, reading is not, so that one bad line costs that line only."""
    pattern = f"{_START}{_ALPHABET}{{0,{longest - 1}}}"
    pattern = f"^({pattern})?$" if optional else f"^{pattern}$"
    schema = {"type": "string", "maxLength": longest, "pattern": pattern}
    return Annotated[str, StringConstraints(max_length=_HARD_LIMIT), WithJsonSchema(schema)]


class Answer(BaseModel):
    """Any answer: frozen, and nothing in it that was not asked for."""

    model_config = ConfigDict(frozen=True, extra="forbid")


_CITES = {"type": "array", "items": {"type": "integer"}, "minItems": 1, "maxItems": 3}
Cites = Annotated[tuple[int, ...], Field(max_length=20), WithJsonSchema(_CITES)]


class Told(Answer):
    """A sentence and the numbers of the sources it rests on."""

    text: _line(LONGEST_SENTENCE)  # type: ignore[valid-type]
    sources: Cites


class Post(Answer):
    """A post for a social network."""

    text: _line(LONGEST_POST)  # type: ignore[valid-type]
    sources: Cites


class Headline(Answer):
    """A headline."""

    text: _line(LONGEST_HEADLINE)  # type: ignore[valid-type]
    sources: Cites


class Quoted(Answer):
    """Words somebody is quoted with in one source."""

    words: _line(LONGEST_QUOTATION)  # type: ignore[valid-type]
    speaker: _line(60)  # type: ignore[valid-type]
    source: int


class Exchange(Answer):
    """A question and its answer."""

    asked: _line(LONGEST_QUESTION)  # type: ignore[valid-type]
    sources: Cites
    told: _line(LONGEST_SENTENCE)  # type: ignore[valid-type]


class Turn(Answer):
    """A question and its answer; `speaker` is empty, or names the person whose words in the source the answer is."""

    asked: _line(LONGEST_QUESTION)  # type: ignore[valid-type]
    sources: Cites
    speaker: _line(60, optional=True)  # type: ignore[valid-type]
    told: _line(LONGEST_QUOTATION)  # type: ignore[valid-type]


class ArticleAnswer(Answer):
    """An article before it is traced."""

    headline: _line(LONGEST_HEADLINE)  # type: ignore[valid-type]
    lead: Told
    points: Annotated[tuple[Told, ...], Field(min_length=2, max_length=5)]
    quotations: Annotated[tuple[Quoted, ...], Field(max_length=1)]
    picture: _line(LONGEST_SCENE)  # type: ignore[valid-type]


class ProseAnswer(Answer):
    """A summary, a story or the narration of a video: a title and sentences."""

    title: _line(LONGEST_HEADLINE)  # type: ignore[valid-type]
    sentences: Annotated[tuple[Told, ...], Field(min_length=2, max_length=12)]


class QuestionsAnswer(Answer):
    """Questions and answers."""

    title: _line(LONGEST_HEADLINE)  # type: ignore[valid-type]
    exchanges: Annotated[tuple[Exchange, ...], Field(min_length=2, max_length=6)]


class InterviewAnswer(Answer):
    """Questions, and answers in the words of those the sources quote."""

    title: _line(LONGEST_HEADLINE)  # type: ignore[valid-type]
    turns: Annotated[tuple[Turn, ...], Field(min_length=2, max_length=6)]


class HeadlinesAnswer(Answer):
    """Several headlines for one story."""

    headlines: Annotated[tuple[Headline, ...], Field(min_length=3, max_length=6)]


class SocialAnswer(Answer):
    """Posts for social networks."""

    posts: Annotated[tuple[Post, ...], Field(min_length=1, max_length=4)]


class PicturesAnswer(Answer):
    """What pictures for the story could show."""

    prompts: Annotated[tuple[_line(LONGEST_SCENE), ...], Field(min_length=2, max_length=5)]  # type: ignore[valid-type]


ANSWERS: Final[Mapping[str, type[Answer]]] = {
    "article": ArticleAnswer,
    Genre.SUMMARY: ProseAnswer,
    Genre.STORY: ProseAnswer,
    Genre.VIDEO_SCRIPT: ProseAnswer,
    Genre.INTERVIEW: InterviewAnswer,
    Genre.QUESTIONS: QuestionsAnswer,
    Genre.HEADLINES: HeadlinesAnswer,
    Genre.SOCIAL: SocialAnswer,
    Genre.PICTURE_PROMPTS: PicturesAnswer,
}
"""The type of a genre's answer; `article` is the genre that is no `Genre`."""

SENTENCES: Final[Mapping[str, tuple[int, int]]] = {
    Genre.SUMMARY: (2, 5),
    Genre.STORY: (4, 12),
    Genre.VIDEO_SCRIPT: (3, 8),
}
"""How many sentences prose of a genre has, least and most."""


def is_printed(text: str) -> bool:
    """Say whether a line keeps to the alphabet of answers."""
    return _PRINTED.fullmatch(text) is not None


def answer_schema(genre: str, sources: int) -> str:
    """Give the JSON schema (canonical JSON) of a genre's answer where that many sources can be cited."""
    schema = ANSWERS[genre].model_json_schema()
    closed = _closed(schema, schema.get("$defs", {}), min(sources, MOST_SOURCES))
    if genre in SENTENCES:
        least, most = SENTENCES[genre]
        closed["properties"]["sentences"] |= {"minItems": least, "maxItems": most}
    return canonical_json(closed).decode()


def read_answer(genre: str, document: str) -> Answer:
    """Read a model's answer; raise BadAnswerError that says where it is not what was asked for."""
    try:
        return ANSWERS[genre].model_validate_json(document)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(map(str, first["loc"])) or "the whole"
        raise BadAnswerError(f"the model's {genre} is not what was asked for: {where}: {first['msg'][:200]}") from None


def _closed(node: dict[str, Any], definitions: Mapping[str, Any], sources: int) -> dict[str, Any]:
    """Write a schema without references, titles and descriptions, every object closed, citations bounded."""
    if "$ref" in node:
        return _closed(definitions[node["$ref"].rpartition("/")[2]], definitions, sources)
    if node.get("type") == "integer":
        return {"type": "integer", "enum": list(range(1, sources + 1))}
    if node.get("type") == "object":
        properties = {name: _closed(each, definitions, sources) for name, each in node["properties"].items()}
        return {
            "type": "object",
            "properties": properties,
            "required": list(properties),
            "additionalProperties": False,
        }
    kept: dict[str, Any] = {
        key: node[key] for key in ("type", "minItems", "maxItems", "maxLength", "pattern") if key in node
    }
    if "items" in node:
        kept["items"] = _closed(node["items"], definitions, sources)
    return kept
