import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter

from content import paths
from content.errors import BadInputError
from content.values import AssetRef, Edition, Slug
from tests.samples import story

EDITION = Edition(newsletter="harbour", date=dt.date(2015, 11, 30))


@given(st.text(), st.text("0123456789abcdef", min_size=64, max_size=64))
def test_any_headline_gives_a_valid_slug(headline, story_id):
    slug = paths.article_slug(headline, story_id)
    assert TypeAdapter(Slug).validate_python(slug) == slug
    assert len(slug) <= 69
    assert slug.endswith(story_id[:8])


def test_slugs_keep_the_words_in_order_and_cut_at_a_word():
    slug = paths.article_slug("Night ferry returns after nine years, with bicycles travelling free of charge", "a" * 64)
    assert slug == "night-ferry-returns-after-nine-years-with-bicycles-aaaaaaaa"


def test_slugs_are_unique_in_an_edition_even_when_stories_begin_alike():
    first = story(0, story_id="12345678" + "a" * 56)
    second = story(0, story_id="12345678" + "b" * 56)
    slugs = paths.article_slugs([first, second])
    assert slugs[0] != slugs[1]
    with pytest.raises(BadInputError, match="stands twice"):
        paths.article_slugs([first, first])


def test_links_lead_from_any_page_to_any_other():
    article = paths.article_page(EDITION, "a-story-12345678")
    assert paths.relative(paths.HOME, article) == "../../index.html"
    assert paths.relative(article, paths.edition_page(EDITION)) == "a-story-12345678.html"
    assert paths.relative(paths.rss_feed("harbour"), paths.newsletter_page("harbour")) == "feed.xml"
    assert paths.relative(paths.newsletter_page("harbour"), paths.HOME) == "harbour/index.html"


def test_media_are_named_by_their_hash_and_type():
    ref = AssetRef(kind="cover", sha256="ab" * 32, bytes=1, media_type="image/png")
    assert paths.media(ref) == f"media/{'ab' * 32}.png"
    with pytest.raises(BadInputError, match="application/x-sh"):
        paths.media(ref.model_copy(update={"media_type": "application/x-sh"}))
