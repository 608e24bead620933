"""The studio's steps: covers for every article and for the edition, clips made of them, the narration."""

import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from content.alt_text import alt_text
from content.recipes import Value
from content.values import AssetRef, Brand, Cover, Narration, Script, Step
from content.wording import date_words, wording
from models.protocols import ClipRequest, CoverRequest, Illustrator, RenderedPicture
from tasks.editions import Plan
from tasks.jobs import Job
from tasks.progress import shown_progress
from tasks.steps import step
from tasks.stories import Story
from wiring.container import container

WIDE, SQUARE, SCENE = (1200, 630), (1080, 1080), (1920, 1080)


class CoverText(Value):
    """What stands on a cover."""

    headline: str
    kicker: str
    byline: str = ""


class Look(Value):
    """What a picture that is painted shows, and in which style; a typographic cover needs neither."""

    scene: str
    style: str


class Clip(Value):
    """A few seconds of silent film, made of the picture with the sha256 `picture`."""

    movie: AssetRef
    duration_s: float
    picture: str


class EditionArt(Value):
    """An edition's own pictures, its cover and the card its video ends on, and every word that stands on them."""

    cover: Cover
    end_card: AssetRef
    words: tuple[str, ...]

    @property
    def pictures(self) -> tuple[AssetRef, ...]:
        """All of them."""
        return (*self.cover.pictures, self.end_card)


def article_cover(plan: Plan, story: Story) -> dict[str, Any]:
    """Say what stands on a story's cover: its headline between the newsletter's name and its sources."""
    publishers = dict.fromkeys(entry.publisher for entry in story.brief.sources)
    byline = wording(plan.newsletter.language).comma.join(list(publishers)[:3])
    text = CoverText(headline=story.brief.working_headline, kicker=plan.newsletter.name, byline=byline)
    if story.draft:
        text = text.model_copy(update={"headline": story.draft.headline})
    told: dict[str, Any] = {"text": text, "brand": plan.newsletter.brand}
    if not container().draws_words_only(plan.job.profile, plan.job.language):
        scene = story.draft.picture if story.draft else ""
        told["look"] = Look(scene=scene or text.headline, style=plan.newsletter.picture_style)
    return told


def edition_covers(plan: Plan) -> dict[str, Any]:
    """Say what stands on the edition's cover and on the card its video ends on."""
    letter, words = plan.newsletter, wording(plan.newsletter.language)
    date = date_words(plan.edition.date, letter.language)
    return {
        "text": CoverText(headline=letter.name, kicker=date, byline=letter.tagline),
        "end": CoverText(headline=words.read_edition, kicker=letter.name, byline=date),
        "brand": letter.brand,
    }


@step(Step.ILLUSTRATE, version=1, returns=Cover, engine="illustrator", tags=["gpu"])
def illustrate_article(job: Job, *, text: CoverText, brand: Brand, look: Look | None = None) -> Cover:
    """Draw an article's cover in three sizes."""
    with container().illustrator(job.profile, job.language) as illustrator:
        return _cover(illustrator, job, text, brand, look)


@step(Step.ILLUSTRATE, version=1, returns=EditionArt, engine="cards", tags=["gpu"])
def illustrate_edition(job: Job, *, text: CoverText, end: CoverText, brand: Brand) -> EditionArt:
    """Draw the edition's cover and the card its video ends on."""
    with container().cards(job.profile, job.language) as cards:
        cover, (end_card, _) = _cover(cards, job, text, brand), _picture(cards, job, end, brand, SCENE)
    words = (*text.model_dump().values(), *end.model_dump().values(), cover.alt)
    return EditionArt(cover=cover, end_card=end_card, words=tuple(dict.fromkeys(filter(None, words))))


@step(Step.NARRATE, version=1, returns=Narration, engine="narrator")
def narrate(job: Job, *, script: Script) -> Narration:
    """Speak a script and time its words."""
    with container().narrator(job.profile, job.language) as narrator:
        spoken = narrator.narrate(script, seed=job.seed(Step.NARRATE))
    return Narration(
        audio=container().library.keep("narration", spoken.wav, "audio/wav"),
        words=spoken.words,
        segment_starts_s=spoken.segment_starts_s,
        duration_s=spoken.duration_s,
    )


@step(Step.ILLUSTRATE, version=1, returns=Clip, engine="animator", tags=["gpu"])
def animate(job: Job, *, cover: AssetRef, look: Look) -> Clip:
    """Make a few seconds of film from an article's picture."""
    house = container()
    with (
        tempfile.TemporaryDirectory(prefix="pressroom-clip-") as folder,
        house.animator(job.profile, job.language) as animator,
        shown_progress(f"Animating {job.edition} · {job.item}") as progress,
    ):
        request = ClipRequest(prompt=f"{look.scene}. {look.style}", picture=house.library.read(cover))
        made = animator.animate(request, Path(folder), progress, seed=job.seed(Step.ILLUSTRATE))
        return Clip(
            movie=house.library.keep("clip", made.movie, "video/mp4"), duration_s=made.duration_s, picture=cover.sha256
        )


def moving(plan: Plan, stories: Sequence[Story]) -> dict[str, AssetRef]:
    """Animate the stories' pictures where the profile has an animator: clips by the sha256 of their picture."""
    if not container().has("animator", plan.job.profile, plan.job.language):
        return {}
    asked = [
        animate.submit(
            story.job(plan.job),
            cover=story.article.cover.scene,
            look=Look(
                scene=story.article.draft.picture or story.article.draft.headline, style=plan.newsletter.picture_style
            ),
        )
        for story in stories
    ]
    return {clip.picture: clip.movie for clip in (pending.result() for pending in asked)}


def _cover(illustrator: Illustrator, job: Job, text: CoverText, brand: Brand, look: Look | None = None) -> Cover:
    wide, alt = _picture(illustrator, job, text, brand, WIDE, look)
    return Cover(
        wide=wide,
        square=_picture(illustrator, job, text, brand, SQUARE, look)[0],
        scene=_picture(illustrator, job, text, brand, SCENE, look)[0],
        alt=alt or alt_text(text.headline, language=job.language),
    )


def _picture(
    illustrator: Illustrator,
    job: Job,
    text: CoverText,
    brand: Brand,
    size: tuple[int, int],
    look: Look | None = None,
) -> tuple[AssetRef, str]:
    picture = _drawn(illustrator, job, text, brand, size, look, seed=job.seed(Step.ILLUSTRATE))
    return container().library.keep("cover", picture.data, picture.media_type), picture.alt


def _drawn(
    illustrator: Illustrator,
    job: Job,
    text: CoverText,
    brand: Brand,
    size: tuple[int, int],
    look: Look | None,
    *,
    seed: int,
) -> RenderedPicture:
    width, height = size
    told = {**text.model_dump(), **(look.model_dump() if look else {})}
    request = CoverRequest(**told, language=job.language, brand=brand, width=width, height=height)
    return illustrator.illustrate(request, seed=seed)
