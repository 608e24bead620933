import datetime as dt
import json

import feedparser
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from content.syndication import edition_id, render_json_feed, render_rss
from content.values import Edition
from content.views import summary_of
from tests.samples import newsletter, sample_edition_view

SITE = "https://letters.example/site/"


def summaries():
    latest = summary_of(sample_edition_view())
    earlier = Edition(newsletter=latest.edition.newsletter, date=dt.date(2015, 11, 23))
    return [latest.model_copy(update={"edition": earlier}), latest]


def test_rss_reads_back_newest_first_with_the_video_as_enclosure():
    feed = feedparser.parse(render_rss(newsletter(), summaries(), SITE))
    assert not feed.bozo
    assert feed.version == "rss20"
    assert [entry.link[-21:] for entry in feed.entries] == ["2015-11-30/index.html", "2015-11-23/index.html"]
    entry = feed.entries[0]
    assert entry.link == "https://letters.example/site/harbour-letter/2015-11-30/index.html"
    assert entry.published == "Mon, 30 Nov 2015 05:00:00 GMT"
    [enclosure] = entry.enclosures
    assert enclosure.type == "video/mp4"
    assert enclosure.href.startswith(SITE + "media/")
    assert int(enclosure.length) > 1000
    assert {"rel": "self", "href": SITE + "harbour-letter/feed.xml", "type": "application/rss+xml"} in feed.feed.links


def test_json_feed_reads_back():
    feed = json.loads(render_json_feed(newsletter(), summaries(), SITE))
    assert feed["version"] == "https://jsonfeed.org/version/1.1"
    assert feed["feed_url"] == SITE + "harbour-letter/feed.json"
    item = feed["items"][0]
    assert item["date_published"] == "2015-11-30T05:00:00+00:00"
    assert item["attachments"][0]["duration_in_seconds"] == 45
    assert len(feed["items"]) == 2


def test_ids_stay_when_the_site_moves():
    first = feedparser.parse(render_rss(newsletter(), summaries(), SITE))
    second = feedparser.parse(render_rss(newsletter(), summaries(), "https://elsewhere.example"))
    assert [entry.id for entry in first.entries] == [entry.id for entry in second.entries]
    assert first.entries[0].id == edition_id(summaries()[1].edition)
    assert len({entry.id for entry in first.entries}) == 2


def test_without_a_site_address_links_are_paths_and_the_feed_claims_no_address():
    data = render_rss(newsletter(), summaries())
    assert b"atom:link" not in data
    assert feedparser.parse(data).entries[0].link == "harbour-letter/2015-11-30/index.html"


def test_a_feed_of_nothing_is_still_a_feed():
    assert not feedparser.parse(render_rss(newsletter(), [], SITE)).bozo
    assert json.loads(render_json_feed(newsletter(), []))["items"] == []


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_any_title_leaves_the_xml_well_formed(text):
    summary = summaries()[1]
    story = summary.articles[0].model_copy(update={"headline": text + "]]><x>", "lead": text})
    summary = summary.model_copy(update={"title": text, "lead": text, "articles": (story,)})
    root = etree.fromstring(render_rss(newsletter(), [summary], SITE))
    assert len(root.findall(".//item")) == 1
    assert not root.findall(".//x")
    json.loads(render_json_feed(newsletter(), [summary], SITE))
