"""The moderator that looks at pictures with an image classifier: whole, in parts, every scene of a moving one.

The worst view counts. Foreign bytes are decoded within limits; what cannot be is held, for nobody has seen it.
"""

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Self

from content.errors import BadInputError
from content.recipes import EngineIdentity
from content.values import Reason, Verdict
from models.moderator.judging_model import JudgingModel
from models.moderator.model_verdicts import Evidence, on_one_line, verdict_of
from models.moderator.picture_classifier import LabelledPictures
from models.moderator.picture_views import View, views
from models.protocols import Order
from models.weights.model_setup import ModelSetup

# Raised whenever the code behind a verdict changes what it finds; the label book has its own digest.
_CODE = 2

BATCH = 8


class PictureClassifier(JudgingModel[LabelledPictures]):
    """Judges pictures with a classifier, whose weights it holds from `load` to `release`. Threads take turns."""

    def __init__(self, setup: ModelSetup) -> None:
        super().__init__(setup, lambda: LabelledPictures(setup))

    @classmethod
    def from_order(cls, order: Order) -> Self:
        """Build it with the options of every judging model."""
        return cls(ModelSetup.from_order(order, batch=BATCH))

    @property
    def identity(self) -> EngineIdentity:
        """The classifier, and what its labels mean."""
        return self._setup.identity(_CODE)

    def judge_picture(self, sha256: str, picture: bytes) -> Verdict:
        """Judge one encoded picture; what cannot be decoded within the limits is a hold.

        Raises BadAnswerError when the scores are no numbers or miss a label.
        """
        with self._turn() as pictures:
            try:
                evidence = list(self._evidence(pictures, views(picture, pictures.side)))
            except BadInputError as error:
                return self._unseen(sha256, error)
        return verdict_of(sha256, "image", self.identity, evidence)

    def _evidence(self, pictures: LabelledPictures, seen: Iterable[View]) -> Iterator[Evidence]:
        left = iter(seen)
        while batch := list(islice(left, self._setup.batch)):
            scores = pictures.scores([view.picture for view in batch])
            for view, row in zip(batch, scores, strict=True):
                yield from (Evidence("picture", finding, view.place) for finding in pictures.findings(row))

    def _unseen(self, sha256: str, error: BadInputError) -> Verdict:
        excerpt = on_one_line(f"cannot be decoded: {error}")
        return Verdict(
            sha256=sha256,
            modality="image",
            decision="hold",
            moderator=str(self.identity),
            reasons=(Reason(hazard="unjudged", rule="picture.unreadable", excerpt=excerpt),),
        )
