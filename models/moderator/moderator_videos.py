"""The moderator that watches films: stills through a picture classifier, motion through an action classifier.

A film is streamed: in memory are one batch of stills and the windows that are not complete yet.
What is said and written in a film is judged elsewhere, as text.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Self

from content.errors import BadConfigurationError
from content.recipes import EngineIdentity
from content.values import Verdict
from models.editor.film_plan import FilmPlan, plan_film
from models.media.film_frames import RATE, Pixels, film_facts, film_frames
from models.model_scores import Scores
from models.moderator.film_classifier import LabelledActions
from models.moderator.judging_model import JudgingModel
from models.moderator.model_verdicts import Evidence, verdict_of
from models.moderator.picture_classifier import LabelledPictures
from models.naming import EngineName
from models.protocols import Order, Progress
from models.weights.model_setup import ModelSetup, architectures

if TYPE_CHECKING:
    from PIL.Image import Image

# Raised whenever the code behind a verdict changes what it finds; the label book has its own digest.
_CODE = 1

BATCH = 8
WINDOW_S = 2.5


@dataclass
class _Loaded:
    pictures: LabelledPictures | None
    actions: LabelledActions | None


class VideoClassifier(JudgingModel[_Loaded]):
    """Judges films with one or two classifiers, whose weights it holds from `load` to `release`. Threads take turns.

    The model it is named after is an action classifier, with `frames` naming a picture classifier beside it;
    or a picture classifier alone, and then no motion is judged.
    """

    def __init__(self, setup: ModelSetup, frames: ModelSetup | None, window_s: float = WINDOW_S) -> None:
        super().__init__(setup, lambda: _loaded(setup, frames))
        self._frames, self._window_s = frames, window_s

    @classmethod
    def from_order(cls, order: Order) -> Self:
        """Build it with the options of every judging model, and two of its own.

        `frames` is the picture classifier (ORG/MODEL@REV or a folder), `window` a stretch of motion in seconds.
        """
        setup = ModelSetup.from_order(order, batch=BATCH, options=("frames", "window"))
        window_s = order.name.option("window", WINDOW_S)
        if not 0.5 <= window_s <= 10:
            raise BadConfigurationError(f"{order.name}: window must be 0.5 to 10 seconds")
        frames = None
        if told := order.name.option("frames", ""):
            shared = {key: value for key, value in order.name.options.items() if key not in {"frames", "window"}}
            name = EngineName.parse(f"{order.name.backend}:{told}").model_copy(update={"options": shared})
            frames = ModelSetup.from_order(replace(order, name=name), batch=BATCH)
        return cls(setup, frames, window_s)

    @property
    def identity(self) -> EngineIdentity:
        """The classifiers, what their labels mean, and how films are cut into windows."""
        told: dict[str, str] = {}
        if self._frames:
            told["frames"] = f"{self._frames.weights.model}@{self._frames.weights.revision}"
        return self._setup.identity(_CODE, rate=RATE, window=self._window_s, **told)

    @property
    def footprint(self) -> int:
        """About how many bytes both take."""
        return self._setup.footprint + (self._frames.footprint if self._frames else 0)

    def judge_video(self, sha256: str, movie: Path, cuts_s: Sequence[float], progress: Progress) -> Verdict:
        """Judge a film: a still just after each cut and every second, and windows of motion in every shot.

        Raises BadInputError for a film that cannot be read to its end,
        and BadAnswerError when the scores are no numbers or miss a label.
        """
        facts = film_facts(movie)
        with self._turn() as loaded:
            actions, pictures = loaded.actions, loaded.pictures
            plan = plan_film(
                facts.duration_s,
                cuts_s,
                rate=RATE,
                window_s=self._window_s,
                window_frames=actions.frames if actions else 0,
                stills=pictures is not None,
            )
            watching = _Watching(plan, pictures, actions, self._setup.batch)
            evidence: list[Evidence] = []
            total, told = math.ceil(facts.duration_s), -1
            for number, frame in enumerate(film_frames(movie, facts.duration_s)):
                evidence += watching.see(number, frame)
                if (second := min(total, number // RATE)) > told:
                    progress(second, total)
                    told = second
            evidence += watching.finish()
            progress(total, total)
        return verdict_of(sha256, "video", self.identity, evidence)


def _loaded(setup: ModelSetup, frames: ModelSetup | None) -> _Loaded:
    kinds = architectures(setup.weights.ready()) or ["no architecture in its config"]
    if not any("VideoClassification" in kind for kind in kinds):
        if frames:
            raise BadConfigurationError(
                f"{setup.name} is no action classifier ({', '.join(kinds)});"
                " name one, and the picture classifier in frames"
            )
        return _Loaded(LabelledPictures(setup), None)
    return _Loaded(LabelledPictures(frames) if frames else None, LabelledActions(setup))


class _Watching:
    """One film being watched: collects stills and windows, and judges them a batch at a time. Lives for one film."""

    def __init__(
        self, plan: FilmPlan, pictures: LabelledPictures | None, actions: LabelledActions | None, batch: int
    ) -> None:
        self._plan, self._pictures, self._actions, self._batch = plan, pictures, actions, batch
        self._open = list(plan.windows)
        self._needed = {number for window in plan.windows for number in window.frames}
        self._kept: dict[int, Image] = {}
        self._stills: list[tuple[float, Image]] = []
        self._windows: list[tuple[float, list[Image]]] = []
        self._left = dict(plan.stills)
        self._last: Image | None = None

    def see(self, number: int, frame: Pixels) -> Iterator[Evidence]:
        """Take the film's next frame; give what was found in the batches it completes."""
        from PIL import Image

        picture = Image.fromarray(frame)
        self._last = picture
        if number in self._left:
            self._stills.append((self._left.pop(number), picture))
        if number in self._needed:
            self._kept[number] = picture
        while self._open and self._open[0].frames[-1] <= number:
            window = self._open.pop(0)
            self._windows.append((window.at_s, [self._kept[each] for each in window.frames]))
            first = min((early for each in self._open for early in each.frames), default=number + 1)
            self._kept = {each: kept for each, kept in self._kept.items() if each >= first}
        yield from self._judge(self._batch, max(1, self._batch // 4))

    def finish(self) -> Iterator[Evidence]:
        """Judge what is left; what was planned behind the film's real end is seen in its last frame."""
        if self._last is not None:
            self._stills += [(at, self._last) for at in self._left.values()]
            for window in self._open:
                self._windows.append((window.at_s, [self._kept.get(each, self._last) for each in window.frames]))
        yield from self._judge(1, 1)

    def _judge(self, stills: int, windows: int) -> Iterator[Evidence]:
        if self._pictures and len(self._stills) >= stills:
            yield from _found(
                "frame", self._pictures, self._stills, self._pictures.scores([p for _, p in self._stills])
            )
            self._stills = []
        if self._actions and len(self._windows) >= windows:
            yield from _found(
                "action", self._actions, self._windows, self._actions.scores([w for _, w in self._windows])
            )
            self._windows = []


def _found(
    by: str, model: LabelledPictures | LabelledActions, pieces: Sequence[tuple[float, object]], scores: Scores
) -> Iterator[Evidence]:
    for (at, _), row in zip(pieces, scores, strict=True):
        for finding in model.findings(row):
            yield Evidence(by, finding, f"at {at:.1f} s")
