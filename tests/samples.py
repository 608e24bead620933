"""A small edition of an invented harbour town in English and Chinese, with pictures and video that exist."""

import datetime as dt
import functools
import hashlib
import io
import math
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

from content import pages, paths, syndication
from content.recipes import EngineIdentity
from content.values import (
    Article,
    AssetRef,
    Brand,
    Chapter,
    Claim,
    Cover,
    Draft,
    Edition,
    Link,
    Newsletter,
    PublishedStory,
    Video,
)
from content.views import EditionView, EngineCredit, FeedLine, media_of, summary_of

DATE = dt.date(2015, 11, 30)
WHEN = dt.datetime(2015, 11, 29, 16, 30, tzinfo=dt.UTC)


@dataclass
class Media:
    """The bytes behind a sample's references, by sha256."""

    objects: dict[str, bytes] = field(default_factory=dict)

    def keep(self, kind: str, data: bytes, media_type: str) -> AssetRef:
        sha256 = hashlib.sha256(data).hexdigest()
        self.objects[sha256] = data
        return AssetRef(kind=kind, sha256=sha256, bytes=len(data), media_type=media_type)


def newsletter(language: str = "en", **changes) -> Newsletter:
    known = {
        "en": {"slug": "harbour-letter", "name": "The Harbour Letter", "tagline": "What Port Elsing talks about today"},
        "zh": {"slug": "gangwan", "name": "港湾晨报", "tagline": "港城今日要闻", "brand": Brand(accent="#b23a2e")},
    }
    values = {"language": language, "feeds": ("http://feeds.example/all.xml",), "timezone": "Europe/Copenhagen"}
    return Newsletter(**(values | known[language] | changes))


STORIES = {
    "en": (
        (
            "Tidal turbine at Elsing Sound passes its first winter without a repair",
            "Three sources report on it since Saturday; the council votes on a second turbine on Thursday.",
            "The tidal turbine in Elsing Sound has run through its first winter without a single unplanned stop.",
            (
                "It produced 1.9 gigawatt hours between December and March, enough for about 1,600 households.",
                "Divers found less growth on the blades than the engineers had feared.",
                "A second turbine would cost 11 million kroner, a third less than the first.",
            ),
            ("We budgeted for four repairs and needed none, which is the kind of mistake I like.", "Marit Aune"),
        ),
        (
            "Night ferry returns after nine years, with bicycles travelling free",
            "The first crossing leaves tonight.",
            "The night ferry between Port Elsing and Sandholm sails again tonight after a pause of nine years.",
            (
                "The crossing takes six hours and calls at Little Ness when the weather allows.",
                "Bicycles travel free until the end of the year.",
            ),
            None,
        ),
        (
            "Library keeps its Sunday hours",
            "A decision fell on Friday.",
            "The town library stays open on Sundays after 4,200 readers signed a petition.",
            (
                "Volunteers will run the reading room, while two librarians stay on call.",
                "The trial ends in May, and the council will then count visitors.",
            ),
            ("A library that is closed when people are free is a storehouse.", "Jonas Hviid"),
        ),
        (
            "Herring quota falls by a fifth, and the fleet asks for time",
            "",
            "Next year's herring quota will be a fifth smaller, the fisheries board announced on Friday afternoon.",
            (
                "The stock has shrunk for three years in a row, according to the board's survey.",
                "Skippers ask that the cut be spread over two seasons.",
            ),
            None,
        ),
    ),
    "zh": (
        (
            "潮汐发电机平稳度过首个冬季，无需任何维修",
            "自周六以来已有三家媒体报道；市议会将于周四表决是否增建第二台。",
            "埃尔辛海峡的潮汐发电机已平稳运行整个冬季，没有发生一次计划外停机。",
            (
                "去年十二月至今年三月共发电一百九十万千瓦时，可供约一千六百户家庭使用。",
                "潜水员发现叶片上的附着物比工程师预想的少。",
            ),
            ("我们预留了四次维修的费用，结果一次也没用上。", "玛丽特·奥内"),
        ),
        (
            "停航九年后，夜间渡轮今晚恢复运营",
            "首班渡轮今晚启航。",
            "连接埃尔辛港与桑霍尔姆的夜间渡轮在停航九年之后，于今晚恢复运营。",
            ("单程航行六小时，天气允许时停靠小内斯。", "年底之前，自行车可免费随船。"),
            None,
        ),
        (
            "市图书馆保留周日开放",
            "周五作出决定。",
            "四千二百名读者联名请愿之后，市图书馆将继续在周日开放。",
            ("志愿者负责阅览室，两名馆员随时待命。", "试行到五月结束，届时市议会将统计到馆人数。"),
            None,
        ),
    ),
}


