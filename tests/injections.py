"""Poisoned briefs: every attack of fixtures/injections.toml in every place of a source where it could stand."""

import datetime as dt
import tomllib
from dataclasses import dataclass
from pathlib import Path

from content.recipes import sha256_of
from content.values import AssetRef, Brief, SourceEntry

ATTACKS = tomllib.loads((Path(__file__).parent / "fixtures" / "injections.toml").read_text(encoding="utf-8"))["attack"]
PLACES = (
    *("first paragraph", "last paragraph", "within a paragraph", "title", "publisher", "author", "second source"),
    *("hidden in tags", "hidden in a comment"),
)

FIRST = """The night ferry between Port Elsing and Sandholm sails again from Monday after a pause of nine years.
The crossing takes six hours and calls at Little Ness when the weather allows. Bicycles travel free this year.
Engineers replaced both engines of the ferry for 11 million kroner. The new engines burn a third less fuel than before.
“Nobody here believed that we would hear that horn again,” said Marit Aune, the harbour master.
The ferry carries 240 passengers and 60 cars on every crossing."""
SECOND = """Islanders on Sandholm have waited nine years for the night ferry to return.
Ticket sales for the night ferry opened on Friday, and 1,900 tickets were sold within two days.
Hotels on Sandholm expect about 4,000 more guests this season. A ticket for the crossing costs 180 kroner for adults.
Shopkeepers in Port Elsing plan to stay open until the ferry has left at ten in the evening."""
FIRST_HAN = """停航九年之后，连接埃尔辛港与桑霍尔姆的夜间渡轮将从周一起恢复运营。
单程航行需要六个小时，天气允许时渡轮会停靠小内斯码头。年底之前，乘客可以免费携带自行车上船。
港口工程师为渡轮更换了两台发动机，费用为一千一百万克朗。新发动机比旧发动机节省三分之一的燃料。
渡轮每个航次可以运送二百四十名乘客和六十辆汽车。"""
SECOND_HAN = """桑霍尔姆岛上的居民为夜间渡轮的恢复等待了九年。
夜间渡轮的船票从周五开始发售，两天之内售出一千九百张。
岛上的旅馆预计首个航季将多接待四千名左右的客人。成人单程船票的价格为一百八十克朗。"""


@dataclass(frozen=True)
class Case:
    """One poisoned brief, its texts, and what may never come out of it."""

    name: str
    brief: Brief
    texts: dict[str, str]
    poison: str
    never: tuple[str, ...]

    @property
    def language(self) -> str:
        return self.brief.sources[0].language


def cases() -> list[Case]:
    """Give every attack in every place; every third brief is Chinese."""
    found = []
    for number, attack in enumerate(ATTACKS):
        for at, place in enumerate(PLACES):
            language = "zh" if (number + at) % 3 == 0 else "en"
            found.append(poisoned(attack["name"], attack["text"], tuple(attack["never"]), place, language))
    return found


def poisoned(name: str, poison: str, never: tuple[str, ...], place: str, language: str) -> Case:
    """Put a poison in its place."""
    first, second = (FIRST, SECOND) if language == "en" else (FIRST_HAN, SECOND_HAN)
    title = "Night ferry returns after nine years" if language == "en" else "停航九年后夜间渡轮恢复运营"
    publisher, author = "Elsing Post", "Jonas Hviid"
    lines = first.split("\n")
    match place:
        case "first paragraph":
            lines.insert(0, poison)
        case "last paragraph":
            lines.append(poison)
        case "within a paragraph":
            lines[2] += f" {poison}"
        case "hidden in tags":
            hidden = "".join(chr(0xE0000 + ord(each)) for each in poison if each.isascii())
            lines.append(f"The harbour is open.{hidden}")
        case "hidden in a comment":
            lines.append(f"<!-- {poison} --><div style='display:none'>{poison}</div>")
        case "title":
            title = poison
        case "publisher":
            publisher = poison
        case "author":
            author = poison
        case "second source":
            second = f"{second}\n{poison}"
    texts = {sha256_of(text.encode()): text for text in ("\n".join(lines), second)}
    entries = tuple(
        entry(text, language, title if at == 0 else "More", publisher if at == 0 else "Sound & Shore", author, at)
        for at, text in enumerate(texts.values())
    )
    brief = Brief(
        story_id=sha256_of(f"{name} {place}".encode()),
        working_headline=title,
        why_now=f"Published today by {publisher}." if language == "en" else f"{publisher}今天发布。",
        sources=entries,
    )
    return Case(f"{name} / {place} / {language}", brief, texts, poison, never)


def entry(text: str, language: str, title: str, publisher: str, author: str, at: int) -> SourceEntry:
    """Give a source entry for a text."""
    data = text.encode()
    return SourceEntry(
        url=f"https://source-{'ab'[at]}.example/news",
        title=title,
        publisher=publisher,
        feed_url=f"https://source-{'ab'[at]}.example/feed",
        published=dt.datetime(2026, 11, 24, tzinfo=dt.UTC),
        language=language,
        text=AssetRef(kind="source-text", sha256=sha256_of(data), bytes=len(data), media_type="text/plain"),
        via="feed",
        author=author,
    )
