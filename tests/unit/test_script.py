"""The narration script: whole traced sentences, in time."""

import datetime as dt

import pytest

from content.errors import BadInputError
from content.script import article_script, edition_script, estimated_s, spoken_s
from content.values import Claim, Draft, Link, Newsletter

DAY = dt.date(2015, 11, 30)
WORDS = "The council of the harbour town approved the new tidal barrier by two votes on Monday evening after a debate"


def claim(role, number, words):
    text = " ".join((f"Story {number} says this. " + WORDS).split()[:words]) + "."
    return Claim(role=role, text=text, url="http://a.example", source="0" * 64, start=0, end=len(text))


def draft(number, lead=20, points=(18, 12, 16)):
    return Draft(
        story_id="0" * 64,
        headline=f"Headline {number}",
        language="en",
        lead=claim("lead", number, lead),
        points=tuple(claim("point", f"{number}.{at}", words) for at, words in enumerate(points)),
        further=(
            Link(
                url="http://a.example",
                title="A",
                publisher="Courier",
                published=dt.datetime(2015, 11, 30, tzinfo=dt.UTC),
            ),
        ),
    )


def newsletter(language="en", name="Pellmouth Morning"):
    return Newsletter(
        slug="morning", name=name, tagline="The town before breakfast", language=language, feeds=("http://a.example",)
    )


@pytest.mark.parametrize("articles", range(1, 9))
@pytest.mark.parametrize("target_s", [30, 45, 60])
def test_one_to_eight_articles_give_thirty_to_sixty_seconds(articles, target_s):
    script = edition_script(newsletter(), DAY, [draft(number) for number in range(articles)], target_s=target_s)
    assert 30 <= estimated_s(script) <= 60
    assert [segment.kind for segment in script.segments][:: len(script.segments) - 1] == ["title", "end"]


@pytest.mark.parametrize("lead", [8, 30, 45])
def test_every_sentence_is_a_whole_one_of_its_draft(lead):
    drafts = [draft(number, lead) for number in range(5)]
    script = edition_script(newsletter(), DAY, drafts, target_s=45)
    for segment, each in zip(script.segments[1:-1], drafts, strict=False):
        left = segment.text
        for told in each.claims:
            left = left.replace(told.text, "")
        assert left.strip() == ""
        assert segment.title == each.headline
        assert segment.subtitle == "Courier"


def test_a_lead_too_long_to_bear_gives_way_to_a_shorter_sentence():
    endless = draft(0).lead.model_copy(update={"text": "The harbour " + "and the town " * 30 + "agree."})
    script = edition_script(newsletter(), DAY, [draft(0).model_copy(update={"lead": endless}), draft(1)], target_s=45)
    assert endless.text not in script.segments[1].text
    assert estimated_s(script) <= 60


def test_long_leads_do_not_leave_an_edition_with_one_story():
    drafts = [draft(number, 60, (30, 9, 30)) for number in range(6)]
    assert len(edition_script(newsletter(), DAY, drafts, target_s=40).segments) >= 4


def test_the_newsletter_greets_with_its_name_and_the_date_in_its_language():
    english = edition_script(newsletter(), DAY, [draft(1)], target_s=45).segments[0]
    assert "Pellmouth Morning" in english.text
    assert "Monday, 30 November 2015" in english.text
    chinese = edition_script(newsletter("zh", "汐川晨报"), DAY, [draft(1)], target_s=45)
    assert "《汐川晨报》" in chinese.segments[0].text
    assert "11月30日" in chinese.segments[0].text
    assert chinese.segments[0].subtitle == "2015年11月30日，星期一"
    assert chinese.language == "zh"


def test_one_article_alone_has_its_headline_on_the_title():
    script = article_script(newsletter(), draft(3), 40)
    assert script.segments[0].title == "Headline 3"
    assert 30 <= estimated_s(script) <= 60


def test_an_edition_without_articles_has_nothing_to_say():
    with pytest.raises(BadInputError, match="no article"):
        edition_script(newsletter(), DAY, [], target_s=45)


def test_figures_take_longer_to_say_than_to_write():
    assert spoken_s("It has 1,234,567 of them.", "en") > spoken_s("It has a good many of them.", "en")