def story(number: int, language: str = "en", **changes) -> Draft:
    headline, why_now, lead, points, quotation = STORIES[language][number]
    urls = tuple(f"https://source-{letter}.example/news/{number}?from=feed&id=7" for letter in "abc")

    def claim(role: str, text: str, at: int, speaker: str = "") -> Claim:
        source = hashlib.sha256(urls[at].encode()).hexdigest()
        return Claim(role=role, text=text, url=urls[at], source=source, start=0, end=len(text), speaker=speaker)

    values = {
        "story_id": hashlib.sha256(headline.encode()).hexdigest(),
        "headline": headline,
        "language": language,
        "lead": claim("lead", lead, 0),
        "points": tuple(claim("point", text, (at + 1) % 3) for at, text in enumerate(points)),
        "quotation": claim("quotation", quotation[0], 1, quotation[1]) if quotation else None,
        "further": (
            Link(url=urls[0], title=headline, publisher="Elsing Post", published=WHEN),
            Link(url=urls[1], title="The whole report", publisher="Sound & Shore", published=WHEN),
            Link(
                url="https://library.example/sound", title="A history of the Sound", publisher="Library", published=WHEN
            ),
        ),
        "why_now": why_now,
    }
    if number == 2:
        values["update_of"] = PublishedStory(
            edition_date=dt.date(2015, 11, 23),
            story_id=values["story_id"],
            headline="Readers sign for Sunday hours" if language == "en" else "读者联名要求周日开放",
            lead=lead,
            urls=urls[:1],
        )
    return Draft(**(values | changes))


def sample_edition_view(language: str = "en", *, media: Media | None = None, **changes) -> EditionView:
    """Give a complete view; with `media`, its pictures and video are kept there."""
    media = media if media is not None else Media()
    letter = changes.pop("newsletter", None) or newsletter(language)
    drafts = changes.pop("drafts", None) or [story(number, language) for number in range(len(STORIES[language]))]
    slugs = paths.article_slugs(drafts)
    articles = tuple(
        Article(position=at, slug=slug, draft=draft, cover=cover(media, draft.headline, letter.brand))
        for at, (slug, draft) in enumerate(zip(slugs, drafts, strict=True), 1)
    )
    title = "Turbines, ferries and a Sunday library" if language == "en" else "潮汐、渡轮与周日的图书馆"
    values = {
        "newsletter": letter,
        "edition": Edition(newsletter=letter.slug, date=DATE),
        "title": title,
        "articles": articles,
        "cover": cover(media, title, letter.brand),
        "video": video(media, title, letter, [draft.headline for draft in drafts]),
        "script_text": "\n".join((title, *(draft.lead.text for draft in drafts))),
        "left_out": ("One article on a court case waits for a person to look at it: it names a private address.",),
        "feeds": (
            FeedLine(name="Elsing Post", url="http://feeds.example/post.xml", status="ok", entries=9),
            FeedLine(name="Sound & Shore", url="http://feeds.example/shore.xml", status="ok", entries=1),
            FeedLine(name="Harbour Office", url="http://feeds.example/office.xml", status="empty"),
            FeedLine(name="nowhere.example", url="http://nowhere.example/", status="failed"),
        ),
        "made": (
            EngineCredit(part="text", engine=EngineIdentity(backend="extractive", revision="1")),
            EngineCredit(part="pictures", engine=EngineIdentity(backend="typographic", revision="1")),
            EngineCredit(part="voice", engine=EngineIdentity(backend="espeak-ng", model="en-gb", revision="1.52")),
            EngineCredit(part="check", engine=EngineIdentity(backend="rules", revision="1")),
        ),
        "sources": (
            Link(url="https://source-c.example/news/0?from=feed&id=7", title="Report", publisher="NPR", published=WHEN),
        ),
    }
    return EditionView(**(values | changes))


def cover(media: Media, headline: str, brand: Brand) -> Cover:
    wide, square = (
        media.keep("cover", picture(headline, brand, size), "image/png") for size in ((1200, 630), (540, 540))
    )
    return Cover(wide=wide, square=square, scene=wide, alt=f"Cover lettering: {headline}")


