"""Who said what: only words the source holds, and never a pronoun."""

import pytest

from content.quotations import quotation_in

SPOKEN = [
    ("“We have lost the ability to go back to paper,” said Andres Kütt, chief architect.", "Andres Kütt"),
    ("“We have lost the ability to go back to paper,” Natalia Fitzgerald explained.", "Natalia Fitzgerald"),
    ("“We have lost the ability to go back to paper,” said coxswain Bartholomew Reyne.", "Bartholomew Reyne"),
    ("Megan de la Cruz, who leads the office, said, “We lost the ability to go back to paper.”", "Megan de la Cruz"),
    ('"We have lost the ability to go back to paper," says J. K. Ward.', "J. K. Ward"),
]


@pytest.mark.parametrize(("sentence", "speaker"), SPOKEN)
def test_the_speaker_is_who_the_sentence_names(sentence, speaker):
    found = quotation_in(sentence, "en")
    assert found is not None
    assert found.speaker == speaker


@pytest.mark.parametrize(
    "sentence",
    [
        "“We have lost the ability to go back to paper,” she said.",
        "“We have lost the ability to go back to paper.”",
        "He said, “We have lost the ability to go back to paper.”",
    ],
)
def test_a_pronoun_is_nobody(sentence):
    found = quotation_in(sentence, "en")
    assert found is not None
    assert found.speaker == ""


def test_titles_and_terms_are_no_speech():
    assert quotation_in("The talk “Pain Is Over, If You Want It And Other Stories,” was short.", "en") is None
    assert quotation_in("Members call the method “agilefall” and mean it kindly.", "en") is None


def test_a_bare_surname_gets_the_one_full_name_of_its_source():
    sentence = "“We have lost the ability to go back to paper,” said Smith."
    one = quotation_in(sentence, "en", "Megan Smith came. " + sentence)
    two = quotation_in(sentence, "en", "Megan Smith came with Adam Smith. " + sentence)
    assert one is not None
    assert two is not None
    assert (one.speaker, two.speaker) == ("Megan Smith", "Smith")


def test_a_quotation_that_is_whole_stands_without_its_frame():
    sentence = "馆长叶文笙说：“每一本泡坏的书原来放在哪个书架上，我都记得。”"
    found = quotation_in(sentence, "zh")
    assert found is not None
    assert found.speaker == "馆长叶文笙"
    assert sentence[found.start : found.end] == "“每一本泡坏的书原来放在哪个书架上，我都记得。”"


def test_a_chinese_speaker_is_named_after_the_last_de_and_never_a_pronoun():
    found = quotation_in("在卒中病房工作的护士韩若溪说：“冬天走那条路真的很难熬很难熬。”", "zh")
    assert found is not None
    assert found.speaker == "护士韩若溪"
    pronoun = quotation_in("“冬天走那条路真的很难熬很难熬。”他说。", "zh")
    assert pronoun is not None
    assert pronoun.speaker == ""
