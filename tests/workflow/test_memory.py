"""Memory across editions: a told story comes back only with news, and then says that it is an update."""

import shutil
from pathlib import Path

import pytest
from lxml import html

from wiring.container import container

ROOT = Path(__file__).resolve().parents[2]
HOST = "pellmouth-courier.example"
FOLLOW_UP = (
    "<item><title>Oyster reef off Cask Point damaged by a dredger</title>"
    f"<link>http://{HOST}/stories/reef-damaged.html</link><guid>reef-damaged</guid>"
    "<pubDate>@@-0d 03:10 rfc822@@</pubDate><description>"
    "&lt;p&gt;A dredger tore up 7,400 square metres of the restored oyster reef off Cask Point on Tuesday night, the "
    "Pell Estuary Field Station said. The vessel Marta Quill had left the marked channel in fog. "
    "The Harbour Authority has taken away the skipper's licence for 90 days.&lt;/p&gt;"
    "&lt;p&gt;Live oysters on the restored reef off Cask Point had doubled within a year to about 1.1 million. "
    "The field station now counts 260,000 fewer oysters on the reef. "
    "“Three years of growing went under the bucket in forty minutes,” said Dr Ines Halloran, "
    "who leads the count.&lt;/p&gt;"
    "&lt;p&gt;The insurer of the Marta Quill has offered 310,000 pounds for new spat on the oyster reef. "
    "Volunteers will lay 90 tonnes of shell off Cask Point from the first week of next month. "
    "The Pell Estuary Field Station asks boat owners to stay 200 metres away from the reef until then. "
    "The Harbour Authority will put four lit buoys around the oyster reef before the end of the week.&lt;/p&gt;"
    "</description></item>"
)


@pytest.fixture
def pack(tmp_path: Path, make: object, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the example pack with its own definition, which a test may add news to."""
    folder = tmp_path / "pack"
    shutil.copytree(ROOT / "examples" / "press-pack", folder)
    file = tmp_path / "pressroom.toml"
    text = (ROOT / "pressroom.toml").read_text("utf-8").replace("examples/press-pack", "pack")
    file.write_text(text.replace("minimum_articles = 3", "minimum_articles = 1"), "utf-8")
    monkeypatch.setenv("PRESSROOM_CONFIG", str(file))
    return folder


def test_of_a_told_day_only_a_story_with_news_returns_and_is_marked_as_an_update(make, pack):
    first = make(articles=30)
    earlier = next(a for a in first.record.articles if a.headline.startswith("Oyster reef"))
    feed = pack / HOST / "feed.xml"
    feed.write_text(feed.read_text("utf-8").replace("<item>", f"{FOLLOW_UP}<item>", 1), "utf-8")

    second = make(edition_date="2026-03-11", articles=30)
    assert second.state.name == "Published", second.state.message
    (update,) = second.record.articles
    assert update.headline == "Oyster reef off Cask Point damaged by a dredger"
    assert update.update_of == earlier.story_id
    assert update.sources == (f"http://{HOST}/stories/reef-damaged.html",)
    page = html.fromstring((container().settings.site / update.page).read_bytes())
    (note,) = page.xpath("//p[@class='earlier']")
    assert note.text_content() == f"Follows our story of 10 March 2026: {earlier.headline}"
    assert note.xpath("a/@href") == ["../2026-03-10/index.html"]
    assert page.xpath("//*[@class='mark']/text()") == ["Update"]
