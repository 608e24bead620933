from content.novelty import facts, names, news_in

KNOWN = "The council approved a £94 million barrier on Monday. Mayor Edda Lund called the vote a relief for the town."


def test_facts_are_figures_and_names_but_no_days_and_no_first_words():
    assert facts("Engineers told Edda Lund’s office on Tuesday that 1,200 piles are needed.", "en") == {
        "edda", "lund", "1200",
    }  # fmt: skip
    assert facts("镇长说，三千二百万元用于“白鹭号”，参考《港口规划》。", "zh") == {
        "三千二百万",
        "“白鹭号”",
        "《港口规划》",
    }


def test_a_name_with_a_digit_is_no_figure():
    assert facts("At the GSA, 18F spent 1,200 hours on 3 sites.", "en") == {"gsa", "18f", "1200", "3"}
    assert names("At the GSA, 18F spent 1,200 hours on 3 sites.", "en") == {"gsa", "18f"}


def test_a_rewording_of_the_known_brings_no_news():
    assert (
        news_in("Edda Lund spoke of relief after a barrier worth £94 million won the vote.", KNOWN, "en").sentences
        == ()
    )


def test_a_sentence_with_a_new_figure_or_name_is_news():
    news = news_in("Contractor Hallam Brothers will begin driving 240 piles in the first week of spring.", KNOWN, "en")
    assert len(news.sentences) == 1
    assert news.facts == ("240", "brothers", "hallam")


def test_lines_about_the_page_itself_are_no_news():
    assert news_in("Updated on 4 March at 10:40", KNOWN, "en").sentences == ()


def test_chinese_news_is_told_from_repetition():
    known = "镇议会周一批准了九千四百万元的防潮闸工程，镇长称这次表决让全镇松了一口气。"
    assert news_in("镇议会批准了九千四百万元的防潮闸工程。", known, "zh").sentences == ()
    assert len(news_in("承建方将在明年三月打下二百四十根钢桩，施工期间渡轮照常开行。", known, "zh").sentences) == 1
