"""From a brief to an article: what is chosen, in which shares and order, and what is refused."""

import datetime as dt

import numpy as np
import pytest

from content.drafting import compose, gather, shortened
from content.errors import BadInputError
from content.recipes import sha256_of
from content.tracing import trace
from content.values import AssetRef, Brief, PublishedStory, SourceEntry
from models.embedder.embedder_ngram import EmbedderNgram

FERRY = """Ferry goes electric
The Pellmouth Harbour Authority signed a £6.8 million contract on Monday for a battery-powered ferry.
It was a long wait. The ferry will cross to Sorrel Island in twenty minutes, as the diesel boat does now.
Passengers will pay the same fare of £4.20 for at least two years after the change.
“A ferry with no cable is a very expensive raft, so the cable comes first,” said Hugh Pemberley, who chairs the board.
The contract lists these parts:
Two electric motors of 400 kilowatts for the stern of the boat.
Engineers at Brandreth Slip will remove both diesel engines and fit a battery under the car deck.
Replacing the engines will cut the emissions of the harbour by about 500 tonnes a year.
Read more about the ferry on the page of the Harbour Authority."""
YARD = """Brandreth Slip has won its largest order in twenty years with the conversion of the Sorrel ferry.
The Pellmouth Harbour Authority signed a £6.8 million contract on Monday for a battery-powered ferry.
Managers plan to hire 26 workers, and ten of them will come from the technical college.
Orders at the yard had fallen by half since the last trawler was launched in 2009.
Three ferry companies from other islands have sent engineers to look at the drawings."""
CHINESE = """汐川镇港务所昨日宣布，汐川至鹭岛的轮渡将在明年春天改用电池动力。
改造工程由镇上的东湾船厂承担，工期预计为十四周，合同总额为三千六百万元。
港务所所长顾明漪表示：“岛上居民最关心的是班次不能少，新船的时刻表与现在完全一样。”
他还说，票价不会上涨。
轮渡票价在恢复通航后的两年内保持五元不变，学生和老人继续享受半价优惠。
改用电力后，轮渡每年可以减少二氧化碳排放约六百五十吨，噪音也会明显降低。"""


def entry(text, url="http://courier.example/ferry", publisher="Courier", language="en"):
    ref = AssetRef(kind="text", sha256=sha256_of(text.encode()), bytes=len(text.encode()), media_type="text/plain")
    return SourceEntry(
        url=url,
        title="Ferry goes electric | Courier",
        publisher=publisher,
        feed_url="http://courier.example/feed",
        published=dt.datetime(2026, 11, 24, tzinfo=dt.UTC),
        language=language,
        text=ref,
        via="feed",
    )


def brief(*entries, headline="Sorrel ferry goes electric"):
    return Brief(story_id="0" * 64, working_headline=headline, why_now="Reported today.", sources=entries)


def written(story, *texts, share=0.7):
    by_hash = {sha256_of(text.encode()): text for text in texts}
    candidates = gather(story, by_hash)
    vectors = EmbedderNgram().embed([story.working_headline, *(each.sentence.text for each in candidates)])
    draft = compose(story, candidates, vectors[1:], vectors[0], max_source_share=share)
    assert trace(draft, by_hash, story).complete
    return draft


def test_an_article_has_a_lead_points_a_quotation_and_its_links():
    draft = written(brief(entry(FERRY)), FERRY)
    assert draft.lead.text.startswith("The Pellmouth Harbour Authority signed")
    assert 2 <= len(draft.points) <= 5
    assert draft.quotation is not None
    assert draft.quotation.speaker == "Hugh Pemberley"
    assert [(link.url, link.title) for link in draft.further] == [
        ("http://courier.example/ferry", "Ferry goes electric")
    ]
    assert (draft.headline, draft.why_now, draft.language) == ("Sorrel ferry goes electric", "Reported today.", "en")


