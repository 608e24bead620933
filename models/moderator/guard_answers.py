"""What a causal language model would answer, read from its next-token logits instead of generated.

Holds the weights for as long as it lives. Not for two threads at once: a tokenizer keeps state between calls.
"""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from content.errors import BadConfigurationError
from models.model_scores import Scores, in_batches, metered_work, probabilities
from models.moderator.guard_families import Ask, Family
from models.moderator.guard_prompts import GuardPrompt, continued
from models.weights.model_setup import ModelSetup


class GuardAnswers:
    """A loaded guard and the prompts of its family."""

    def __init__(self, setup: ModelSetup, family: Family) -> None:
        """Read tokenizer and weights; raise what `Weights.ready` raises, and BadConfigurationError for a misfit."""
        from transformers import AutoModelForCausalLM, AutoTokenizer

        self._setup, self._family, self._what = setup, family, str(setup.name)
        self.tokenizer: Any = setup.read(AutoTokenizer.from_pretrained)
        if not self.tokenizer.is_fast:
            raise BadConfigurationError(
                f"{self._what} has a slow tokenizer only, which cannot say where a token stands"
            )
        self.prompts = {
            ask.label: GuardPrompt.rendered(self.tokenizer, ask.variables, family.prefix, self._what)
            for ask in (*family.asks, *family.closer)
        }
        self.model: Any = setup.read_model(AutoModelForCausalLM)
        self._short: dict[str, int] = {"logits_to_keep": 1} if self.model._supports_logits_to_keep() else {}  # noqa: SLF001

    @property
    def longest(self) -> int:
        """How many tokens of text fit beside the longest template and answer; what the model was made for says so."""
        limit = getattr(self.model.config.get_text_config(), "max_position_embeddings", None) or 2**20
        answer = 32
        room = int(limit) - max(prompt.overhead for prompt in self.prompts.values()) - answer
        if room < answer:
            raise BadConfigurationError(f"{self._what} reads {limit} tokens, too few for its own chat template")
        return room

    def harmless(self, text: str) -> str:
        """Break what could act in any of the prompts, so that what is measured is what will be read."""
        for prompt in self.prompts.values():
            text = prompt.harmless(text)
        return text

    def verdicts(self, ask: Ask, texts: Sequence[str]) -> Scores:
        """Give (N, V): how likely each verdict of the family is for each text, of all verdicts together 1."""
        prompt = self.prompts[ask.label]
        words = [prompt.words(word) for word in self._family.verdicts]
        rows = [prompt.ids(text) for text in texts]
        first = [word[0] for word in words]
        if len(set(first)) == len(first):
            return self._sorted(rows, lambda part: self._next(part, first))
        # Words that start alike can be told apart by their whole likelihood only.
        each = [self._likelihoods(row, words) for row in rows]
        return np.stack(each) if each else np.zeros((0, len(words)))

    def risks(self, ask: Ask, texts: Sequence[str]) -> Scores:
        """Give (N,): how much risk the verdicts stand for."""
        weights = np.array(list(self._family.verdicts.values()))
        scores = self.verdicts(ask, texts)
        return np.clip(scores @ weights, 0.0, 1.0) if len(scores) else np.zeros(0)

    def categories(self, ask: Ask, text: str, verdict: str) -> Scores:
        """Give (K,): how likely each category of the family is named first after a verdict, together 1.

        Scored in one pass over all names behind a shared prompt: the likelihood of a whole name is exact,
        where generating shows only the one that won.
        """
        prompt = self.prompts[ask.label]
        answer = prompt.ending + verdict
        row = [
            *prompt.ids(text),
            *prompt.words(verdict),
            *continued(self.tokenizer, answer, self._family.before_category),
        ]
        answer += self._family.before_category
        return self._likelihoods(row, [continued(self.tokenizer, answer, name) for name in self._family.categories])

    def _sorted(self, rows: Sequence[list[int]], work: Callable[[Sequence[list[int]]], Scores]) -> Scores:
        """Work on rows of like length together, and give their scores in the order the rows came in."""
        order = sorted(range(len(rows)), key=lambda index: len(rows[index]))
        with metered_work(self._setup.device, tokens_in=sum(map(len, rows))):
            found = in_batches([rows[index] for index in order], self._setup.batch, work, self._what)
        return found[np.argsort(order)]

    def _next(self, rows: Sequence[list[int]], tokens: Sequence[int]) -> Scores:
        """Prefill rows padded on the left, so that the last column is everybody's next token."""
        import torch

        longest = max(map(len, rows))
        ids = torch.tensor([[0] * (longest - len(row)) + row for row in rows], device=self.model.device)
        mask = torch.tensor([[0] * (longest - len(row)) + [1] * len(row) for row in rows], device=self.model.device)
        with torch.inference_mode():
            logits = self.model(
                input_ids=ids,
                attention_mask=mask,
                position_ids=(mask.cumsum(dim=1) - 1).clamp(min=0),
                use_cache=False,
                **self._short,
            ).logits[:, -1, :]
        return probabilities(logits[:, list(tokens)], len(tokens), self._what)

    def _likelihoods(self, row: list[int], endings: Sequence[Sequence[int]]) -> Scores:
        """Give (K,): how likely each ending follows a row, of all of them together 1.

        The row is read once; its cache is repeated for the endings, which are read together, padded on the right.
        """
        import torch

        tokens = len(row) + sum(map(len, endings))
        with metered_work(self._setup.device, tokens_in=tokens), torch.inference_mode():
            device = self.model.device
            read = self.model(input_ids=torch.tensor([row], device=device), use_cache=True, **self._short)
            after = read.logits[:, -1:, :].float().log_softmax(dim=-1).expand(len(endings), -1, -1)
            longest = max(map(len, endings))
            padded = torch.tensor([[*ending, *[0] * (longest - len(ending))] for ending in endings], device=device)
            if longest > 1:
                cache = read.past_key_values
                cache.batch_repeat_interleave(len(endings))
                rest = self.model(
                    input_ids=padded[:, :-1],
                    attention_mask=torch.ones(len(endings), len(row) + longest - 1, dtype=torch.long, device=device),
                    position_ids=torch.arange(len(row), len(row) + longest - 1, device=device).expand(len(endings), -1),
                    past_key_values=cache,
                    use_cache=True,
                ).logits
                after = torch.cat([after, rest.float().log_softmax(dim=-1)], dim=1)
            # (K, L): the likelihood of each ending's tokens, without what pads it.
            each = after.gather(2, padded[:, :, None])[:, :, 0]
            lengths = torch.tensor([len(ending) for ending in endings], device=device)
            counted = torch.arange(longest, device=device)[None, :] < lengths[:, None]
            total = torch.where(counted, each, 0.0).sum(dim=1)
        scores: Scores = probabilities(total[None, :], len(endings), self._what)[0]
        return scores