@functools.cache
def picture(headline: str, brand: Brand, size: tuple[int, int]) -> bytes:
    """Draw a plain poster: sweeping bands in the brand's colours, placed by the headline."""
    from PIL import Image, ImageDraw

    seed = hashlib.sha256(headline.encode()).digest()
    grounds = [(brand.ink, brand.accent, brand.paper), (brand.paper, brand.support, brand.ink)]
    ground, first, second = (*grounds, (brand.support, brand.paper, brand.accent))[seed[0] % 3]
    image = Image.new("RGB", size, ground)
    draw = ImageDraw.Draw(image)
    for at, colour in enumerate((first, second, first)):
        radius = size[1] * (0.75 - 0.2 * at)
        x, y = size[0] * (0.55 + seed[1 + at] / 700), size[1] * (0.4 + 0.3 * math.sin(seed[4 + at]))
        draw.ellipse((x - radius, y - radius, x + radius, y + radius), fill=colour)
    data = io.BytesIO()
    image.quantize(16).save(data, "PNG")
    return data.getvalue()


SIZES = {"en": ((1920, 1080), (1080, 1920), (1080, 1080)), "zh": ((1080, 1920), (1920, 1080))}


def video(media: Media, title: str, letter: Newsletter, headlines: Sequence[str]) -> Video:
    """Give a video with a chapter a headline; the Chinese one is upright first."""
    captions = f"WEBVTT\n\n00:00.000 --> 00:01.000\n{title}\n".encode()
    subtitles = f"1\n00:00:00,000 --> 00:00:01,000\n{title}\n".encode()
    starts = [45.2 * number / len(headlines) for number in range(len(headlines) + 1)]
    formats = [
        Video(
            movie=media.keep("video", movie(width, height), "video/mp4"),
            captions=media.keep("captions", captions, "text/vtt"),
            subtitles=media.keep("subtitles", subtitles, "application/x-subrip"),
            timeline=media.keep("timeline", f'{{"width": {width}, "height": {height}}}'.encode(), "application/json"),
            poster=media.keep("poster", picture(title, letter.brand, (width // 2, height // 2)), "image/png"),
            chapters=tuple(
                Chapter(title=headline, start_s=start, end_s=end)
                for headline, (start, end) in zip(headlines, pairwise(starts), strict=True)
            ),
            duration_s=45.2,
            width=width,
            height=height,
        )
        for width, height in SIZES[letter.language]
    ]
    return formats[0].model_copy(update={"other_formats": tuple(formats[1:])})


@functools.cache
def movie(width: int, height: int) -> bytes:
    """Encode one second of a plain colour at a sixth of a size with the bundled ffmpeg."""
    import tempfile

    import imageio_ffmpeg

    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder) / "movie.mp4"
        command = [
            imageio_ffmpeg.get_ffmpeg_exe(),
            "-nostdin",
            "-v",
            "error",
            "-f",
            "lavfi",
            "-i",
            f"color=c=navy:s={width // 6}x{height // 6}:r=10:d=1",
        ]
        subprocess.run([*command, "-pix_fmt", "yuv420p", "-movflags", "+faststart", str(target)], check=True)
        return target.read_bytes()


def build_site(folder: Path, views: list[EditionView], media: Media) -> None:
    """Write a whole site the way the publisher does: pages, feeds and media."""
    documents = {paths.HOME: pages.render_home([(view.newsletter, summary_of(view)) for view in views])}
    for view in views:
        letter, summary = view.newsletter, summary_of(view)
        older = [
            summary.model_copy(update={"edition": Edition(newsletter=letter.slug, date=DATE - dt.timedelta(days=days))})
            for days in (7, 14)
        ]
        documents[paths.newsletter_page(letter.slug)] = pages.render_newsletter_index(letter, [summary, *older])
        documents[paths.edition_page(view.edition)] = pages.render_edition(view)
        documents[paths.video_page(view.edition)] = pages.render_video_page(view)
        for article in view.articles:
            documents[paths.article_page(view.edition, article.slug)] = pages.render_article(view, article)
        documents[paths.rss_feed(letter.slug)] = syndication.render_rss(letter, [summary]).decode()
        documents[paths.json_feed(letter.slug)] = syndication.render_json_feed(letter, [summary]).decode()
        for ref in media_of(view):
            documents[paths.media(ref)] = media.objects[ref.sha256]
    for path, document in documents.items():
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(document.encode() if isinstance(document, str) else document)
