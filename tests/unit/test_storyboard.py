"""A story cut into scenes: the cover first, a figure and a quotation on cards of their own."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from content.storyboard import scenes, spoken_s
from content.values import Claim, Draft

LEAD = "The council of the harbour town approved the new tidal barrier on Monday evening."
PLAIN = "Gates will be raised when the forecast surge is higher than the quay walls."
COST = "The barrier costs £94 million over the coming decade."
SHARE = "The national agency will pay 70 per cent of the cost after all."
SAID = "“The cable has to come first, and then the ferry can,” said Hugh Pemberley."
SHORT = "It rains."


def claim(text, role="point"):
    return Claim(role=role, text=text, url="http://a.example", source="0" * 64, start=0, end=len(text))


def draft(*points, quotation=""):
    return Draft(
        story_id="0" * 64,
        headline="Barrier approved",
        language="en",
        lead=claim(LEAD, "lead"),
        points=tuple(claim(text) for text in points),
        quotation=claim(quotation, "quotation") if quotation else None,
    )


def kinds(told):
    return [scene.kind for scene in scenes(told, told.claims, "en")]


def test_a_figure_and_a_quotation_have_scenes_of_their_own_and_the_cover_comes_back():
    told = draft(PLAIN, COST, PLAIN + " Again.", quotation=SAID)
    cut = scenes(told, told.claims, "en")
    assert [scene.kind for scene in cut] == ["story", "figure", "story", "quote"]
    assert {scene.title for scene in cut} == {"Barrier approved"}
    assert (cut[1].shown, cut[1].subtitle) == ("£94 million", "The barrier")
    assert (cut[3].shown, cut[3].subtitle) == ("The cable has to come first, and then the ferry can", "Hugh Pemberley")


def test_what_opens_a_story_is_told_over_its_cover_whatever_is_in_it():
    told = draft(PLAIN).model_copy(update={"lead": claim(COST, "lead")})
    assert kinds(told) == ["story"]


def test_a_story_has_one_figure_and_one_quotation_at_most():
    found = kinds(draft(COST, PLAIN, SHARE, SAID, PLAIN + " Again.", quotation=SAID.replace("cable", "mast")))
    assert [kind for kind in found if kind in {"figure", "quote"}] == ["figure", "quote"]


def test_two_cards_follow_each_other_only_where_no_other_figure_is_told():
    assert kinds(draft(SHARE, PLAIN, COST, quotation=SAID)) == ["story", "figure", "story", "quote"]
    assert kinds(draft(PLAIN, COST, quotation=SAID)) == ["story", "figure", "quote"]


def test_no_scene_is_a_flash():
    assert kinds(draft(PLAIN, COST, SHORT)) == ["story", "story"]
    assert kinds(draft(PLAIN, "It cost £94 million.", PLAIN + " Again.")) == ["story", "story"]


def test_without_cards_a_story_is_one_scene():
    told = draft(COST, PLAIN, quotation=SAID)
    assert [scene.kind for scene in scenes(told, told.claims, "en", cards=False)] == ["story"]


@given(st.lists(st.sampled_from([PLAIN, COST, SHARE, SAID, SHORT]), max_size=6), st.sampled_from(["", SAID]))
def test_scenes_hold_the_sentences_in_reading_order(points, quotation):
    told = draft(*points, quotation=quotation)
    cut = scenes(told, told.claims, "en")
    assert " ".join(scene.text for scene in cut) == " ".join(each.text for each in told.claims)
    assert cut[0].kind == "story"
    assert len(cut) == 1 or all(spoken_s(scene.text, "en") >= 2 for scene in cut)
    assert all(scene.shown in scene.text for scene in cut)
    assert all(bool(scene.shown) == (scene.kind != "story") for scene in cut)
    for kind in ("figure", "quote"):
        assert sum(scene.kind == kind for scene in cut) <= 1
    for before, after in pairwise(cut):
        assert before.kind != "story" or after.kind != "story" or spoken_s(before.text, "en") >= 8


def test_a_cover_that_has_stood_long_makes_way_for_a_sentence_of_its_own():
    again = [f"{PLAIN[:-1]} {number}." for number in range(5)]
    told = draft(*again)
    cut = scenes(told, told.claims, "en")
    assert [scene.kind for scene in cut] == ["story", "point", "story", "point"]
    assert cut[1].shown == cut[1].text == again[1]
    assert max(spoken_s(scene.text, "en") for scene in cut) < 14


def test_a_sentence_too_long_for_a_card_lets_the_cover_begin_anew():
    long = "Gates will be raised when the forecast surge is higher than the quay walls, " * 3 + "and lowered again."
    told = draft(PLAIN, long)
    assert kinds(told) == ["story", "story"]


def test_a_point_may_lead_to_a_card():
    assert kinds(draft(PLAIN, PLAIN + " Again.", quotation=SAID)) == ["story", "point", "quote"]
