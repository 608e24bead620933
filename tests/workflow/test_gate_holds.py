"""What the gate does not pass is not published, and a gate that cannot judge passes nothing."""

from pathlib import Path

import pytest

from models.moderator.moderator_rules import RulesModerator
from wiring.container import container

HOST = "anlage-post.example"
STORIES = {
    "Harbour board approves fourteen new moorings": (
        "The harbour board of Anlage approved 14 new moorings on Monday after a vote of nine to two.",
        "The pontoons will cost 140,000 pounds, according to the board's treasurer, Ruth Ellery.",
        "Work on the northern side of the basin starts in March and ends before the regatta in June.",
    ),
    "Library keeps its late hours on Thursdays": (
        "The town library of Anlage will stay open until nine in the evening on Thursdays for another year.",
        "Visits after six o'clock rose to 2,300 in the last quarter, the librarian Tom Asher told the council.",
        "The council set aside 18,000 pounds for two more members of staff in the evening.",
    ),
    "School kitchen wins a county award for its soups": (
        "The kitchen of Anlage primary school won the county award for the best school meals of the year.",
        "Pupils grow leeks, beans and squash for the soups on an allotment of half a hectare.",
        "The cook Mina Hart serves 260 meals a day with a budget of two pounds and ten pence each.",
    ),
    "Call 020 7946 0123 to reach the collector of old tins": (
        "A collector in Anlage has put 4,000 biscuit tins on show in the former customs house.",
        "The oldest tin of the collection was made in 1868 for a bakery in the harbour street.",
        "Visitors can see the tins every weekend until the end of September, the collector said.",
    ),
}
PADDING = (
    "The town clerk published the figures on the notice board of the town hall on Monday morning.",
    "Residents of the harbour quarter had asked for a decision since the spring of last year.",
    "The next meeting of the council takes place in the first week of April.",
    "Several members of the council thanked the volunteers who prepared the papers.",
)


@pytest.fixture
def config(tmp_path: Path, make: object, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A newsletter over four stories, one of which names a telephone number in its title."""
    folder = tmp_path / "pack" / HOST
    folder.mkdir(parents=True)
    entries = ""
    for number, (title, sentences) in enumerate(STORIES.items(), 1):
        body = "".join(
            f"&lt;p&gt;{' '.join(pair)}&lt;/p&gt;" for pair in (sentences, PADDING[:2], sentences[1:], PADDING)
        )
        entries += (
            f"<item><title>{title}</title><link>http://{HOST}/{number}</link><guid>{number}</guid>"
            f"<pubDate>@@-1d 07:40 rfc822@@</pubDate><description>{body}</description></item>"
        )
    feed = f'<?xml version="1.0"?><rss version="2.0"><channel><title>Anlage Post</title>{entries}</channel></rss>'
    (folder / "feed.xml").write_text(feed, "utf-8")
    file = tmp_path / "pressroom.toml"
    file.write_text(
        "[newsletters.anlage]\nname = 'Anlage Today'\narticles = 4\nminimum_articles = 3\n"
        f"feeds = ['http://{HOST}/feed.xml']\npress_pack = 'pack'\n",
        "utf-8",
    )
    monkeypatch.setenv("PRESSROOM_CONFIG", str(file))
    return file


def site_text() -> str:
    site = container().settings.site
    return "\n".join(file.read_text("utf-8") for file in site.rglob("*.html"))


def test_the_edition_goes_on_without_the_held_article_and_says_so(make, config):
    made = make("anlage", articles=None)
    assert made.state.name == "Published", made.state.message
    (held,) = [article for article in made.record.articles if article.status == "held"]
    assert "020 7946 0123" in held.headline
    assert "privacy" in held.reason
    assert len([a for a in made.record.articles if a.status == "published"]) == 3
    assert "held back by our checks (privacy)" in site_text()
    assert "020 7946 0123" not in site_text()
    assert "4,000 biscuit tins" not in site_text()
    assert "biscuit" not in " ".join(a.path for a in made.record.assets)
    assert ("moderate", "held") in {(step.step, step.outcome) for step in made.mine}
    assert list(container().library.verify()) == []


def test_with_too_few_articles_left_the_edition_is_held_and_nothing_appears(make, config, pressroom, house):
    config.write_text(config.read_text("utf-8").replace("minimum_articles = 3", "minimum_articles = 4"), "utf-8")
    made = make("anlage", articles=None)
    assert (made.state.name, made.record.status) == ("Held", "held")
    assert [a.status for a in made.record.articles if "020" in a.headline] == ["held"]
    assert not list(house.settings.site.rglob("*.html"))
    ran = pressroom(
        "newsletter", "anlage", "--edition-date", "2026-03-10", "--json",
        PRESSROOM_CONFIG=str(config), PRESSROOM_HOME=str(house.settings.home),
    )  # fmt: skip
    assert (ran.code, ran.json["edition"]["status"]) == (3, "held")


@pytest.mark.parametrize(
    "error", [RuntimeError("out of its mind"), MemoryError()], ids=["crashes", "runs out of memory"]
)
def test_a_moderator_that_crashes_holds_everything_and_is_asked_again(make, config, monkeypatch, house, error):
    def crash(self: object, request: object) -> None:
        raise error

    with monkeypatch.context() as broken:
        broken.setattr(RulesModerator, "judge", crash)
        made = make("anlage", articles=None)
    assert (made.state.name, made.record.status) == ("Held", "held")
    assert not list(house.settings.site.rglob("*.html"))
    assert make("anlage", articles=None).state.name == "Published"
