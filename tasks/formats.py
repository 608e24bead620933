"""Videos in other formats than 16:9: their pictures are drawn anew, because a headline cannot be cropped."""

from collections.abc import Sequence
from typing import Final

from content.edits import Shape
from content.recipes import Value, sha256_of
from content.values import Article, AssetRef, Brand, Script, Step
from tasks.editions import Plan
from tasks.jobs import Job
from tasks.steps import step
from tasks.studio import VIDEO_SIZES, CoverText, EditionArt, draw, edition_covers
from tasks.telling import scenes_of
from wiring.container import container

KEPT_FREE: Final[dict[Shape, float]] = {"16:9": 0.26, "9:16": 0.43, "1:1": 0.26}
"""The share of the height at the foot that is for captions and, on a phone, for the buttons of the application."""


class Drawn(Value):
    """Pictures in one size, one a text, and every word that stands on them."""

    pictures: tuple[AssetRef, ...] = ()
    words: tuple[str, ...] = ()


class Shown(Value):
    """A video's pictures: one a segment, and those among them that were drawn for it alone."""

    scenes: tuple[AssetRef, ...]
    drawn: Drawn = Drawn()


@step(Step.ILLUSTRATE, version=1, returns=Drawn, engine="cards", tags=["gpu"])
def draw_scenes(job: Job, *, texts: Sequence[CoverText], brand: Brand, shape: Shape) -> Drawn:
    """Draw title, headlines and end card for one format; each keeps a look of its own."""
    seed, words = job.seed(Step.ILLUSTRATE), [word for text in texts for word in text.model_dump().values()]
    with container().cards(job.profile, job.language) as cards:
        pictures = tuple(
            draw(
                cards, job, text, brand, VIDEO_SIZES[shape], seed=seed ^ _own(text.headline), kept_free=KEPT_FREE[shape]
            )
            for text in texts
        )
    return Drawn(pictures=pictures, words=tuple(dict.fromkeys(filter(None, words))))


def shown_in(plan: Plan, shape: Shape, script: Script, articles: Sequence[Article], art: EditionArt) -> Shown:
    """Give the picture of every segment in a format.

    Where covers are words and shapes they are drawn anew; what a model painted is cropped by the assembler.
    """
    if shape == "16:9" or not container().draws_words_only(plan.job.profile, plan.job.language):
        return Shown(scenes=scenes_of(script, articles, art))
    cards, name = edition_covers(plan), plan.newsletter.name
    texts = {"title": cards["text"], "end": cards["end"]}
    wanted = [
        CoverText(headline=segment.title, kicker=name) if segment.kind == "story" else texts[segment.kind]
        for segment in script.segments
    ]
    distinct = list(dict.fromkeys(wanted))
    drawn = draw_scenes.submit(plan.job, texts=distinct, brand=plan.newsletter.brand, shape=shape).result()
    picture = dict(zip(distinct, drawn.pictures, strict=True))
    return Shown(scenes=tuple(picture[text] for text in wanted), drawn=drawn)


def sized(shape: Shape) -> dict[str, Shape]:
    """Say what `assemble` is told besides for a format; nothing for 16:9, which is what it makes unasked."""
    return {} if shape == "16:9" else {"shape": shape}


def _own(headline: str) -> int:
    return int(sha256_of(headline.encode())[:8], 16)
