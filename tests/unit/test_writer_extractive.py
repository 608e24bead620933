"""The writer as an engine, and what it makes of hundreds of real posts."""

import datetime as dt
import re
from pathlib import Path

import pytest
from lxml import etree
from lxml import html as lxml_html

from content.errors import BadInputError
from content.recipes import EngineIdentity, sha256_of
from content.tracing import trace, untraceable
from content.values import AssetRef, Brief, SourceEntry, Voice
from models.embedder.embedder_ngram import EmbedderNgram
from models.protocols import Writer
from models.writer.writer_extractive import WriterExtractive

FEEDS = Path(__file__).resolve().parents[2].parent / "shared" / "corpus" / "18f" / "site" / "feeds"
ATOM = "{http://www.w3.org/2005/Atom}"
DANGLING = re.compile(
    r"(?:this|that|these|those|it|its|they|their|he|she|his|her|however|but|and|or|also|so|instead|then|finally|"
    r"additionally|furthermore|moreover|in addition|for example|as mentioned|another|here|there)\b",
    re.IGNORECASE,
)
PICTURES = re.compile(
    r"pictured|photo:|click here|(?:shown|see) (?:above|below)|video (?:above|below)|read more", re.IGNORECASE
)


def post(node):
    root = lxml_html.fromstring(f"<div>{node.findtext(ATOM + 'content') or ''}</div>")
    blocks = (" ".join(block.text_content().split()) for block in root.iter("p", "li", "h1", "h2", "h3", "h4"))
    text = "\n".join(block for block in blocks if block)
    data = text.encode()
    ref = AssetRef(kind="text", sha256=sha256_of(data), bytes=len(data), media_type="text/plain")
    entry = SourceEntry(
        url=node.find(ATOM + "link").get("href"),
        title=node.findtext(ATOM + "title"),
        publisher="18F blog",
        feed_url="http://feed.example/",
        published=dt.datetime.fromisoformat(node.findtext(ATOM + "updated")),
        language="en",
        text=ref,
        via="feed",
    )
    return Brief(story_id="0" * 64, working_headline=entry.title, why_now="", sources=(entry,)), text


class Loaded:
    """An embedder that says whether it was loaded."""

    loaded = False
    identity = EngineIdentity(backend="test", model="loaded", revision="7")

    def load(self):
        self.loaded = True

    def release(self):
        self.loaded = False

    def embed(self, texts):
        return EmbedderNgram().embed(texts)


def test_its_identity_names_the_embedder_and_its_settings():
    ngram, other = WriterExtractive(EmbedderNgram()).identity, WriterExtractive(Loaded()).identity
    assert ngram != other
    assert "test:loaded@7" in str(other.parameters["embedder"])


def test_it_loads_and_releases_its_embedder():
    embedder = Loaded()
    writer: Writer = WriterExtractive(embedder)
    writer.load()
    assert embedder.loaded
    writer.release()
    assert not embedder.loaded


@pytest.mark.corpus
@pytest.mark.parametrize("year", [2014, 2015, 2016, 2018, 2021, 2024])
def test_every_sentence_of_real_articles_is_whole_and_traced(year):
    feed = FEEDS / f"{year}.atom"
    if not feed.is_file():
        pytest.skip(f"the corpus is not there: {feed}")
    writer = WriterExtractive(EmbedderNgram())
    posts = [post(node) for node in etree.parse(feed).getroot().iter(ATOM + "entry")][:25]
    written = 0
    for brief, text in posts:
        texts = {brief.sources[0].text.sha256: text}
        try:
            draft = writer.write(brief, texts, voice=Voice(), max_source_share=0.7, seed=0)
        except BadInputError:
            continue
        written += 1
        assert trace(draft, texts, brief).complete
        if written <= 2:
            assert draft == writer.write(brief, texts, voice=Voice(), max_source_share=0.7, seed=1)
        for claim in draft.claims:
            assert re.match(r"[“\"‘(]?(?:[A-Z0-9]|[a-z][\w-]*\.(?:gov|com|org)|[a-z]+[A-Z])", claim.text), claim.text
            assert re.search(r"[.!][”’\"')]*$", claim.text), claim.text
            assert not DANGLING.match(claim.text.lstrip('“"')), claim.text
            assert not PICTURES.search(claim.text), claim.text
            assert claim.text.count("“") == claim.text.count("”"), claim.text
            assert untraceable(claim.text, text) == ()
    assert written >= 0.75 * len(posts)
