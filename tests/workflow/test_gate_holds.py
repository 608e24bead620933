"""The gate at work: what it holds is nowhere to be seen, on record with the reason, and whoever cannot judge holds."""

import html
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest

from models.moderator_rules import RulesModerator

HOST = "quay-gazette.example"
# The one that must not appear: its headline names a telephone number, and a headline is always in the article.
HELD = "Call Orla Penhallow on 0117 496 0753 about the lost parrot"
HELD_WORDS = ("Penhallow", "parrot", "496 0753")
STORIES: Mapping[str, tuple[str, ...]] = {
    "Lock keepers open the Marl canal to winter boats": (
        "Lock keepers on the Marl canal opened all 14 gates to winter boats for the first time since 1987, after a trial last year.",
        "The waterway trust spent £310,000 on heated paddles, which keep the gates free of ice down to minus 9 degrees.",
        "“A canal that sleeps for four months is a canal that silts up,” said Tobias Renn, who manages the locks.",
        "Boats pay £12 a passage in winter, and skippers must book a day ahead through the harbour office at Lower Marl.",
        "Engineers will measure the wear of the heated paddles every month and publish the figures in April.",
        "Anglers had asked for two quiet stretches, and the trust closed the arms at Sedge Mill and Cotter Bridge to boats.",
        "In its first week the winter canal carried 41 boats, most of them with coal and firewood for moored families.",
        "The trust expects 600 passages before spring and would break even at 480, according to its business plan.",
    ),
    "School orchestra plays on instruments built from scrap metal": (
        "Thirty pupils of Fernley school gave a concert on violins and horns that they had built from scrap metal.",
        "The music teacher, Ingrid Sallow, began the project after the school's instruments were lost in a fire.",
        "“A paint tin makes a better drum than most drums,” said Ingrid Sallow, who conducted the evening.",
        "Parents brought 260 kilograms of copper pipe, oil cans and bicycle spokes to the workshop in the gymnasium.",
        "A violin takes 45 hours to build and costs £8, most of which goes on strings and glue.",
        "The concert raised £2,900, and the orchestra has been invited to play at the Drayton festival in June.",
        "Two makers of real violins from Drayton checked the instruments and tuned them by moving the sound posts.",
        "The pupils now write down what they learned, so that other schools can build an orchestra for £400.",
    ),
    "Beavers return to the upper Teale after four centuries": (
        "A family of five beavers has settled on the upper Teale, where the last one was hunted some 400 years ago.",
        "Rangers released the animals in a fenced valley of 38 hectares above the village of Orrin Green.",
        "“They built a dam of nine metres in eleven nights, and nobody had shown them the plan,” said Kofi Lind, a ranger.",
        "Below the dam the stream runs 30 per cent slower in heavy rain, according to gauges at the Orrin Green bridge.",
        "Farmers downstream hope for fewer floods, and two of them have lent meadows for a second enclosure.",
        "The wildlife fund pays £90,000 for five years of fences, gauges and a warden who answers complaints.",
        "Botanists counted 17 kinds of plants in the new pools that had not been seen in the valley before.",
        "A decision about releasing beavers outside the fence is due in two years, after a public hearing in Teale town.",
    ),
    HELD: (
        "A grey parrot that speaks three languages has been missing from the lighthouse cottage since Friday evening.",
        "Its owner, Orla Penhallow, retired from the sea after 31 years and has kept the parrot for nineteen of them.",
        "“It swears in Portuguese and says good night in Danish,” said Orla Penhallow, who has put up 80 posters.",
        "The parrot was last seen on the roof of the ice house, where it imitated the bell of the fish auction.",
        "Fishermen have promised to leave their sheds open, because the parrot likes warm places and the smell of tar.",
        "A reward of £150 has been offered by the publican of the Anchor, whose dartboard the parrot used to comment on.",
        "Vets say that a grey parrot can survive six nights at this season if it finds shelter from the wind.",
        "The harbour master has asked crews to look into crates before loading, since parrots hide when they are cold.",
    ),
}


def items() -> Iterator[str]:
    for number, (title, sentences) in enumerate(STORIES.items(), 1):
        body = "".join(f"<p>{' '.join(sentences[at : at + 2])}</p>" for at in range(0, len(sentences), 2))
        assert len(body) >= 900, title
        yield (
            f"<item><title>{html.escape(title)}</title><link>http://{HOST}/stories/{number}.html</link>"
            f"<guid>{number}</guid><pubDate>@@-1d 0{number}:00 rfc822@@</pubDate>"
            f"<content:encoded><![CDATA[{body}]]></content:encoded></item>"
        )


@pytest.fixture
def newsletter(tmp_path: Path) -> Callable[[int], Path]:
    """Write a newsletter of four stories with a press pack of its own, and give its configuration."""
    host = tmp_path / "pack" / HOST
    host.mkdir(parents=True)
    (host / "feed.xml").write_text(
        '<?xml version="1.0"?><rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/"><channel>'
        f"<title>Quay Gazette</title><link>http://{HOST}/</link><description>News</description>"
        f"<language>en-gb</language>{''.join(items())}</channel></rss>",
        "utf-8",
    )

    def write(minimum: int) -> Path:
        config = tmp_path / "pressroom.toml"
        config.write_text(
            f'[newsletters.quayside]\nname = "Quayside"\nfeeds = ["http://{HOST}/feed.xml"]\narticles = 4\n'
            f'minimum_articles = {minimum}\npress_pack = "pack"\n',
            "utf-8",
        )
        return config

    return write


@pytest.fixture
def quayside(make, newsletter, monkeypatch):
    """Make its edition in this process."""

    def run(minimum: int):
        monkeypatch.setenv("PRESSROOM_CONFIG", str(newsletter(minimum)))
        return make("quayside", articles=4)

    return run


def site_text(site: Path) -> str:
    """Give everything on the site that is text."""
    files = sorted(file for file in site.rglob("*") if file.is_file()) if site.is_dir() else []
    text = "\n".join(
        file.read_text("utf-8") for file in files if file.suffix in {".html", ".xml", ".json", ".eml", ".vtt"}
    )
    return html.unescape(text)


def test_a_held_article_is_left_out_and_the_page_says_so(quayside, house):
    made = quayside(3)
    assert made.state.name == "Published", made.record.reason
    by_status = {status: [a for a in made.record.articles if a.status == status] for status in ("published", "held")}
    assert {article.headline for article in by_status["published"]} == set(STORIES) - {HELD}
    (held,) = by_status["held"]
    assert held.headline == HELD
    assert "privacy.telephone" in held.reason
    assert (held.page, held.page_sha256) == ("", "")
    reasons = [reason.rule for verdict in made.record.verdicts if verdict.decision != "pass" for reason in verdict.reasons]
    assert set(reasons) == {"privacy.telephone"}

    page = (house.settings.site / made.record.page).read_text("utf-8")
    assert "What was left out" in page
    assert "privacy" in page
    shown = site_text(house.settings.site)
    assert "Beavers return" in shown
    assert [word for word in HELD_WORDS if word.casefold() in shown.casefold()] == []
    pictures = {held.cover.wide.sha256, held.cover.square.sha256, held.cover.scene.sha256}
    assert not any(picture in file.name for picture in pictures for file in house.settings.site.rglob("*"))
