"""Agendas of the press packs, read over the wire, and of a year of a real blog: what an editor would look at."""

import datetime as dt
import itertools
import os
import subprocess
import sys
from pathlib import Path

import pytest

from content.clustering import CLOSENESS
from content.ideation import ideation_text, make_agenda, window
from content.memory import memory_text
from content.recipes import canonical_json, sha256_of
from content.sentences import split
from content.values import AssetRef, Newsletter, PublishedStory, SourceEntry
from models.embedder.embedder_minilm import EmbedderMinilm
from models.embedder.embedder_ngram import EmbedderNgram
from sources.collect import collect_feed
from sources.feeds import parse_feed
from sources.fetch import FetchPolicy, GuardedFetcher
from sources.pages import text_of_fragment
from sources.press_pack import PressPack

ROOT = Path(__file__).resolve().parents[2]
FEEDS_18F = ROOT.parent / "shared" / "corpus" / "18f" / "site" / "feeds"
DAY = dt.date(2026, 11, 24)

# Which pages of the packs tell one story, by the last part of their addresses.
STORIES = {
    "en": (
        {
            "sorrel-ferry-goes-electric",
            "electric-ferry-contract-signed",
            "what-the-electric-ferry-means-for-brandreth-slip",
        },
        {"tidal-barrier-vote", "tidal-barrier-decision"},
        {"library-reopens", "library-doors-open-again"},
        {"oysters-return-to-the-pell", "oyster-reef-third-year"},
        {"cannery-homes-approved", "cannery-chimney-stays"},
        {"night-bus-trial", "night-bus-for-shift-workers"},
    ),
    "zh": ({"dianchuan-ludao-hangxian", "dongwan-chuanchang-jiedan"},),
}


class Desk:
    """Entries and their texts, kept in memory."""

    def __init__(self, embedder, **newsletter):
        self.embedder = embedder
        self.newsletter = Newsletter(slug="desk", name="Desk", feeds=("http://a.example/feed",), **newsletter)
        self.entries: list[SourceEntry] = []
        self.texts: dict[str, str] = {}
        self._rows = None

    def keep(self, text):
        self.texts[sha256 := sha256_of(text.encode())] = text
        return AssetRef(kind="source-text", sha256=sha256, bytes=len(text.encode()), media_type="text/plain")

    def agenda(self, day, memory=()):
        if self._rows is None:
            self._rows = self.embedder.embed(
                [ideation_text(each, self.texts[each.text.sha256]) for each in self.entries]
            )
        return make_agenda(
            self.entries,
            self.texts,
            self._rows,
            memory,
            self.embedder.embed([memory_text(story) for story in memory]),
            newsletter=self.newsletter,
            edition_date=day,
            closeness=CLOSENESS[self.embedder.identity.backend],
        )

    def remember(self, agenda, day):
        return [
            PublishedStory(
                edition_date=day,
                story_id=brief.story_id,
                headline=brief.working_headline,
                lead=split(self.texts[brief.sources[0].text.sha256], brief.sources[0].language)[0].text,
                urls=tuple(source.url for source in brief.sources),
                sources=tuple(source.text.sha256 for source in brief.sources),
            )
            for brief in agenda.briefs
        ]


class Forgetful:
    """A fetch memory that keeps nothing."""

    def recall(self, _url):
        return None

    def remember(self, _url, _fetched):
        pass


def desk_of_pack(language):
    folder = ROOT / ("examples/press-pack" if language == "en" else "tests/fixtures/press-pack-zh")
    embedder = EmbedderMinilm("cpu") if language == "en" else EmbedderNgram()
    desk = Desk(embedder, language=language, articles=30, lookback_days=7)
    with (
        PressPack(folder, DAY) as pack,
        GuardedFetcher(FetchPolicy(user_agent="test", resolve=pack.resolve)) as fetcher,
    ):
        for feed in sorted(folder.glob("*/*.xml")):
            collected = collect_feed(
                f"http://{feed.parent.name}/{feed.name}",
                fetcher=fetcher,
                window=window(desk.newsletter, DAY),
                memory=Forgetful(),
                keep_text=desk.keep,
            )
            desk.entries.extend(collected.report.entries)
    return desk


def desk_of_18f(year):
    desk = Desk(EmbedderMinilm("cpu"), articles=6, lookback_days=14)
    feed = parse_feed((FEEDS_18F / f"{year}.atom").read_bytes(), "http://127.0.0.1:8765/feed.atom")
    for entry in feed.entries:
        text = text_of_fragment(entry.content_html or entry.summary_html)
        desk.entries.append(
            SourceEntry(
                url=entry.url, title=entry.title, publisher=feed.title, feed_url="http://127.0.0.1:8765/feed.atom",
                published=entry.published, language="en", text=desk.keep(text), via="feed",
            )
        )  # fmt: skip
    return desk


