import datetime as dt
import itertools
import json
import subprocess
import sys
from pathlib import Path

import pytest
from lxml import html

from content import pages, paths
from content.errors import BadConfigurationError
from content.values import AssetRef, Claim, FeedReport, SourceEntry
from content.views import feed_line, issued_at, media_of, reading_minutes, source_link, summary_of, web_address
from tests.samples import DATE, WHEN, newsletter, sample_edition_view, story

HOSTILE = '<script>alert("1")</script> ]]> {{ 7*7 }} & "quoted"\n\x00second line'


def hostile_view():
    def claim(text, url="javascript:alert(1)"):
        return Claim(role="lead", text=text, url=url, source="a" * 64, start=0, end=1, speaker=HOSTILE)

    draft = story(0, headline=HOSTILE, why_now=HOSTILE, lead=claim(HOSTILE), quotation=claim(HOSTILE), points=())
    return sample_edition_view(
        drafts=[draft],
        title=HOSTILE,
        script_text=HOSTILE,
        left_out=(HOSTILE,),
        newsletter=newsletter(name=HOSTILE[:70]),
    )


def every_page(view):
    summary = summary_of(view)
    return {
        paths.HOME: pages.render_home([(view.newsletter, summary)], view.site_url),
        paths.newsletter_page(view.newsletter.slug): pages.render_newsletter_index(view.newsletter, [summary]),
        paths.edition_page(view.edition): pages.render_edition(view),
        paths.video_page(view.edition): pages.render_video_page(view),
        **{
            paths.article_page(view.edition, article.slug): pages.render_article(view, article)
            for article in view.articles
        },
    }


def test_foreign_text_is_shown_and_never_becomes_markup():
    for page in every_page(hostile_view()).values():
        document = html.fromstring(page)
        assert [script.get("type") for script in document.iter("script")] in ([], ["application/ld+json"])
        assert not document.xpath("//@href[starts-with(., 'javascript:')] | //@*[starts-with(name(), 'on')]")
        assert "\x00" not in page
        assert "{{ 7*7 }}" in document.text_content()
        for script in document.iter("script"):
            json.loads(script.text)
    article = html.fromstring(pages.render_article(hostile_view(), hostile_view().articles[0]))
    assert '<script>alert("1")</script> ]]> {{ 7*7 }}' in article.xpath("string(//h1)")


@pytest.mark.parametrize("site_url", ["", "https://letters.example/site/"])
@pytest.mark.parametrize("language", ["en", "zh"])
def test_pages_load_nothing_from_elsewhere(language, site_url):
    for path, page in every_page(sample_edition_view(language, site_url=site_url)).items():
        loaded = html.fromstring(page).xpath("//@src | //@poster | //link[@rel='stylesheet']/@href")
        assert not [url for url in loaded if ":" in url], path
        assert "@import" not in page
        assert "url(" not in page


def test_every_link_inside_the_site_leads_to_something_that_is_there():
    view = sample_edition_view()
    site = every_page(view)
    there = {*site, paths.rss_feed(view.newsletter.slug), paths.json_feed(view.newsletter.slug)}
    there |= {paths.media(ref) for ref in media_of(view)}
    earlier = f"{view.newsletter.slug}/2015-11-23/index.html"
    for path, page in site.items():
        for url in html.fromstring(page).xpath("//@href"):
            if ":" in url or url.startswith("#"):
                continue
            target = str((Path("/") / path).parent.joinpath(url.partition("#")[0]).resolve().relative_to("/"))
            assert target in there | {earlier}, f"{path} links to {url}"


@pytest.mark.parametrize("language", ["en", "zh"])
def test_pages_stay_light_with_eight_articles(language):
    view = sample_edition_view(language, drafts=[story(n % 3, language, story_id=f"{n}" * 64) for n in range(8)])
    assert {path: len(page) for path, page in every_page(view).items() if len(page.encode()) > 60_000} == {}


def test_every_sentence_carries_the_number_of_its_source():
    view = sample_edition_view()
    article = view.articles[0]
    document = html.fromstring(pages.render_article(view, article))
    links = document.xpath("//sup[@class='cite']/a")
    assert [link.get("href") for link in links] == [claim.url for claim in article.draft.claims]
    numbers = [reference.number for reference in view.references(article).values()]
    assert numbers == [1, 2, 3]
    assert links[0].get("title").startswith("Elsing Post — ")
    assert len(document.xpath("//ol[@class='references']/li")) == 3


def test_a_page_says_who_made_it_and_what_was_left_out():
    text = " ".join(html.fromstring(pages.render_edition(sample_edition_view())).text_content().split())
    for words in (
        "AI-generated",
        "word for word",
        "drawn by a machine",
        "voice in the video is synthetic",
        "Article 50",
    ):
        assert words in text
    assert "names a private address" in text
    assert "could not be read" in text
    assert "rules@1" in text


def test_nothing_is_said_about_a_voice_or_a_check_that_there_was_not():
    page = pages.render_edition(sample_edition_view(video=None, made=()))
    assert "synthetic" not in page
    assert "moderator" not in page
    assert "<video" not in page
    assert "This edition has no video." in pages.render_video_page(sample_edition_view(video=None))


