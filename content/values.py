"""The vocabulary of the house: small frozen values and references that cross its borders.

Nothing in here knows where bytes are kept, which engine made them or who asked for them.
Times are aware datetimes in UTC, lengths of media are seconds, sizes are bytes, pictures are pixels.
"""

import datetime as dt
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import AwareDatetime, Field, StringConstraints

from content.recipes import Value

Sha256 = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
Slug = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=80)]
Colour = Annotated[str, StringConstraints(pattern=r"^#[0-9a-fA-F]{6}$")]


class Step(StrEnum):
    """The steps of an edition, in order. These are the names a user sees, redoes and breaks in tests."""

    COLLECT = "collect"
    IDEATE = "ideate"
    DRAFT = "draft"
    ILLUSTRATE = "illustrate"
    NARRATE = "narrate"
    ASSEMBLE = "assemble"
    COMPOSE = "compose"
    MODERATE = "moderate"
    PUBLISH = "publish"


class AssetRef(Value):
    """A pointer to bytes in the object store."""

    kind: str
    sha256: Sha256
    bytes: int = Field(ge=0)
    media_type: str

    @property
    def key(self) -> str:
        """The object's key: from its hash only, never from a title."""
        return object_key(self.sha256)


def object_key(sha256: str) -> str:
    """Give the object store's key for a content hash: `sha256/ab/cdef…`."""
    return f"sha256/{sha256[:2]}/{sha256[2:]}"


class Edition(Value):
    """Names one edition of one newsletter."""

    newsletter: Slug
    date: dt.date

    def __str__(self) -> str:
        return f"{self.newsletter}/{self.date.isoformat()}"

    @classmethod
    def parse(cls, text: str) -> "Edition":
        """Read `slug/YYYY-MM-DD`; raise ValueError when it is something else."""
        slug, _, date = text.partition("/")
        try:
            return cls(newsletter=slug, date=dt.date.fromisoformat(date))
        except ValueError:
            raise ValueError(f"{text!r} is not an edition; write SLUG/YYYY-MM-DD") from None


# ---- what a newsletter is --------------------------------------------------------------------------------------------


class Brand(Value):
    """How a newsletter looks. Colours are #RRGGBB."""

    ink: Colour = Field("#14213d", description="text and dark grounds")
    paper: Colour = Field("#faf7f2", description="light grounds")
    accent: Colour = Field("#d1495b", description="the one colour people remember")
    support: Colour = Field("#2e7f86", description="second colour of covers and charts")
    typeface: Literal["serif", "sans"] = Field("serif", description="headlines in Source Serif or Source Sans")


Length = Literal["brief", "standard", "long"]
Shape = Literal["16:9", "9:16", "1:1"]
"""The format of a video's picture: wide, upright for phones, square."""


class Voice(Value):
    """How a newsletter speaks: what a writing model is told besides the sources."""

    language: str = "en"
    tone: str = "clear, warm and factual"
    audience: str = "curious general readers"
    length: Length = "standard"


class Newsletter(Value):
    """One newsletter's definition, as `pressroom.toml` gives it."""

    slug: Slug
    name: str = Field(min_length=1, max_length=80)
    tagline: str = Field("", max_length=160)
    language: Literal["en", "zh"] = "en"
    feeds: tuple[str, ...] = Field(min_length=1, max_length=100)
    timezone: str = "UTC"
    schedule: str = Field("0 6 * * *", description="cron, in the newsletter's timezone")
    articles: int = Field(6, ge=1, le=30, description="how many articles an edition should have")
    minimum_articles: int = Field(1, ge=1, le=30, description="with fewer left after moderation the edition is held")
    lookback_days: int = Field(2, ge=1, le=365, description="how old an entry may be")
    memory_days: int = Field(60, ge=0, le=3650, description="how long a published story is remembered")
    max_source_share: float = Field(
        0.7, gt=0, le=1, description="of an article with several sources, one source gives at most this"
    )
    video_s: int = Field(45, ge=15, le=90, description="length to aim at, seconds")
    video_formats: tuple[Shape, ...] = Field(
        ("16:9",), min_length=1, max_length=3, description="formats of the edition's video; pages play the first"
    )
    music: str = Field("", description="music under the video: a WAV, MP3, FLAC, Ogg or M4A file; empty: none")
    music_gain_db: float = Field(-14.0, ge=-40, le=0, description="the music's loudness against the voice's, decibels")
    tone: str = Field("clear, warm and factual", max_length=200, description="how a model should sound")
    audience: str = Field("curious general readers", max_length=200, description="whom a model should write for")
    length: Length = Field("standard", description="of a model's articles: brief, standard or long")
    picture_style: str = Field(
        "editorial illustration, flat shapes, calm light", max_length=300, description="the look of generated pictures"
    )
    profile: str = "embedded"
    sender: str = Field("", description="From address of the e-mail; empty gives newsletter@localhost")
    press_pack: str = Field("", description="folder of a bundled press pack to serve in place of the web")
    brand: Brand = Brand()

    @property
    def voice(self) -> Voice:
        """How it speaks."""
        return Voice(language=self.language, tone=self.tone, audience=self.audience, length=self.length)


