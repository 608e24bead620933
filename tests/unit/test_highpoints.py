"""What is shown large in a video: figures that tell something, and words with their speaker."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from content.card_words import LONGEST_FIGURE
from content.highpoints import own_words, telling_figure
from content.highpoints_english import LONGEST_LABEL
from content.values import Claim

ENGLISH = [
    ("The grant of $4.2 million helps.", "$4.2 million", ""),
    ("A survey of 62 percent of small businesses, out today.", "62 percent", "of small businesses"),
    ("The town spent €250,000 in grants.", "€250,000", "in grants"),
    ("They recorded 240 million points.", "240 million", "points"),
    (
        "The repair of Tanners’ Bridge costs £4.9 million and is paid for.",
        "£4.9 million",
        "The repair of Tanners’ Bridge",
    ),
    ("Income from moorings reached £187,000 last year.", "£187,000", "Income from moorings"),
    ("A petition has gathered 2,640 of the 3,000 signatures it needs.", "2,640", "of the 3,000 signatures"),
    ("The reef began with 400 tonnes of old shells.", "400", "tonnes of old shells"),
    ("It will cut emissions by about 500 tonnes a year.", "about 500", "tonnes a year"),
    ("More than 700 people queued along Chandler Street.", "More than 700", "people"),
    ("Premiums rose by as much as 340 per cent in a year.", "as much as 340 per cent", "in a year"),
    ("Software trained on 8,400 pictures tells crabs apart.", "8,400", "pictures"),
    (
        "They signed a £94 million tidal barrier across the mouth of the Pell, ending the row.",
        "£94 million",
        "tidal barrier",
    ),
    ("The fish cost £5.20 a kilogram, ten pence less.", "£5.20", "a kilogram"),
    ("The council found £58,000 a year for a driver and fuel.", "£58,000", "a year"),
    ("He moved nearly one-million cases from the old system.", "nearly one-million", "cases from the old system"),
    ("Prices fell by 12% in March.", "12%", "in March"),
    ("Sales were down -12.5% in March.", "-12.5%", "in March"),
    ("They paid 3.6 million dollars for it.", "3.6 million dollars", ""),
    ("The firm raised US$30 million from two funds.", "US$30 million", "from two funds"),
    ("In 2013, $9.8 billion dollars were earned.", "$9.8 billion dollars", ""),
    ("Each baker put in £2,000, and shares worth £94,000 were sold.", "£94,000", ""),
    ("Tickets cost £8, and standing is free.", "£8", "Tickets"),
    ("In 1998 the council counted 312 homes.", "312", "homes"),
    ("The library holds five hundred maps of the coast.", "five hundred", "maps of the coast"),
]
CHINESE = [
    ("去年投资3.5亿元，用于修路。", "3.5亿元", "去年投资"),
    ("重建工程耗资二千二百万元，比计划多用了七个月。", "二千二百万元", "重建工程耗资"),
    ("改造合同总额为三千六百万元。", "三千六百万元", "改造合同总额"),
    ("水产的平均价格上涨了百分之十二，鱼类最大。", "百分之十二", "水产的平均价格上涨"),
    ("约35%的居民表示支持。", "约35%", ""),
    ("每年运送旅客约五十二万人次，消耗柴油。", "约五十二万人次", "每年运送旅客"),
    ("一共取得二亿四千万个测点，误差不大。", "二亿四千万个", "测点"),
    ("开馆当天有七百多名读者在书院街排队，很热闹。", "七百多名", "读者在书院街排队"),
    ("九千册图书在一夜之间被毁。", "九千册", "图书在一夜之间被毁"),
    ("平均每晚运送乘客一百八十人，九成准点。", "一百八十人", "平均每晚运送乘客"),
    ("单程票价为两元，学徒免费。", "两元", "单程票价"),
    ("沉积物平均每公顷含碳一百四十八吨，很多。", "一百四十八吨", "沉积物平均每公顷含碳"),
    ("新线路全长超过5000米。", "超过5000米", "新线路全长"),
    ("容量为一千一百千瓦时的电池已经装好。", "一千一百千瓦时", ""),
    ("其中一百六十万元来自市里的资金，其余自筹。", "一百六十万元", "来自市里的资金"),
    ("公司捐款2.4亿美元。", "2.4亿美元", "公司捐款"),
    ("会场来了500人以上。", "500人以上", "会场来"),
    ("全市种下1200棵树。", "1200棵", ""),
    ("大桥每天通过3.2万辆汽车。", "3.2万辆", "汽车"),
    ("价格下降12.5%，创下纪录。", "12.5%", "价格下降"),
]


def claim(text, role="point", speaker=""):
    return Claim(role=role, text=text, url="http://a.example", source="0" * 64, start=0, end=len(text), speaker=speaker)


@pytest.mark.parametrize(("sentence", "shown", "counts"), ENGLISH)
def test_an_english_figure_is_shown_as_written_with_what_it_counts(sentence, shown, counts):
    point = telling_figure(sentence, "en")
    assert point is not None
    assert (point.shown, point.beside) == (shown, counts)


@pytest.mark.parametrize(("sentence", "shown", "counts"), CHINESE)
def test_a_chinese_figure_is_shown_as_written_with_what_it_counts(sentence, shown, counts):
    point = telling_figure(sentence, "zh")
    assert point is not None
    assert (point.shown, point.beside) == (shown, counts)


@pytest.mark.parametrize(
    "sentence",
    [
        "The law was passed in 2016.",
        "It ran from 1995-2015.",
        "The 2016 elections were close.",
        "The market opened on 15 October 2012.",
        "The first bus leaves at 22:50.",
        "The last bus leaves at 22.50.",
        "Call 555-1234 for details.",
        "Call 911 centers for help.",
        "Section 508 requirements apply.",
        "See page 312 notes.",
        "They grew S500 cars and A400 planes.",
        "They met in Room 1315 meetings.",
        "Version 10.15.7 fixes bugs.",
        "The 120-day deadline has passed.",
        "It stands at 1800 F Street in Washington.",
        "Software of the late 1990s is old.",
        "It was the 100th meeting of members.",
        "The server at 127.0.0.1 answers requests.",
        "Between one and three billion people use spreadsheets.",
        "The weight limit went from 180 tonnes to 120 tonnes.",
        "It takes 100 to 200 people.",
        "It was right in 93 of 100 cases.",
        "They are 100 percent committed.",
        "Seven teenagers built two robots.",
        "The tower is 29 metres tall.",
        "A hundred people came.",
        "The Boeing 747 fleets are gone.",
        "An 18F team of nine people wrote v2.0.",
        "It costs $5.",
        "See example.gov/2500 pages.",
        "Nothing is counted here.",
    ],
)
def test_english_numbers_that_tell_nothing_are_not_shown(sentence):
    assert telling_figure(sentence, "en") is None


@pytest.mark.parametrize(
    "sentence",
    [
        "灯塔建成于一八六二年。",
        "2024年10月15日开馆。",
        "会议于晚上11点30分开始。",
        "第一百二十条规定如下。",
        "第300届大会召开。",
        "面积从三百一十公顷减少到九十六公顷。",
        "人数由一百二十人增加到三百人。",
        "需要100至200人。",
        "需要100—200人。",
        "数百名读者排队。",
        "成千上万人到场。",
        "千家万户都在过年。",
        "这座灯塔高二十九米。",
        "两年前有十二人受伤。",
        "拨打12345热线。",
        "电话号码是010-65551234。",
        "乘坐120路公交。",
        "延续了一百多年的传统结束。",
        "减少二氧化碳排放。",
        "他百分之百同意。",
        "100%的人同意。",
        "上证指数收于3000点。",
        "地址是人民路500号。",
        "软件版本2.0.1发布。",
        "这里没有数字。",
    ],
)
def test_chinese_numbers_that_tell_nothing_are_not_shown(sentence):
    assert telling_figure(sentence, "zh") is None


def test_of_several_figures_the_greater_sum_is_shown():
    point = telling_figure("The cost is £94 million, including £11 million for 300 trees.", "en")
    assert point is not None
    assert point.shown == "£94 million"


def test_own_words_are_shown_without_marks_beside_their_speaker():
    said = claim(
        "“We lost 9,000 books in one night, and I can still tell you each shelf,” said Gwendolen Marsh, the librarian."
    )
    point = own_words(said, "en")
    assert point is not None
    assert point.shown == "We lost 9,000 books in one night, and I can still tell you each shelf"
    assert point.beside == "Gwendolen Marsh"
    alone = own_words(claim("“每一个圆圈，都像一座敞开大门的金库。”", "quotation", "研究负责人苏映澜博士"), "zh")
    assert alone is not None
    assert (alone.shown, alone.beside) == ("每一个圆圈，都像一座敞开大门的金库。", "研究负责人苏映澜博士")


def test_of_words_torn_apart_those_are_shown_that_can_begin():
    said = claim(
        "“People are creatures of habit,” Baxter said, “and we have seen them keep one and the same desk for years.”"
    )
    point = own_words(said, "en")
    assert point is not None
    assert (point.shown, point.beside) == ("People are creatures of habit", "Baxter")


@pytest.mark.parametrize(
    ("text", "role"),
    [
        ("The council read “A Guide to the Harbour of the Lower Town and Its Many Islands” aloud.", "point"),
        ("“We had no idea at all that this would ever be built here,” she said.", "point"),
        ("“Nobody knows who said this sentence, and nobody ever will know it.”", "quotation"),
        ("“" + "We talked about the barrier and the harbour " * 8 + "today,” said Maren Tolliver.", "quotation"),
        ("No one is quoted in this sentence.", "quotation"),
    ],
)
def test_titles_words_of_nobody_and_long_speeches_get_no_card(text, role):
    assert own_words(claim(text, role), "en") is None


@given(
    st.text(alphabet="0123456789,.:/-–%$£€ 第年月万亿百十二三元个名，。约从到 tonnes ofpeople milo bn", max_size=60),
    st.sampled_from(["en", "zh"]),
)
def test_whatever_is_shown_stands_in_the_sentence(sentence, language):
    point = telling_figure(sentence, language)
    if point is not None:
        assert point.shown in sentence
        assert point.beside in sentence
        assert 0 < len(point.shown) <= LONGEST_FIGURE
        assert len(point.beside) <= LONGEST_LABEL