def test_an_update_links_to_the_edition_that_ran_the_story_first():
    view = sample_edition_view()
    page = pages.render_article(view, view.articles[2])
    assert html.fromstring(page).xpath("//p[@class='earlier']/a/@href") == ["../2015-11-23/index.html"]


def test_machine_readable_marks_name_what_software_made():
    view = sample_edition_view(site_url="https://letters.example")
    data = json.loads(html.fromstring(pages.render_article(view, view.articles[0])).xpath("string(//script)"))
    assert data["@type"] == "NewsArticle"
    assert data["digitalSourceType"] == data["image"]["digitalSourceType"]
    assert data["digitalSourceType"].endswith("/AlgorithmicMediaDigitalSource")
    assert data["url"].startswith("https://letters.example/harbour-letter/2015-11-30/tidal-")
    film = json.loads(html.fromstring(pages.render_video_page(view)).xpath("string(//script)"))
    assert film["@type"] == "VideoObject"
    assert film["duration"] == "PT45S"


@pytest.mark.parametrize("count", [1, 2, 5])
def test_an_edition_named_after_its_first_article_shows_that_headline_once(count):
    drafts = [story(n % 4, story_id=f"{n}" * 64) for n in range(count)]
    view = sample_edition_view(drafts=drafts, title=drafts[0].headline)
    document = html.fromstring(pages.render_edition(view))
    headlines = [link.text_content() for link in document.xpath("//h1/a | //h3/a")]
    assert headlines == [draft.headline for draft in drafts]
    assert len(document.xpath("//li[@class='story']")) == count - 1
    index = html.fromstring(pages.render_newsletter_index(view.newsletter, [summary_of(view)]))
    assert drafts[0].headline not in [link.text_content() for link in index.xpath("//ol[@class='headlines']//a")]


def test_headings_descend_without_gaps():
    for path, page in every_page(sample_edition_view()).items():
        levels = [int(heading.tag[1]) for heading in html.fromstring(page).xpath("//h1|//h2|//h3|//h4")]
        assert levels[0] == 1, path
        assert levels.count(1) == 1, path
        assert all(after - before <= 1 for before, after in itertools.pairwise(levels)), path


def test_two_processes_draw_the_same_bytes():
    code = (
        "from tests.samples import sample_edition_view as v; from content import pages; import hashlib;"
        "w = v(); page = pages.render_edition(w) + pages.render_article(w, w.articles[0]);"
        "print(hashlib.sha256(page.encode()).hexdigest())"
    )
    root = Path(__file__).resolve().parents[2]
    runs = {
        subprocess.run(
            [sys.executable, "-c", code], cwd=root, env={"PYTHONHASHSEED": seed}, capture_output=True, check=True
        ).stdout
        for seed in ("1", "2")
    }
    assert len(runs) == 1


def test_a_site_without_newsletters_is_refused():
    with pytest.raises(BadConfigurationError, match=r"pressroom\.toml"):
        pages.render_home([])


def test_an_edition_is_dated_by_its_schedule_in_its_own_timezone():
    letter = newsletter(schedule="30 7 * * 1-5")
    assert issued_at(letter, DATE) == dt.datetime(2015, 11, 30, 6, 30, tzinfo=dt.UTC)
    assert issued_at(newsletter(schedule="*/5 * * * *"), DATE).hour == 5
    with pytest.raises(BadConfigurationError, match="Mars/Olympus"):
        issued_at(newsletter(timezone="Mars/Olympus"), DATE)


def test_only_web_addresses_become_links():
    assert web_address("https://a.example/b?c=d") == "https://a.example/b?c=d"
    for url in ("javascript:alert(1)", "data:text/html,x", "//a.example", "http://", "https://a b", "http://[", ""):
        assert web_address(url) == ""


def test_reading_time_counts_words_and_chinese_characters():
    assert reading_minutes([]) == 1
    assert reading_minutes(["word " * 460]) == 2
    assert reading_minutes(["字" * 1200]) == 3


def test_feeds_and_sources_shorten_to_what_readers_see():
    text = AssetRef(kind="text", sha256="a" * 64, bytes=1, media_type="text/plain")
    entry = SourceEntry(
        url="https://a.example/1",
        title="T",
        publisher="P",
        feed_url="f",
        published=WHEN,
        language="en",
        text=text,
        via="feed",
    )
    assert source_link(entry).publisher == "P"
    line = feed_line(FeedReport(url="http://www.a.example/feed", status="ok", entries=(entry,)))
    assert (line.name, line.entries) == ("a.example", 1)


def test_a_speaker_is_named_once():
    def shown(text, speaker):
        quotation = Claim(
            role="quotation", text=text, url="https://a.example/1", source="a" * 64, start=0, end=1, speaker=speaker
        )
        view = sample_edition_view(drafts=[story(0, quotation=quotation)])
        return html.fromstring(pages.render_article(view, view.articles[0])).xpath(
            "string(//figure[@class='quotation'])"
        )

    assert shown("“It floats, all of it,” said Ada Pell.", "Ada Pell").count("Ada Pell") == 1
    assert shown("“It floats, all of it.”", "Ada Pell").count("Ada Pell") == 1
