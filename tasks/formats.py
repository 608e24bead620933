"""A telling in each format: which pictures it is shown over, the ones with words drawn anew, and the films of it.

Words are drawn for the format, because a headline cannot be cropped; what a model painted is cropped by the assembler.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from content.recipes import Value, sha256_of
from content.timeline import Card, Shot
from content.values import Article, AssetRef, Brand, Narration, Script, Segment, Shape, Step, Video
from models.protocols import CoverRequest
from tasks.editions import Plan
from tasks.films import VIDEO_SIZES, assemble
from tasks.jobs import Job
from tasks.steps import step
from tasks.studio import EditionArt, edition_covers
from wiring.container import container

KEPT_FREE: Final[dict[Shape, float]] = {"16:9": 0.26, "9:16": 0.43, "1:1": 0.31}
"""The share of the height at the foot that is for captions and, on a phone, for the buttons of the application."""


class Telling(Value):
    """What a film tells: the script as it is spoken, the articles it is about, and the edition's own pictures."""

    script: Script
    narration: Narration
    articles: tuple[Article, ...]
    art: EditionArt


class Drawn(Value):
    """Pictures in one size, one a card, and every word that stands on them."""

    pictures: tuple[AssetRef, ...] = ()
    words: tuple[str, ...] = ()

    def __add__(self, other: "Drawn") -> "Drawn":
        """Give both, everything once."""
        return Drawn(
            pictures=tuple(dict.fromkeys((*self.pictures, *other.pictures))),
            words=tuple(dict.fromkeys((*self.words, *other.words))),
        )


class Film(Value):
    """A video in its formats, the pictures of its scenes, and what was drawn for it alone."""

    video: Video
    scenes: tuple[AssetRef, ...]
    drawn: Drawn = Drawn()


@step(Step.ILLUSTRATE, version=1, returns=Drawn, engine="cards", tags=["gpu"])
def draw_cards(job: Job, *, cards: Sequence[Card], brand: Brand, shape: Shape) -> Drawn:
    """Draw titles, headlines, quotations, figures and end cards for one format; each keeps a look of its own."""
    seed, (width, height) = job.seed(Step.ILLUSTRATE), VIDEO_SIZES[shape]
    library, pictures = container().library, []
    with container().cards(job.profile, job.language) as drawer:
        for card in cards:
            request = CoverRequest(
                **card.model_dump(),
                language=job.language,
                brand=brand,
                width=width,
                height=height,
                kept_free=KEPT_FREE[shape],
            )
            picture = drawer.illustrate(request, seed=seed ^ _own(card.headline))
            pictures.append(library.keep("card", picture.data, picture.media_type))
    words = [word for card in cards for word in (card.headline, card.kicker, card.byline) if word]
    return Drawn(pictures=tuple(pictures), words=tuple(dict.fromkeys(words)))


def film_of(plan: Plan, telling: Telling, shapes: Sequence[Shape], clips: Mapping[str, AssetRef] | None = None) -> Film:
    """Make the film of a telling in each format, one after the other: rendering takes the whole machine.

    `clips` are moving versions of covers, by the cover's sha256.
    """
    told: dict[str, Any] = {
        "script": telling.script,
        "narration": telling.narration,
        "brand": plan.newsletter.brand,
    }
    if music := container().music(plan.newsletter):
        told |= {"music": music, "music_gain_db": plan.newsletter.music_gain_db}
    videos: list[Video] = []
    scenes: dict[str, AssetRef] = {}
    drawn = Drawn()
    for shape in dict.fromkeys(shapes):
        shots, cards = shots_in(plan, shape, telling, clips or {})
        videos.append(assemble.submit(plan.job, **told, shots=shots, shape=shape).result())
        scenes |= {shot.picture.sha256: shot.picture for shot in shots}
        drawn += cards
    video = videos[0].model_copy(update={"other_formats": tuple(videos[1:])})
    return Film(video=video, scenes=tuple(scenes.values()), drawn=drawn)


def shots_in(
    plan: Plan, shape: Shape, telling: Telling, clips: Mapping[str, AssetRef]
) -> tuple[tuple[Shot, ...], Drawn]:
    """Give a shot for every segment in a format, and what was drawn for them.

    Covers that exist in the format already, and what a model painted, are taken as they are.
    """
    covers = {article.draft.headline: article.cover.scene for article in telling.articles}
    words_only = container().draws_words_only(plan.job.profile, plan.job.language)
    shots: list[Shot | Card] = []
    for segment in telling.script.segments:
        card = _card(plan, segment, covers)
        painted = None if words_only or segment.kind != "story" else covers[segment.title]
        ready = _ready(segment, covers if words_only else {}, telling.art) if shape == "16:9" else None
        if painted:
            shots.append(Shot(picture=painted, clip=clips.get(painted.sha256)))
        else:
            shots.append(Shot(picture=ready, card=card) if ready else card)
    cards = tuple(dict.fromkeys(shot for shot in shots if isinstance(shot, Card)))
    if not cards:
        return tuple(shot for shot in shots if isinstance(shot, Shot)), Drawn()
    drawn = draw_cards.submit(plan.job, cards=cards, brand=plan.newsletter.brand, shape=shape).result()
    picture_of = dict(zip(cards, drawn.pictures, strict=True))
    placed = (Shot(picture=picture_of[s], card=s) if isinstance(s, Card) else s for s in shots)
    return tuple(placed), drawn


def _ready(segment: Segment, covers: Mapping[str, AssetRef], art: EditionArt) -> AssetRef | None:
    """Give the wide picture that was drawn for the edition's pages already, where a segment has one."""
    if segment.kind == "end":
        return art.end_card
    if segment.kind in {"title", "story"} and segment.title in covers:
        return covers[segment.title]
    return art.cover.scene if segment.kind == "title" else None


def _card(plan: Plan, segment: Segment, covers: Mapping[str, AssetRef]) -> Card:
    """Say what would stand on a segment's picture if it were drawn."""
    name, own = plan.newsletter.name, edition_covers(plan)
    if segment.kind in {"quote", "figure", "point"}:
        return Card(kind=segment.kind, headline=segment.shown, kicker=name, byline=segment.subtitle)
    if segment.title in covers:
        return Card(headline=segment.title, kicker=name)
    return Card(**own["text" if segment.kind == "title" else "end"].model_dump())


def _own(headline: str) -> int:
    return int(sha256_of(headline.encode())[:8], 16)
