"""The moderator that asks a text classifier: toxicity, hate, injection and whatever else has labels.

Classifiers are trained on single remarks, so every text is judged on its own, a long one in overlapping windows;
the worst window counts.
"""

from typing import Self

from content.recipes import EngineIdentity
from content.sentences import split
from content.values import ModerationRequest, Verdict
from models.model_scores import Scores
from models.moderator.judging_model import JudgingModel
from models.moderator.model_verdicts import Evidence, verdict_of
from models.moderator.text_classifier import TextClassifier
from models.moderator.text_windows import windows
from models.protocols import Order
from models.weights.model_setup import ModelSetup

# Raised whenever the code behind a verdict changes what it finds; the label book has its own digest.
_CODE = 1

BATCH = 16


class ClassifierModerator(JudgingModel[TextClassifier]):
    """Judges texts with a classifier, whose weights it holds from `load` to `release`. Threads take turns."""

    def __init__(self, setup: ModelSetup) -> None:
        super().__init__(setup, lambda: TextClassifier(setup))

    @classmethod
    def from_order(cls, order: Order) -> Self:
        """Build it with the options of every judging model."""
        return cls(ModelSetup.from_order(order, batch=BATCH))

    @property
    def identity(self) -> EngineIdentity:
        """The classifier, and what its labels mean."""
        return self._setup.identity(_CODE)

    def scores(self, texts: list[str]) -> Scores:
        """Give (N, L): how likely each label is for each text, read up to the model's length."""
        with self._turn() as classifier:
            return classifier.scores(texts)

    def judge(self, request: ModerationRequest) -> Verdict:
        """Judge every text on its own; raise BadAnswerError when the scores are no numbers or miss a label."""
        texts = list(dict.fromkeys(text for text in request.texts if text.strip()))
        with self._turn() as classifier:
            evidence = self._evidence(classifier, texts, request.language) if texts else []
        return verdict_of(request.sha256, request.modality, self.identity, evidence)

    def _evidence(self, classifier: TextClassifier, texts: list[str], language: str) -> list[Evidence]:
        parts = [
            texts[part.text][part.start : part.end] for part in windows(classifier.tokenizer, texts, classifier.window)
        ]
        found = []
        for part, findings in zip(parts, classifier.findings(parts), strict=True):
            if risky := [finding for finding in findings if finding.decision != "pass"]:
                excerpts = self._excerpts(classifier, part, language, [finding.hazard for finding in risky])
                found += [
                    Evidence("classifier", finding, excerpt) for finding, excerpt in zip(risky, excerpts, strict=True)
                ]
        return found

    def _excerpts(self, classifier: TextClassifier, text: str, language: str, hazards: list[str]) -> list[str]:
        """Give the sentence of a text that scores highest in each hazard."""
        sentences = [sentence.text for sentence in split(text, language)] or [text]
        if len(sentences) == 1:
            return sentences * len(hazards)
        each = [{finding.hazard: finding.score for finding in found} for found in classifier.findings(sentences)]
        return [sentences[max(range(len(sentences)), key=lambda index: each[index][hazard])] for hazard in hazards]