# ---- what was read ---------------------------------------------------------------------------------------------------


class SourceEntry(Value):
    """One item of a feed with its full text kept as an asset (plain UTF-8 text, one paragraph a line)."""

    url: str
    title: str
    publisher: str
    feed_url: str
    published: AwareDatetime
    language: str
    text: AssetRef
    via: Literal["feed", "page"]
    author: str = ""


class FeedReport(Value):
    """What became of one feed: its entries, or the one line that says why there are none.

    `faults` lists what was wrong with single entries while the feed itself was usable.
    """

    url: str
    title: str = ""
    status: Literal["ok", "empty", "failed"]
    detail: str = ""
    entries: tuple[SourceEntry, ...] = ()
    faults: tuple[str, ...] = ()


# ---- what to write about ---------------------------------------------------------------------------------------------


class PublishedStory(Value):
    """What a newsletter remembers of a story it has run; `sources` are the texts its brief was made of."""

    edition_date: dt.date
    story_id: str
    headline: str
    lead: str
    urls: tuple[str, ...]
    sources: tuple[Sha256, ...] = ()


class Brief(Value):
    """A story worth an article. Depends on its own sources and memory only, so another story's news leaves it alone."""

    story_id: Sha256
    working_headline: str
    why_now: str
    sources: tuple[SourceEntry, ...] = Field(min_length=1)
    update_of: PublishedStory | None = None


class Agenda(Value):
    """The outcome of ideation: briefs in order of worth, or the reason there are none."""

    briefs: tuple[Brief, ...]
    reason: str = ""
    considered: int = 0


# ---- what was written ------------------------------------------------------------------------------------------------


class Passage(Value):
    """A place in a source: characters `start` to `end` of the text whose sha256 is `source`."""

    url: str
    source: Sha256
    start: int = Field(ge=0)
    end: int = Field(gt=0)


class Claim(Value):
    """A sentence and where it stands: characters `start` to `end` of the source text whose sha256 is `source`.

    In the source's wording the sentence is those characters. In a model's own wording it rests on them, and on the
    passages in `others`: every figure, date, name, quotation and address in it is in those sources.
    """

    role: Literal["lead", "point", "quotation"]
    text: str
    url: str
    source: Sha256
    start: int = Field(ge=0)
    end: int = Field(gt=0)
    speaker: str = ""
    wording: Literal["source", "own"] = "source"
    others: tuple[Passage, ...] = ()

    @property
    def passages(self) -> tuple[Passage, ...]:
        """Every place the sentence rests on, the best one first."""
        return (Passage(url=self.url, source=self.source, start=self.start, end=self.end), *self.others)

    @property
    def unnamed_speaker(self) -> str:
        """Give the speaker where the sentence itself does not name them; a reader need not be told twice."""
        return "" if self.speaker in self.text else self.speaker


class Link(Value):
    """A place to go deeper."""

    url: str
    title: str
    publisher: str
    published: AwareDatetime


class Draft(Value):
    """An article: a lead, two to five key points, a quotation where there is one, links to go deeper."""

    story_id: Sha256
    headline: str
    language: str
    lead: Claim
    points: tuple[Claim, ...]
    quotation: Claim | None = None
    further: tuple[Link, ...] = ()
    why_now: str = ""
    update_of: PublishedStory | None = None
    picture: str = Field("", description="what a generated picture should show, in plain words; empty: the headline")

    @property
    def claims(self) -> tuple[Claim, ...]:
        """Every sentence of the article, in reading order."""
        return (self.lead, *self.points, *((self.quotation,) if self.quotation else ()))


class Genre(StrEnum):
    """What a writing model can write besides an article."""

    SUMMARY = "summary"
    STORY = "story"
    INTERVIEW = "interview"
    QUESTIONS = "questions"
    HEADLINES = "headlines"
    SOCIAL = "social"
    VIDEO_SCRIPT = "video-script"
    PICTURE_PROMPTS = "picture-prompts"


class Part(Value):
    """One piece of a text in a genre: a sentence, a question or an answer, a headline, a post, a line of narration.

    `role` says which, `speaker` who speaks it. `rests_on` are the places in the sources; questions have none.
    """

    role: Literal["sentence", "question", "answer", "headline", "post", "narration", "prompt"]
    text: str
    speaker: str = ""
    rests_on: tuple[Passage, ...] = ()


