"""The extractive writer: an article made of its sources' own sentences, chosen by an embedder's vectors.

It invents nothing: every sentence is a claim with its exact place in its source. It knows no randomness.
"""

from collections.abc import Mapping
from typing import Self, cast

from content.drafting import compose, gather
from content.errors import BadConfigurationError
from content.pitches import clean_title
from content.recipes import EngineIdentity
from content.values import Brief, Draft, Genre, Piece, Voice
from models.protocols import Embedder, Order

# Raise it whenever the craft in content/ may choose other sentences than before: it is part of every recipe.
VERSION = "3"


class WriterExtractive:
    """Writes by choosing. Lives as long as its embedder, which it loads and releases."""

    def __init__(self, embedder: Embedder) -> None:
        self._embedder = embedder

    @classmethod
    def from_order(cls, order: Order) -> Self:
        """Build it upon the embedder of its language."""
        order.name.allow(())
        return cls(cast("Embedder", order.engine("embedder")))

    @property
    def identity(self) -> EngineIdentity:
        """The writer's own version and the embedder it chooses by."""
        return EngineIdentity(
            backend="extractive", revision=VERSION, parameters={"embedder": _spelled(self._embedder.identity)}
        )

    def load(self) -> None:
        """Load the embedder."""
        self._embedder.load()

    def release(self) -> None:
        """Release the embedder."""
        self._embedder.release()

    def write(
        self, brief: Brief, texts: Mapping[str, str], *, voice: Voice, max_source_share: float, seed: int
    ) -> Draft:
        """Write one article; the voice and the seed change nothing.

        Raises BadInputError when the sources hold too little to write an article.
        """
        candidates = gather(brief, texts)
        headline = clean_title(brief.working_headline, publisher=brief.sources[0].publisher)
        vectors = self._embedder.embed([headline, *(each.sentence.text for each in candidates)])
        return compose(brief, candidates, vectors[1:], vectors[0], max_source_share=max_source_share)

    def tell(self, genre: Genre, brief: Brief, texts: Mapping[str, str], *, voice: Voice, seed: int) -> Piece:
        """Raise BadConfigurationError: sentences that stand in the sources make articles, and nothing else."""
        raise BadConfigurationError(
            f"the extractive writer writes articles and no {genre.value}; use --profile open or api, or set a writer:"
            ' PRESSROOM_ENGINES=\'{"writer": "openai:MODEL"}\''
        )


def _spelled(identity: EngineIdentity) -> str:
    """Write an identity on one line, everything in it included."""
    settings = ",".join(f"{key}={identity.parameters[key]}" for key in sorted(identity.parameters))
    return f"{identity}({settings})"
