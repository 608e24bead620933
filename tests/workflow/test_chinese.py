"""An edition in Chinese, from feeds to captions, with nothing of our English left in what a reader sees."""

import re
import shutil
from pathlib import Path

import pytest
from lxml import html

from content.errors import MissingEngineError
from models.illustrator.typefaces import Typecase
from wiring.container import container

PACK = Path(__file__).resolve().parents[1] / "fixtures" / "press-pack-zh"
HAN = re.compile(r"[\u4e00-\u9fff]")
LATIN = re.compile(r"[A-Za-z]{2,}")
# What may stand in Latin letters on a Chinese page: names, formats of files, sizes. The engines' names in the colophon
# are looked away from.
NAMES = {"RSS", "JSON", "Feed", "Pressroom", "MP", "SRT", "WebVTT", "kB", "MB"}


def lacks_chinese_face() -> str:
    """Say what is missing to set Chinese here; nothing when all is there."""
    try:
        Typecase().typeface("serif", "bold", "zh")
    except MissingEngineError as missing:
        return missing.message
    return ""


pytestmark = pytest.mark.skipif(bool(lacks_chinese_face()), reason=lacks_chinese_face())


@pytest.fixture
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Define a Chinese newsletter over the Chinese press pack."""
    file = tmp_path / "pressroom.toml"
    file.write_text(
        '[newsletters.xichuan]\nname = "汐川早报"\ntagline = "一座渔港的早晨"\nlanguage = "zh"\n'
        'timezone = "Asia/Shanghai"\narticles = 4\nminimum_articles = 3\n'
        'feeds = ["http://xichuan-daily.example/feed.xml", "http://haifeng-notes.example/atom.xml"]\n'
        f'press_pack = "{PACK}"\n',
        "utf-8",
    )
    monkeypatch.setenv("PRESSROOM_CONFIG", str(file))
    return file


def test_an_edition_in_chinese_says_nothing_in_english(make, house, config):
    made = make("xichuan", articles=None)
    assert made.state.name == "Published", (made.state.message, made.record.feeds)
    articles, library = made.record.articles, container().library
    assert {article.status for article in articles} == {"published"}
    assert len(articles) == 4

    for article in articles:
        assert article.draft is not None
        assert article.claims == article.claims_traced >= 3
        for claim in article.draft.claims:
            assert library.text(claim.source)[claim.start : claim.end] == claim.text
            assert HAN.search(claim.text)
            assert claim.text.rstrip("”」』）").endswith(("。", "！", "？")), claim.text
        assert article.cover is not None
        assert {picture.media_type for picture in article.cover.pictures} == {"image/png"}
        assert all(library.read(picture).startswith(b"\x89PNG") for picture in article.cover.pictures)

    assert made.record.video is not None
    captions = library.read(made.record.video.captions).decode()
    cues = [line for line in captions.splitlines() if HAN.search(line)]
    assert captions.startswith("WEBVTT")
    assert len(cues) >= 5
    assert not LATIN.search("".join(cues))
    spoken, told = "".join(HAN.findall("".join(cues))), [article.draft for article in articles]
    assert sum("".join(HAN.findall(draft.lead.text)) in spoken for draft in told) >= 2, "leads are told whole"
    # A voice that knew no Mandarin would spell every character out.
    assert 30 <= made.record.video.duration_s <= 60
    assert len(spoken) / made.record.video.duration_s > 2.5
    assert list(library.verify()) == []

    folder = (house.settings.site / made.record.page).parent
    pages = [*folder.rglob("*.html"), folder.parent / "index.html", house.settings.site / "index.html"]
    assert len(pages) == 4 + 2 + 2
    for file in pages:
        page = html.fromstring(file.read_bytes())
        assert page.get("lang") == "zh-Hans"
        for unseen in page.xpath("//script | //style | //*[@class='engines']"):
            unseen.drop_tree()
        assert set(LATIN.findall(page.text_content())) <= NAMES, file
        assert all(HAN.search(alt) for alt in page.xpath("//img/@alt") if alt)
    front = html.fromstring((house.settings.site / made.record.page).read_bytes())
    assert front.xpath("//img")
    assert front.xpath("//video")
    assert "汐川日报" in front.text_content()
    assert "条" in front.text_content()


def test_an_article_held_in_chinese_is_spoken_of_in_chinese(make, house, config, tmp_path):
    pack = tmp_path / "pack"
    shutil.copytree(PACK, pack)
    named = "礁头灯塔的第一次激光测绘"
    pages = [file for file in pack.rglob("*") if file.is_file() and named in file.read_text("utf-8")]
    assert pages
    for file in pages:
        text = file.read_text("utf-8").replace("激光测绘显示礁头灯塔", "咨询电话13812345678，礁头灯塔")
        file.write_text(text, "utf-8")
    config.write_text(config.read_text("utf-8").replace(str(PACK), str(pack)), "utf-8")
    made = make("xichuan", articles=None)
    assert made.state.name == "Published", made.state.message
    assert [article.status for article in made.record.articles].count("held") == 1
    page = html.fromstring((house.settings.site / made.record.page).read_bytes()).text_content()
    assert "未刊出的内容" in page
    assert "隐私" in page
    assert "13812345678" not in page
    assert "privacy" not in page
