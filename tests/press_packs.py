"""The texts of the bundled press packs, read from disk: no server, and dates left as the packs write them."""

import datetime as dt
import functools
import tomllib
from pathlib import Path

from content.grounding import Ground
from content.recipes import sha256_of
from content.sentences import is_chinese
from content.values import AssetRef, Brief, SourceEntry
from sources.pages import extract_article

HERE = Path(__file__).parent
PACKS = (HERE.parent / "examples" / "press-pack", HERE / "fixtures" / "press-pack-zh")
CASES = tomllib.loads((HERE / "fixtures" / "paraphrases.toml").read_text(encoding="utf-8"))["case"]


@functools.cache
def texts() -> dict[str, str]:
    """Give the text of every page of the packs by `host/stories/name.html`."""
    found = {}
    for pack in PACKS:
        for page in sorted(pack.rglob("*.html")):
            name = page.relative_to(pack).as_posix()
            found[name] = extract_article(page.read_bytes(), f"http://{name}", "utf-8").text
    return found


def language_of(name: str) -> str:
    return "zh" if any("\u4e00" <= each <= "\u9fff" for each in texts()[name][:20]) else "en"


def brief_of(*names: str, headline: str = "What the papers say", **changes) -> tuple[Brief, dict[str, str]]:
    """Make a brief of pages, and give it with its texts by sha256."""
    entries, found = [], {}
    for name in names:
        data = texts()[name].encode()
        ref = AssetRef(kind="source-text", sha256=sha256_of(data), bytes=len(data), media_type="text/plain")
        found[ref.sha256] = texts()[name]
        host = name.partition("/")[0]
        entries.append(
            SourceEntry(
                url=f"http://{name}",
                title=headline,
                publisher=host.partition(".")[0].replace("-", " ").title(),
                feed_url=f"http://{host}/feed.xml",
                published=dt.datetime(2026, 3, 1, tzinfo=dt.UTC),
                language=language_of(name),
                text=ref,
                via="page",
            )
        )
    values = {"story_id": sha256_of("".join(names).encode()), "working_headline": headline, "why_now": "Published."}
    return Brief(**(values | changes), sources=tuple(entries)), found


@functools.cache
def ground_of(*names: str) -> Ground:
    """Give pages as evidence."""
    brief, found = brief_of(*names)
    return Ground.of(brief, found, "zh" if is_chinese(brief.sources[0].language) else "en")
