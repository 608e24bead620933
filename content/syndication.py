"""A newsletter's outgoing feeds: RSS 2.0 and JSON Feed 1.1, one item an edition, newest first.

Both formats ask for absolute addresses. Without a `site_url` the links are paths relative to the site's folder:
good enough to test with and for readers that resolve them, but set `site_url` before anybody subscribes.
Ids never depend on where the site stands, so moving it does not show subscribers everything again.
"""

import json
import uuid
from collections.abc import Sequence
from email.utils import format_datetime
from html import escape
from typing import Any

from lxml import etree

from content import paths
from content.typeset import clean, one_line
from content.values import Edition, Newsletter
from content.views import EditionSummary
from content.wording import language_tag, wording

_ATOM = "http://www.w3.org/2005/Atom"
_CONTENT = "http://purl.org/rss/1.0/modules/content/"
_NEWEST = 50
"""How many editions a feed lists."""


def edition_id(edition: Edition) -> str:
    """Give the name an edition has in every feed for ever."""
    return uuid.uuid5(uuid.NAMESPACE_URL, f"pressroom:edition:{edition}").urn


def render_rss(newsletter: Newsletter, summaries: Sequence[EditionSummary], site_url: str = "") -> bytes:
    """Write the RSS 2.0 feed as UTF-8 XML; the video is each item's enclosure."""
    ordered = _newest_first(summaries)
    rss = etree.Element("rss", {"version": "2.0"}, nsmap={"atom": _ATOM, "content": _CONTENT})
    channel = etree.SubElement(rss, "channel")
    _add(channel, "title", newsletter.name)
    _add(channel, "link", paths.absolute(paths.newsletter_page(newsletter.slug), site_url))
    _add(channel, "description", newsletter.tagline or newsletter.name)
    _add(channel, "language", wording(newsletter.language).rss_tag)
    _add(channel, "generator", "Pressroom")
    if ordered:
        _add(channel, "lastBuildDate", format_datetime(ordered[0].published_at, usegmt=True))
    if site_url:
        own = {"href": paths.absolute(paths.rss_feed(newsletter.slug), site_url), "rel": "self"}
        etree.SubElement(channel, f"{{{_ATOM}}}link", own | {"type": "application/rss+xml"})
    for summary in ordered:
        item = etree.SubElement(channel, "item")
        _add(item, "title", one_line(summary.title))
        _add(item, "link", paths.absolute(summary.page, site_url))
        _add(item, "guid", edition_id(summary.edition), isPermaLink="false")
        _add(item, "pubDate", format_datetime(summary.published_at, usegmt=True))
        _add(item, "description", summary.lead)
        _add(item, f"{{{_CONTENT}}}encoded", _content_html(summary, site_url))
        if summary.video:
            movie = summary.video.movie
            address = paths.absolute(paths.media(movie), site_url)
            _add(item, "enclosure", "", url=address, length=str(movie.bytes), type=movie.media_type)
    return bytes(etree.tostring(rss, xml_declaration=True, encoding="UTF-8", pretty_print=True))


def render_json_feed(newsletter: Newsletter, summaries: Sequence[EditionSummary], site_url: str = "") -> bytes:
    """Write the JSON Feed 1.1 document as UTF-8; the video is each item's attachment."""
    feed: dict[str, Any] = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": newsletter.name,
        "home_page_url": paths.absolute(paths.newsletter_page(newsletter.slug), site_url),
        "feed_url": paths.absolute(paths.json_feed(newsletter.slug), site_url),
        "description": newsletter.tagline or newsletter.name,
        "language": language_tag(newsletter.language),
        "authors": [{"name": newsletter.name}],
        "items": [_json_item(summary, site_url) for summary in _newest_first(summaries)],
    }
    return (json.dumps(feed, ensure_ascii=False, indent=1) + "\n").encode()


def _json_item(summary: EditionSummary, site_url: str) -> dict[str, Any]:
    item: dict[str, Any] = {
        "id": edition_id(summary.edition),
        "url": paths.absolute(summary.page, site_url),
        "title": one_line(summary.title),
        "summary": clean(summary.lead),
        "content_html": _content_html(summary, site_url),
        "image": paths.absolute(paths.media(summary.cover.wide), site_url),
        "date_published": summary.published_at.isoformat(),
    }
    if summary.video:
        item["attachments"] = [
            {
                "url": paths.absolute(paths.media(summary.video.movie), site_url),
                "mime_type": summary.video.movie.media_type,
                "size_in_bytes": summary.video.movie.bytes,
                "duration_in_seconds": round(summary.video.duration_s),
            }
        ]
    return item


def _content_html(summary: EditionSummary, site_url: str) -> str:
    picture = escape(paths.absolute(paths.media(summary.cover.wide), site_url))
    stories = "".join(
        f'<h2><a href="{escape(paths.absolute(article.page, site_url))}">{escape(article.headline)}</a></h2>'
        f"<p>{escape(article.lead)}</p>"
        for article in summary.articles
    )
    cover = f'<p><img src="{picture}" alt="{escape(summary.cover.alt)}" width="1200" height="630"></p>'
    return clean(cover + stories)


def _newest_first(summaries: Sequence[EditionSummary]) -> list[EditionSummary]:
    return sorted(summaries, key=lambda summary: summary.edition.date, reverse=True)[:_NEWEST]


def _add(parent: Any, name: str, text: str, **attributes: str) -> None:
    element = etree.SubElement(parent, name, attributes)
    element.text = clean(text) or None