def test_fragments_dangling_sentences_list_items_and_notices_are_left_out():
    said = " ".join(each.sentence.text for each in gather(brief(entry(FERRY)), {entry(FERRY).text.sha256: FERRY}))
    assert "Ferry goes electric" not in said
    assert "long wait" not in said
    assert "400 kilowatts" not in said
    assert "Read more" not in said


def test_points_stand_in_the_order_of_their_source():
    draft = written(brief(entry(FERRY)), FERRY)
    assert [claim.start for claim in draft.points] == sorted(claim.start for claim in draft.points)


@pytest.mark.parametrize("share", [0.5, 0.7])
def test_no_source_gives_more_than_its_share_and_nothing_is_said_twice(share):
    story = brief(entry(FERRY), entry(YARD, "http://tideline.example/yard", "Tideline"))
    draft = written(story, FERRY, YARD, share=share)
    urls = [claim.url for claim in draft.claims]
    assert len(set(urls)) == 2
    assert max(urls.count(url) for url in urls) <= share * len(urls)
    assert len({claim.text for claim in draft.claims}) == len(draft.claims)


def test_a_single_source_may_give_everything():
    assert {claim.url for claim in written(brief(entry(FERRY)), FERRY, share=0.3).claims} == {entry(FERRY).url}


def test_two_reports_of_one_fact_are_told_once():
    one = "The council approved the barrier by two votes on Monday evening in Pellmouth."
    text = f"{one}\nThe council approved the barrier by just two votes on Monday evening in Pellmouth.\n" + YARD
    draft = written(brief(entry(text), headline="Council approves barrier"), text)
    assert sum("approved the barrier" in claim.text for claim in draft.claims) == 1


def test_of_equal_worth_the_sentence_that_repeats_less_is_chosen():
    candidates = gather(brief(entry(YARD)), {entry(YARD).text.sha256: YARD})
    vectors = np.eye(8, dtype=np.float32)[: len(candidates)]
    vectors[2] = vectors[0]
    draft = compose(brief(entry(YARD)), candidates, vectors, np.eye(8, dtype=np.float32)[0], max_source_share=0.7)
    texts = {claim.text for claim in draft.claims}
    assert not {candidates[0].sentence.text, candidates[2].sentence.text} <= texts


def test_chinese_is_written_and_its_speaker_named():
    draft = written(brief(entry(CHINESE, language="zh-CN"), headline="轮渡明年改用电池动力"), CHINESE)
    assert draft.language == "zh"
    assert draft.lead.text.startswith("汐川镇港务所昨日宣布")
    assert draft.quotation is not None
    assert draft.quotation.speaker == "港务所所长顾明漪"
    assert draft.quotation.text.startswith("“岛上居民")
    assert not any("他还说" in claim.text for claim in draft.claims)


def test_too_little_is_refused_with_what_there_is():
    text = "Coming soon\nThe new site of the harbour will open in the spring of next year."
    with pytest.raises(BadInputError, match=r"needs 3 whole sentences and there are 1"):
        written(brief(entry(text)), text)


def test_a_missing_text_is_named():
    with pytest.raises(BadInputError, match=r"courier\.example/ferry is not at hand"):
        gather(brief(entry(FERRY)), {})


def test_each_address_is_linked_once_and_an_update_is_carried_over():
    old = PublishedStory(
        edition_date=dt.date(2026, 11, 1),
        story_id="1" * 64,
        headline="Old",
        lead="It began.",
        urls=("http://a.example",),
    )
    again = entry(YARD, entry(FERRY).url, "Tideline")
    story = brief(entry(FERRY), again).model_copy(update={"update_of": old})
    draft = written(story, FERRY, YARD)
    assert [link.url for link in draft.further] == [entry(FERRY).url]
    assert draft.update_of == old


def test_a_long_headline_ends_at_a_word_or_a_clause():
    assert shortened("Short enough", 110) == "Short enough"
    assert shortened("The council approves the barrier and the bridge", 30) == "The council approves…"
    assert shortened("Council approves the barrier: what it means for the town", 40) == "Council approves the barrier"
