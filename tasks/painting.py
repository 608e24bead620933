"""Pictures to order: painted anew, restyled from a cover, or a part of one painted over."""

import io
from collections.abc import Sequence
from typing import Any, Literal, cast

from content.alt_text import alt_text
from content.errors import BadConfigurationError, BadInputError
from content.recipes import Value
from content.values import AssetRef, Step
from models.illustrator.cover_prompt import LONGEST, plain_words
from models.protocols import Painter, PaintRequest
from tasks.editions import Plan, recorded_articles
from tasks.gate import Verdicts, judge_painted
from tasks.jobs import Job
from tasks.progress import shown_progress
from tasks.steps import step
from wiring.container import container

Way = Literal["new", "restyle", "paint-over", "in-the-style-of"]


class Wish(Value):
    """What is wanted of some pictures. `region` is left, top, right, bottom as shares of the picture, to paint over."""

    way: Way
    prompt: str
    negative: str = ""
    count: int = 1
    strength: float = 0.6
    region: tuple[float, float, float, float] | None = None
    cover: AssetRef | None = None
    width: int = 1200
    height: int = 630


class Painted(Value):
    """Finished pictures, in the order of their seeds, and what they show."""

    pictures: tuple[AssetRef, ...]
    alts: tuple[str, ...]


@step(Step.ILLUSTRATE, version=1, returns=Painted, engine="illustrator", tags=["gpu"])
def paint(job: Job, *, wish: Wish) -> Painted:
    """Paint pictures to order, in one batch."""
    house = container()
    base = house.library.read(wish.cover) if wish.cover else None
    with house.illustrator(job.profile, job.language) as illustrator:
        if not hasattr(illustrator, "paint"):
            raise BadConfigurationError(
                f"{illustrator.identity.backend} draws titles and paints nothing; use --profile open, or set"
                ' PRESSROOM_ENGINES=\'{"illustrator": "diffusers:MODEL"}\''
            )
        requests = _requests(wish, base, seed=job.seed(Step.ILLUSTRATE))
        with shown_progress(f"Painting {job.edition} · {job.item}") as progress:
            made = cast("Painter", illustrator).paint(requests, progress)
    return Painted(
        pictures=tuple(house.library.keep("picture", each.data, each.media_type) for each in made),
        alts=tuple(each.alt or alt_text(wish.prompt, language=job.language) for each in made),
    )


@step(Step.MODERATE, version=1, returns=Verdicts, engine="moderator", beside=["picture_moderator"], tags=["gpu"])
def moderate_pictures(job: Job, *, wish: Wish, painted: Painted) -> Verdicts:
    """Judge painted pictures by what was asked and by what is on them."""
    return judge_painted(job, tuple(filter(None, (wish.prompt, *painted.alts))), painted.pictures)


def wish_of(plan: Plan, article: int, **told: Any) -> Wish:
    """Say what is wanted: around an article's cover, and of its own subject unless a prompt says otherwise."""
    (found,) = recorded_articles(plan, article)
    way: Way = told.pop("way")
    region = told.pop("region", None)
    if way == "paint-over" and not region:
        raise BadInputError("to paint over a part of the cover, give its region: left, top, right, bottom from 0 to 1")
    # An editor may ask for anything; what comes from sources is reduced to plain words first.
    of_its_own = plain_words(f"{found.draft.picture or found.draft.headline}. {plan.newsletter.picture_style}", LONGEST)
    subject = told.pop("prompt") or of_its_own
    cover = None if way == "new" else found.cover.wide
    return Wish(way=way, prompt=subject, cover=cover, region=region, **told)


def pictures_of(painted: Painted) -> tuple[tuple[AssetRef, Any], ...]:
    """Give painted pictures as a gate that has to hold them wants them."""
    return tuple((picture, "image") for picture in painted.pictures)


def _requests(wish: Wish, base: bytes | None, *, seed: int) -> Sequence[PaintRequest]:
    given: dict[str, Any] = {
        "new": {},
        "restyle": {"picture": base},
        "in-the-style-of": {"reference": base},
        "paint-over": {"picture": base, "mask": _mask(wish) if wish.region else None},
    }[wish.way]
    return [
        PaintRequest(
            prompt=wish.prompt,
            negative=wish.negative,
            width=wish.width,
            height=wish.height,
            strength=wish.strength,
            seed=(seed + number) % 2**32,
            **given,
        )
        for number in range(wish.count)
    ]


def _mask(wish: Wish) -> bytes:
    """Draw the mask of a region: white where it is painted anew."""
    from PIL import Image, ImageDraw

    left, top, right, bottom = wish.region or (0.0, 0.0, 1.0, 1.0)
    if not (0 <= left < right <= 1 and 0 <= top < bottom <= 1):
        raise BadInputError("a region is left, top, right, bottom with 0 ≤ left < right ≤ 1 and 0 ≤ top < bottom ≤ 1")
    mask = Image.new("L", (wish.width, wish.height), 0)
    corners = (left * wish.width, top * wish.height, right * wish.width - 1, bottom * wish.height - 1)
    ImageDraw.Draw(mask).rectangle(corners, fill=255)
    data = io.BytesIO()
    mask.save(data, "PNG")
    return data.getvalue()
