"""What a run pays for: what is missing or changed, and nothing else."""

import shutil
from pathlib import Path

import pytest

from wiring.container import container

ROOT = Path(__file__).resolve().parents[2]


def assert_in_order():
    assert list(container().library.verify()) == []


def test_an_edition_is_published_with_every_sentence_traced(make):
    made = make()
    assert (made.state.name, made.record.status) == ("Published", "published")
    assert len(made.record.articles) == 3
    for article in made.record.articles:
        assert article.claims == article.claims_traced >= 3
        assert article.sources
    assert made.outcomes["failed"] == made.outcomes["held"] == 0
    assert_in_order()


def test_nothing_changed_means_nothing_computed(make):
    first, second = make(), make()
    assert second.state.name == "Published"
    assert second.computed() == []
    assert second.outcomes["reused"] == len(first.mine)
    assert second.record.content_digest == first.record.content_digest
    assert second.record.published_at == first.record.published_at


def test_a_redo_computes_that_step_and_a_second_run_keeps_its_result(make):
    make()
    redone = make(redo=["ideate"])
    assert redone.computed() == [("ideate", "edition")]
    assert make().computed() == []


def test_a_redo_of_one_article_leaves_the_others_alone(make):
    make()
    redone = make(redo=["draft", "illustrate"], redo_article=2)
    own = {item for step, item in redone.computed() if step == "draft"}
    assert own == {"article-2"}
    assert ("illustrate", "article-1") not in redone.computed()


def test_a_changed_source_costs_its_own_article_and_the_editions_own_steps(make, house, tmp_path, monkeypatch):
    pack = tmp_path / "pack"
    shutil.copytree(ROOT / "examples" / "press-pack", pack)
    definition = (ROOT / "pressroom.toml").read_text("utf-8").replace("examples/press-pack", str(pack))
    config = tmp_path / "pressroom.toml"
    config.write_text(definition, "utf-8")
    monkeypatch.setenv("PRESSROOM_CONFIG", str(config))
    first = make()
    target = first.record.articles[1]
    page = pack / target.sources[0].removeprefix("http://")
    feeds = [file for file in (page, *page.parents[1].glob("*.xml")) if file.is_file()]
    claim = target.draft.lead.text
    assert any(claim in file.read_text("utf-8") for file in feeds), "the lead stands in the pack as it was quoted"
    for file in feeds:
        file.write_text(file.read_text("utf-8").replace(claim, claim[:-1] + " after all."), "utf-8")
    second = make()
    assert second.record.status == "published"
    computed = second.computed()
    assert {item for step, item in computed if step in {"draft", "illustrate"}} <= {"article-2"}
    assert ("draft", "article-2") in computed
    assert ("draft", "article-1") not in computed
    assert len([item for step, item in computed if step == "collect"]) == 1
    assert_in_order()


def test_publishing_twice_changes_no_byte_of_the_site(make, house):
    make()
    site = house.settings.site
    before = {file: file.read_bytes() for file in site.rglob("*") if file.is_file()}
    make()
    assert {file: file.read_bytes() for file in site.rglob("*") if file.is_file()} == before


def test_a_lost_site_comes_back_without_a_step(make, house):
    make()
    shutil.rmtree(house.settings.site)
    again = make()
    assert again.computed() == []
    assert (house.settings.site / again.record.page).is_file()


def test_the_next_days_edition_has_nothing_new_to_say_and_says_so(make):
    make(articles=8)
    make(articles=30)  # what was left over
    skipped = make(edition_date="2026-03-11", articles=8)
    assert (skipped.state.name, skipped.record.status) == ("Skipped", "skipped")
    assert skipped.record.reason


def test_a_store_that_cannot_be_reached_stops_the_run_before_it_works(make, tmp_path, monkeypatch):
    blocked = tmp_path / "file"
    blocked.write_text("not a folder")
    monkeypatch.setenv("PRESSROOM_STORAGE_URL", blocked.as_uri())
    with pytest.raises(AssertionError, match=r"PRESSROOM_STORAGE_URL|folder|directory"):
        make()


def test_a_look_that_changed_and_changed_back_is_shown_again(make, house, tmp_path, monkeypatch):
    config = tmp_path / "pressroom.toml"
    text = (
        (ROOT / "pressroom.toml").read_text("utf-8").replace("examples/press-pack", str(ROOT / "examples/press-pack"))
    )
    monkeypatch.setenv("PRESSROOM_CONFIG", str(config))
    pages = []
    for tagline in ("A line", "Another line", "A line"):
        config.write_text(text.replace("What moved along the Pell since yesterday", tagline), "utf-8")
        made = make(articles=2)
        assert made.state.name == "Published"
        pages.append((house.settings.site / made.record.page).read_bytes())
    assert pages[0] == pages[2] != pages[1]
