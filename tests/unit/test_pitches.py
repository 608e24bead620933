import datetime as dt

import pytest

from content.pitches import Telling, clean_title, why_now, working_headline

TODAY = dt.date(2015, 11, 30)  # a Monday


def telling(title="A pier reopens after two winters", publisher="The Courier", age=0, text="", host="courier.example"):
    return Telling(
        title=title,
        text=text,
        url=f"http://{host}/1",
        publisher=publisher,
        day=TODAY - dt.timedelta(days=age),
    )


@pytest.mark.parametrize(
    ("title", "clean"),
    [
        ("Pier reopens | The Courier", "Pier reopens"),
        ("Pier reopens after two winters – The Courier", "Pier reopens after two winters"),
        ("The Courier: Pier reopens", "The Courier: Pier reopens"),
        ("Courier - Pier reopens", "Pier reopens"),
        ("BREAKING: Pier reopens.", "Pier reopens"),
        ("Ships &amp; piers", "Ships & piers"),
        ("Is the pier &ldquo;safe&rdquo;?", "Is the pier “safe”?"),
        ("Pier <b>reopens</b>\u200b at 9 a.m.", "Pier reopens at 9 a.m."),
        ("A pier - and a half", "A pier - and a half"),
        ('What it\'s like to walk the "new" pier', "What it’s like to walk the “new” pier"),
        ("北防波堤周二重新开放｜海风札记", "北防波堤周二重新开放"),
        ("北防波堤周二重新开放。", "北防波堤周二重新开放"),
        ("", ""),
    ],
)
def test_a_title_loses_what_belongs_to_its_site(title, clean):
    assert clean_title(title, publisher="The Courier", host="courier.example") == clean


def test_a_shouted_title_is_spelt_as_its_text_spells_it():
    text = "On Monday the NASA crane came to Pellmouth. It lifted the pier. People of Pellmouth cheered."
    assert clean_title("NASA CRANE LIFTS PIER IN PELLMOUTH", text=text) == "NASA crane lifts pier in Pellmouth"


def test_the_leading_title_is_taken_unless_another_is_plainly_better():
    good = telling("Pier reopens after two winters", "The Courier")
    other = telling("North pier is open again to walkers", "Radio Pell")
    assert working_headline([good, other], "en") == good.title
    assert working_headline([telling("Guess what happened next to our lovely pier?"), other], "en") == other.title


@pytest.mark.parametrize(
    ("ages", "english", "chinese"),
    [
        ({"A": [0]}, "Published today by A.", "A今天发布。"),
        ({"A": [1]}, "Published yesterday by A.", "A昨天发布。"),
        ({"A": [4]}, "Published on Thursday by A.", "A11月26日发布。"),
        ({"A": [9]}, "Published on 21 November by A.", "A11月21日发布。"),
        ({"A": [1], "B": [0]}, "Reported by A and B since yesterday.", "A和B昨天以来先后报道。"),
        ({"A": [0], "B": [0]}, "Reported by A and B today.", "A和B今天报道。"),
        ({"A": [3], "B": [1], "C": [0]}, "Reported by three sources since Friday.", "三家媒体11月27日以来先后报道。"),
        ({"A": [400]}, "Published on 26 October 2014 by A.", "A2014年10月26日发布。"),
    ],
)
def test_why_now_is_one_sentence_from_the_storys_own_facts(ages, english, chinese):
    tellings = [telling(publisher=name, age=age) for name, days in ages.items() for age in days]
    assert why_now(tellings, TODAY, "en") == english
    assert why_now(tellings, TODAY, "zh") == chinese


def test_why_now_of_an_update_names_the_day_of_our_own_story():
    assert why_now([telling(publisher="A", age=1)], TODAY, "en", since_ours=dt.date(2015, 3, 3)) == (
        "New since our story of 3 March: published yesterday by A."
    )
    assert why_now([telling(publisher="A")], TODAY, "zh", since_ours=dt.date(2015, 3, 3)) == (
        "我们3月3日报道之后的新进展：A今天发布。"
    )
