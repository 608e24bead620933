"""Which sentences may stand alone."""

import pytest

from content.wholeness import faults, weakness

WHOLE = [
    "The harbour council approved a £94 million barrier on Monday.",
    "18F released a new guide for product leads in federal agencies.",
    "login.gov now serves more than a million people every month.",
    "Early this year the town replaced both bridges over the river.",
    "“We built it in a month,” said Jane Doe, who leads the team.",
    "A person who works remotely needs to know how to call the office.",
    "When the council met again, work on the bridge had already begun.",
    "On Monday, it was clear that the bridge would not open this year.",
    "The crew painted the bridge in May, and they will paint the pier next.",
    "Open source software runs on most of the servers of the council.",
    "Phase I of the barrier was finished two months before the storm.",
    "“I have never seen a quicker repair,” said Jane Doe of the harbour board.",
    "The council will open the bridge to everybody--no matter how they travel.",
    "Held up by storms since May, the ferry will sail again on Monday.",
]
BROKEN = {
    "leans on what came before": [
        "This is why the council decided to build the barrier now.",
        "However, the council decided to build the barrier now.",
        "In addition, the council will build a new bridge next year.",
        "When they launched the site, the agency had three developers.",
        "By doing this, the agency saved more than a million dollars.",
        "One of these projects has been running since the spring of 2014.",
        "As part of this effort, the agency hired forty new designers.",
        "Costs, on the other hand, have risen by a third since then.",
        "In response, the council prepared a guide for all of its offices.",
        "In a nutshell, it is a set of ideas about the design of bridges.",
        "Last Friday, it received over five million visits in a single day.",
        "Bridges, piers and quays have long been treated in the same way.",
        "The council may help those who cannot work in the ways described.",
        "The council builds its digital tools for people like Joanne.",
    ],
    "speaks of something that is not there": [
        "The mayor, pictured with the first passengers, opened the line.",
        "As the chart shows, the number of visitors has doubled since May.",
        "The team explains the method in the video below for beginners.",
        "Residents can subscribe to the weekly bulletin of the council.",
        "Anyone who wants to help can click the link on the page.",
        "A few weeks ago, we wrote about the work that lies ahead in the harbour.",
        "Yesterday, we shared what people think about before they decide to sail.",
        "Today we’ll detail when people decide to trust the harbour board.",
        "We’ll be blogging more about the harbour and who is using it.",
        "In yesterday’s post, the council detailed its plan for the barrier.",
        "To celebrate the week, we’re highlighting some work by the harbour board.",
        "Readers can also chat with the team about the bridge and the pier.",
    ],
    "does not end as a sentence does": [
        "What the council learned from two years of rebuilding",
        "The council will need three things before it can begin:",
    ],
    "does not start as a sentence does": ["and the council will need three more years to finish it."],
    "asks": ["Why did the council decide to build the barrier this year?"],
    "quotes or brackets do not match": ["“The council decided to build the barrier in the spring."],
    "too short": ["The council agreed at once."],
    "gives an address": [
        "Write to the harbour office at office@harbour.example before Friday noon.",
        "Call the harbour office on 555-010-4477 before noon on Friday.",
    ],
    "contains code": ["Run the tool with pip_install() and set value == 3 before you start."],
    "tells the reader what to do": [
        "Make sure that every member of the team has read the guide.",
        "Remove barriers that keep designers from their work on the bridge.",
        "If a section of the guide is of no use to the team, delete it.",
        "Always start a project by taking a fresh look at the bridge.",
    ],
    "has no subject": [
        "Completed a long sprint with the agency to learn what its readers want.",
        "As a list of tips and tricks to make the harbour a safer place.",
        "Held weekly sessions for the other boards to test their own data.",
    ],
    "speaks of nobody knows whom as I": [
        "My job is a combination of asking questions and of listening well.",
        "Since last May, I have been working on a new timetable for the ferry.",
    ],
    "has no verb": [
        "A series of small workshops for designers and developers in five cities.",
        "A team member with experience who can help with preparation for the assessment.",
    ],
    "is a turn of a conversation": [
        "JS and NF: The agency needed a site that works on every telephone.",
        "1:00 p.m.: With lunch over, the whole crew goes back to work.",
        "You created an easy way for people to ask for trees in their street.",
    ],
}


@pytest.mark.parametrize("sentence", WHOLE)
def test_a_whole_sentence_has_no_fault(sentence):
    assert faults(sentence, "en") == ()


@pytest.mark.parametrize(("fault", "sentence"), [(fault, each) for fault, them in BROKEN.items() for each in them])
def test_what_cannot_stand_alone_is_named(fault, sentence):
    assert fault in faults(sentence, "en")


@pytest.mark.parametrize(
    ("sentence", "fault"),
    [
        ("他表示，这项工程将在明年春天完成，预算没有变化。", "leans on what came before"),
        ("但是，港务所决定明年春天开放新的码头和航线。", "leans on what came before"),
        ("如图所示，港口的货运量在过去十年里增长了一倍。", "speaks of something that is not there"),
        ("欢迎关注我们的公众号，了解港口的最新消息和活动。", "speaks of something that is not there"),
        ("港务所为什么决定在明年春天关闭旧的码头呢？", "asks"),
        ("汐川港新码头的建设与管理", "does not end as a sentence does"),
    ],
)
def test_chinese_has_its_own_signs(sentence, fault):
    assert fault in faults(sentence, "zh")


def test_a_whole_chinese_sentence_has_no_fault():
    assert faults("汐川镇图书馆昨日重新开放，六万册图书全部搬到二楼。", "zh") == ()


def test_a_diary_is_weaker_than_a_report():
    assert weakness("I recently had the honor of speaking to my colleagues.", "en") > 0.25
    assert weakness("The council approved the barrier by two votes.", "en") == 0


def test_a_pronoun_without_anybody_to_stand_for_is_weak():
    lonely = "All the data required to make them lies on the desk of the mayor."
    assert weakness(lonely, "en") > weakness(lonely.replace("make them", "make decisions"), "en")
    assert weakness("Residents say they were asked by the mayor in May.", "en") < 0.1
    assert weakness("Visitors may climb its 138 steps on weekends.", "en") > 0.15
    assert weakness("We wrote it so that everybody can understand the plan.", "en") > 0.15
    assert weakness("The act requires them to publish their plans every single year.", "en") > 0.1


def test_a_platitude_or_a_feeling_is_weaker_than_a_fact():
    assert weakness("A lot of decisions in life are hard.", "en") > 0.15
    assert weakness("We’re thrilled to see the bridge open at last to everybody.", "en") > 0.15
    assert weakness("The new tunnel is hard rock for most of its length.", "en") == 0


def test_this_summer_points_at_a_time_and_not_at_a_sentence():
    assert weakness("The council opened the bridge this summer after a long vote.", "en") == 0
    assert weakness("The council opened this bridge in summer after a long vote.", "en") > 0.1