class Piece(Value):
    """A text in one genre, traced to its sources like an article. `cut` counts what the tracer took out."""

    story_id: Sha256
    genre: Genre
    language: str
    title: str = ""
    parts: tuple[Part, ...] = Field(min_length=1)
    cut: int = 0


# ---- what was made of it ---------------------------------------------------------------------------------------------


class Cover(Value):
    """A story's pictures: `wide` is 1200×630 (page, mail, social), `square` 1080×1080, `scene` 1920×1080 (video)."""

    wide: AssetRef
    square: AssetRef
    scene: AssetRef
    alt: str

    @property
    def pictures(self) -> tuple[AssetRef, AssetRef, AssetRef]:
        """The same picture in its three formats."""
        return self.wide, self.square, self.scene


class Segment(Value):
    """A stretch of narration over one picture.

    `title` is what stands on a title or end card, and the headline of the story elsewhere. `shown` is what the card of
    a quotation, a figure or a point shows large, words of `text`; `subtitle` is the speaker, what the figure counts, or
    the source.
    """

    kind: Literal["title", "story", "quote", "figure", "point", "end"]
    text: str
    title: str = ""
    subtitle: str = ""
    shown: str = ""

    def continues(self, before: "Segment") -> bool:
        """Say whether this goes on with the story of the segment before it."""
        return self.title == before.title != "" and not {self.kind, before.kind} & {"title", "end"}


class Script(Value):
    """What is said in a video, one segment a scene."""

    language: str
    segments: tuple[Segment, ...] = Field(min_length=1)


class SpokenWord(Value):
    """A word and when it is heard, seconds from the start of the narration; `segment` indexes the script."""

    text: str
    start_s: float = Field(ge=0)
    end_s: float = Field(ge=0)
    segment: int = Field(ge=0)


class Narration(Value):
    """A spoken script: mono WAV, its words in time, and where each segment starts."""

    audio: AssetRef
    words: tuple[SpokenWord, ...]
    segment_starts_s: tuple[float, ...]
    duration_s: float


def shape_of(width: int, height: int) -> Shape:
    """Give the format that is nearest to a size in pixels."""
    if width * 10 >= height * 12:
        return "16:9"
    return "1:1" if width * 10 >= height * 8 else "9:16"


class Chapter(Value):
    """A stretch of a film with a title; seconds."""

    title: str
    start_s: float
    end_s: float


class Video(Value):
    """A finished video with its captions as WebVTT (`captions`) and SubRip (`subtitles`), its poster and its chapters.

    `timeline` is what it was rendered from, as JSON; `other_formats` is the same film in other shapes.
    """

    movie: AssetRef
    captions: AssetRef
    poster: AssetRef
    duration_s: float
    width: int
    height: int
    subtitles: AssetRef | None = None
    timeline: AssetRef | None = None
    chapters: tuple[Chapter, ...] = ()
    other_formats: tuple["Video", ...] = ()

    @property
    def formats(self) -> tuple["Video", ...]:
        """The video in each of its formats, its own first."""
        return (self, *self.other_formats)

    @property
    def shape(self) -> Shape:
        """The nearest of the formats."""
        return shape_of(self.width, self.height)

    @property
    def published(self) -> tuple[AssetRef, ...]:
        """Every file of all formats that readers get: all but the timelines."""
        timelines = {video.timeline for video in self.formats}
        return tuple(ref for ref in self.files if ref not in timelines)

    @property
    def files(self) -> tuple[AssetRef, ...]:
        """Every file of all formats."""
        own = (self.movie, self.captions, self.poster, self.subtitles, self.timeline)
        return (*(ref for ref in own if ref), *(ref for other in self.other_formats for ref in other.files))


# ---- what was judged -------------------------------------------------------------------------------------------------

Decision = Literal["pass", "hold", "block"]
Modality = Literal["text", "image", "audio", "video", "page", "mail"]


class Reason(Value):
    """Why a moderator did not pass something: a hazard in MLCommons words, and the words that set it off."""

    hazard: str
    rule: str
    excerpt: str = ""


class Verdict(Value):
    """A moderator's decision, bound to the sha256 of the bytes it speaks of."""

    sha256: Sha256
    modality: Modality
    decision: Decision
    moderator: str
    reasons: tuple[Reason, ...] = ()


class ModerationRequest(Value):
    """What a moderator is asked to judge.

    `texts` is everything that will be read or heard in the bytes named by `sha256`; `links` every address in them.
    """

    sha256: Sha256
    modality: Modality
    texts: tuple[str, ...]
    links: tuple[str, ...] = ()
    language: str = "en"


class Article(Value):
    """One article of an edition with everything made for it."""

    position: int = Field(ge=1)
    slug: Slug
    draft: Draft
    cover: Cover
