"""The writer for language models: our prompts, a completer's typed answer, and of it only what rests on the sources.

It knows no weights of its own: they live as long as its completer keeps them, and it may be asked by several threads.
"""

from collections.abc import Callable, Mapping
from typing import Final, Self, TypeVar, cast

from content.answers import LONGEST_SENTENCE, Answer, ArticleAnswer, answer_schema, read_answer
from content.composing import article
from content.errors import BadAnswerError
from content.grounding import Ground
from content.prompting import make_prompt, prompts_digest
from content.recipes import EngineIdentity, digest_of
from content.telling import piece
from content.values import Brief, Draft, Genre, Piece, Voice
from models.protocols import Completer, Message, Order, Question

# Raise it whenever the craft in content/ may ask for, keep or cut other sentences than before.
VERSION = 1

ATTEMPTS: Final = 3
# Close to the sources first; more freely when that gave nothing that can stand.
_TEMPERATURES: Final = (0.3, 0.6, 0.8)
# Twelve of the longest sentences, at three characters a token.
_MOST_TOKENS: Final = 12 * LONGEST_SENTENCE // 3 + 512

Written = TypeVar("Written", Draft, Piece)


class WriterGenerative:
    """Writes with a completer; every sentence it gives out rests on passages of the brief's sources."""

    def __init__(self, completer: Completer) -> None:
        self._completer = completer

    @classmethod
    def from_order(cls, order: Order) -> Self:
        """Build it upon the completer of its language."""
        order.name.allow(())
        return cls(cast("Completer", order.engine("completer")))

    @property
    def identity(self) -> EngineIdentity:
        """Name the completer with all that makes it, the prompts by their digest, and the version of this craft."""
        completer = self._completer.identity
        return EngineIdentity(
            backend="generative",
            model=str(completer),
            parameters={
                "code": VERSION,
                "prompts": prompts_digest()[:16],
                "completer": digest_of(completer)[:16],
                **{f"completer.{key}": value for key, value in completer.parameters.items()},
            },
        )

    @property
    def device(self) -> str:
        """The completer's device; "" when the completer is light."""
        return str(getattr(self._completer, "device", ""))

    @property
    def footprint(self) -> int:
        """The completer's footprint in bytes."""
        return int(getattr(self._completer, "footprint", 0))

    def load(self) -> None:
        """Load the completer."""
        self._completer.load()

    def release(self) -> None:
        """Release the completer."""
        self._completer.release()

    def write(
        self, brief: Brief, texts: Mapping[str, str], *, voice: Voice, max_source_share: float, seed: int
    ) -> Draft:
        """Write one article, in up to three attempts with seeds derived from one.

        Raises BadInputError when the sources hold too little, or nothing in the newsletter's language,
        and BadAnswerError when too little of every attempt rests on them.
        """
        ground = Ground.of(brief, texts, voice.language)

        def compose(answer: Answer) -> Draft:
            return article(brief, cast("ArticleAnswer", answer), ground, max_source_share=max_source_share)

        return self._attempted("article", brief, ground, voice, seed, compose)

    def tell(self, genre: Genre, brief: Brief, texts: Mapping[str, str], *, voice: Voice, seed: int) -> Piece:
        """Write in another genre; raises what `write` raises."""
        ground = Ground.of(brief, texts, voice.language)
        return self._attempted(
            genre.value, brief, ground, voice, seed, lambda answer: piece(genre, brief, answer, ground)
        )

    def _attempted(
        self,
        genre: str,
        brief: Brief,
        ground: Ground,
        voice: Voice,
        seed: int,
        compose: Callable[[Answer], Written],
    ) -> Written:
        prompt = make_prompt(genre, brief, ground, voice)
        messages = (Message(role="system", text=prompt.shared), Message(role="user", text=prompt.own))
        schema = answer_schema(genre, len(ground.sources))
        failures: list[str] = []
        for attempt in range(ATTEMPTS):
            question = Question(
                messages=messages,
                answer_schema=schema,
                max_tokens=_MOST_TOKENS,
                temperature=_TEMPERATURES[attempt],
                shared=1,
            )
            try:
                return compose(read_answer(genre, self._completer.complete(question, seed=derived(seed, attempt))))
            except BadAnswerError as error:
                failures.append(error.message)
        raise BadAnswerError(
            f"{self._completer.identity} gave no {genre} that can stand in {ATTEMPTS} attempts; {failures[-1]}."
            " A larger model may do better, or the same one with other seeds: rerun it with --redo draft",
            failures=tuple(failures),
        )


def derived(seed: int, attempt: int) -> int:
    """Give the seed of an attempt: the seed itself for the first, then others that follow from it (31 bits)."""
    return seed if not attempt else int(digest_of([seed, attempt])[:8], 16) & 0x7FFFFFFF
