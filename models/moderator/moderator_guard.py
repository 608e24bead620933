"""The moderator that asks a guard model, by one prefill pass: the likelihood of each verdict instead of a written one.

A guard judges what it reads in its context, so the texts of a request are joined and cut into overlapping windows;
the worst window counts. Only what is risky is read again: for the hazard, and for the sentence that carries it.
"""

from typing import Self

import numpy as np

from content.hazard_labels import UNSPECIFIED, Finding
from content.recipes import EngineIdentity
from content.sentences import split
from content.values import ModerationRequest, Verdict
from models.model_scores import Scores
from models.moderator import guard_families
from models.moderator.guard_answers import GuardAnswers
from models.moderator.guard_families import Ask, Family, family_of
from models.moderator.judging_model import JudgingModel
from models.moderator.model_verdicts import Evidence, verdict_of
from models.moderator.text_windows import windows
from models.protocols import Order
from models.weights.model_setup import ModelSetup

# Raised whenever the code behind a verdict changes what it finds; the label book has its own digest.
_CODE = 1

BATCH = 8
WINDOW = 768
"""Tokens of text a guard reads at once: enough for context, few enough that one bad sentence still weighs."""

NAMED = 0.2
"""A category with this share of a guard's answer is a reason of its own."""

ASSERTED = 0.5
"""A closer question answered with this risk is a yes."""


class GuardModerator(JudgingModel[GuardAnswers]):
    """Judges texts with a guard model, whose weights it holds from `load` to `release`. Threads take turns."""

    def __init__(self, setup: ModelSetup, family: Family, window: int = WINDOW) -> None:
        super().__init__(setup, lambda: GuardAnswers(setup, family))
        self._family, self._window = family, window

    @classmethod
    def from_order(cls, order: Order) -> Self:
        """Build it with the family its name or options tell.

        Options besides those of every judging model: `window` (tokens), and those of `family_of`.
        """
        setup = ModelSetup.from_order(order, batch=BATCH, options=("window", *guard_families.OPTIONS))
        return cls(setup, family_of(order.name), max(16, order.name.option("window", WINDOW)))

    @property
    def identity(self) -> EngineIdentity:
        """The guard, how it is asked, and what its answers mean."""
        return self._setup.identity(_CODE, family=self._family.name, window=self._window)

    def scores(self, texts: list[str]) -> Scores:
        """Give (N, V): how likely each verdict of the family is for each text, read as one window."""
        with self._turn() as answers:
            return answers.verdicts(self._family.asks[0], texts)

    def judge(self, request: ModerationRequest) -> Verdict:
        """Judge all texts together; raise BadAnswerError when the guard's answer is no verdict."""
        texts = "\n".join(dict.fromkeys(text for text in request.texts if text.strip()))
        with self._turn() as answers:
            evidence = self._evidence(answers, texts, request.language) if texts else []
        return verdict_of(request.sha256, request.modality, self.identity, evidence)

    def _evidence(self, guard: GuardAnswers, text: str, language: str) -> list[Evidence]:
        text = guard.harmless(text)
        size = min(self._window, guard.longest)
        parts = [text[part.start : part.end] for part in windows(guard.tokenizer, [text], size)]
        found: list[Evidence] = []
        for ask in self._family.asks:
            risks = guard.risks(ask, parts)
            for part, risk in zip(parts, risks, strict=True):
                if findings := self._findings(guard, ask, part, float(risk)):
                    excerpt = self._worst_sentence(guard, ask, part, language)
                    found += [Evidence("guard", finding, excerpt) for finding in findings]
        return found

    def _findings(self, guard: GuardAnswers, ask: Ask, text: str, risk: float) -> list[Finding]:
        """Say which hazards a window's risk is of; nothing when it is below every limit they have."""
        book, family = self._setup.book, self._family
        names = self._names(ask)
        meanings = book.meanings(names, family.vocabulary)
        if ask.label and meanings == (None,):
            return []  # the user's own labels say that this question does not matter
        if risk < book.strictest([UNSPECIFIED, *(meaning.hazard for meaning in meanings if meaning)]):
            return []
        label, chosen = self._chosen(guard, ask, text)
        named = [meanings[index] for index in chosen]
        if not chosen:
            return [Finding(hazard=UNSPECIFIED, label=label, score=risk, decision=book.decide(UNSPECIFIED, risk))]
        found = []
        for meaning in named:
            # A guard that objects and names a harmless category has still objected.
            hazard, weight = (meaning.hazard, meaning.weight) if meaning else (UNSPECIFIED, 1.0)
            score = risk * weight
            found.append(Finding(hazard=hazard, label=label, score=score, decision=book.decide(hazard, score)))
        return [finding for finding in found if finding.decision != "pass"]

    def _names(self, ask: Ask) -> list[str]:
        if self._family.categories:
            return [category.strip() for category in self._family.categories]
        return [closer.label for closer in self._family.closer] or ([ask.label] if ask.label else [])

    def _chosen(self, guard: GuardAnswers, ask: Ask, text: str) -> tuple[str, list[int]]:
        """Give the verdict in one word, and which of the names it is about."""
        family = self._family
        scores = guard.verdicts(ask, [text])[0] if family.categories else np.zeros(0)
        if family.categories:
            weights = list(family.verdicts.values())
            likeliest = max(range(len(weights)), key=lambda index: (weights[index] > 0, scores[index]))
            verdict = list(family.verdicts)[likeliest]
            shares = guard.categories(ask, text, verdict)
            top = int(shares.argmax())
            return verdict.strip().lower(), sorted({top, *(int(index) for index in np.flatnonzero(shares >= NAMED))})
        if family.closer:
            risks = [float(guard.risks(closer, [text])[0]) for closer in family.closer]
            return "unsafe", [index for index, risk in enumerate(risks) if risk >= ASSERTED]
        return ask.label.lower() or "unsafe", [0] if ask.label else []

    def _worst_sentence(self, guard: GuardAnswers, ask: Ask, text: str, language: str) -> str:
        """Find the sentence a window's risk comes from, by halves: the riskier half is looked at again."""
        sentences = split(text, language)
        while len(sentences) > 1:
            middle = len(sentences) // 2
            halves = sentences[:middle], sentences[middle:]
            risks = guard.risks(ask, [text[half[0].start : half[-1].end] for half in halves])
            sentences = halves[int(risks.argmax())]
        return sentences[0].text if sentences else text