@pytest.fixture(scope="module", params=["en", "zh"])
def pack(request):
    return request.param, desk_of_pack(request.param)


def slug(url):
    return url.rsplit("/", 1)[-1].removesuffix(".html")


def pairs(groups):
    return {frozenset(pair) for group in groups for pair in itertools.combinations(sorted(group), 2)}


def test_the_packs_overlaps_merge_and_nothing_else_does(pack):
    language, desk = pack
    found = pairs({slug(source.url) for source in brief.sources} for brief in desk.agenda(DAY).briefs)
    assert found == pairs(STORIES[language])


def test_stories_that_several_carry_lead_and_stale_ones_are_gone(pack):
    language, desk = pack
    agenda = desk.agenda(DAY)
    carried = [len(brief.sources) for brief in agenda.briefs]
    assert carried[0] == max(len(story) for story in STORIES[language])
    assert carried == sorted(carried, reverse=True)
    assert not any("winter-mooring" in source.url for brief in agenda.briefs for source in brief.sources)


def test_the_next_day_has_nothing_new_and_says_so(pack):
    _, desk = pack
    again = desk.agenda(DAY + dt.timedelta(days=1), desk.remember(desk.agenda(DAY), DAY))
    assert again.briefs == ()
    assert f"{len(desk.entries)} told in earlier editions" in again.reason


FOLLOW_UPS = {
    "en": """Sorrel ferry contract is challenged in court
A shipyard in Varne has gone to court over the contract to convert the Sorrel Island ferry to batteries.
Managing director Petra Aldous said that the Varne yard had offered the conversion for £700,000 less.
Judge Samuel Okonjo will hear the case on 9 December and may stop work at Brandreth Slip until then.
The ferry company expects a delay of 11 weeks if the court grants the Varne yard’s request.""",
    "zh": """汐川至鹭岛轮渡改用电池动力的合同引发诉讼
北浦船厂就汐川至鹭岛轮渡“白鹭号”改用电池动力的合同向法院提起诉讼。
北浦船厂厂长陆承安说，他们的报价比东湾船厂低四百六十万元，却没有得到任何答复。
法院将在十二月九日开庭，在此之前渡轮改造工程可能全部暂停。
汐川镇港务所估计，如果法院支持北浦船厂的请求，白鹭号的改造将推迟十一周。""",
}


@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_follow_up_returns_as_an_update_of_the_right_story(language):
    title, text = FOLLOW_UPS[language].split("\n", 1)
    desk = desk_of_pack(language)
    memory = desk.remember(desk.agenda(DAY), DAY)
    desk.entries.append(
        SourceEntry(
            url="http://the-bell.example/court.html", title=title, publisher="The Bell", feed_url="http://the-bell.example/",
            published=dt.datetime(2026, 11, 25, 4, tzinfo=dt.UTC), language=language, text=desk.keep(text), via="page",
        )
    )  # fmt: skip
    desk._rows = None
    (brief,) = desk.agenda(DAY + dt.timedelta(days=1), memory).briefs
    assert [source.publisher for source in brief.sources] == ["The Bell"]
    assert brief.update_of is not None
    assert {slug(url) for url in brief.update_of.urls} == STORIES[language][0]


@pytest.mark.corpus
@pytest.mark.parametrize(
    ("year", "days"),
    [
        (2015, ("2015-03-10", "2015-10-28", "2015-11-09", "2015-11-30")),
        (2016, ("2016-03-12", "2016-05-12", "2016-08-05")),
    ],
)
def test_a_year_of_one_blog_gives_full_editions_of_separate_posts(year, days):
    desk, memory = desk_of_18f(year), []
    for day in map(dt.date.fromisoformat, days):
        agenda = desk.agenda(day, memory)
        assert len(agenda.briefs) >= 4
        # One publisher's posts are separate stories, however alike a series reads.
        assert all(len(brief.sources) == 1 for brief in agenda.briefs)
        used = {url for story in memory for url in story.urls}
        assert not used & {source.url for brief in agenda.briefs for source in brief.sources}
        memory += desk.remember(agenda, day)
    if year == 2015:
        updates = {story.headline: story.edition_date.isoformat() for story in memory}
        (brief,) = [each for each in desk.agenda(dt.date(2015, 11, 9), memory).briefs if each.update_of]
        assert brief.working_headline == "Early lessons from the micro-purchase experiment"
        assert updates[brief.update_of.headline] == "2015-10-28"


def test_an_agenda_is_the_same_in_every_process(pack):
    language, desk = pack
    run = subprocess.run(
        [sys.executable, __file__, language], cwd=ROOT, check=True, timeout=120, capture_output=True,
        env={**os.environ, "PYTHONHASHSEED": "7", "PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    assert run.stdout == canonical_json(desk.agenda(DAY))


if __name__ == "__main__":
    sys.stdout.buffer.write(canonical_json(desk_of_pack(sys.argv[1]).agenda(DAY)))
