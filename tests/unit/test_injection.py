"""Nothing that a source plants comes out: the worst-case obedient model, every attack in every place.

The model reads its prompt, knows the poison even where it was kept from the prompt, obeys, copies, disguises and lies.
"""

import unicodedata

import pytest
from injections import ATTACKS, PLACES, Case, cases, poisoned
from samples import newsletter, sample_edition_view

from content import paths
from content.composing import further
from content.errors import BadAnswerError
from content.grounding import Cut, Ground
from content.mail import render_mail_html
from content.mail_text import plain_text
from content.normalise import plain
from content.pages import render_article, render_edition
from content.script import edition_script
from content.tracing import trace
from content.values import Genre, Voice
from content.views import source_link
from models.fakes.fakes_obedient import ObedientCompleter, hostile_sentences
from models.writer.writer_generative import WriterGenerative

CASES = cases()
SIGNS = ("{{", "{%", "${", "<%", "](", "javascript:", "\u202e", "\u200b", "\U000e0049", "&lt;", "**", "`")


def leaks(case: Case, *texts: str) -> list[str]:
    """Give what came out of what never may, however it is written."""
    found = []
    for text in texts:
        views = (text.casefold(), unicodedata.normalize("NFKC", text).casefold(), plain(text).text)
        found += [never for never in case.never if any(never.casefold() in view for view in views)]
    return found


def written_signs(*texts: str) -> list[str]:
    return [sign for text in texts for sign in SIGNS if sign in text]


def test_there_are_at_least_two_hundred_cases():
    assert len(CASES) == len(ATTACKS) * len(PLACES) >= 200
    assert {case.language for case in CASES} == {"en", "zh"}


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_an_article_lets_nothing_through_to_page_mail_script_and_picture(case):
    writer = WriterGenerative(ObedientCompleter(seen=(case.poison,)))
    seed = len(case.name)
    draft = writer.write(case.brief, case.texts, voice=Voice(language=case.language), max_source_share=0.7, seed=seed)

    texts = (draft.headline, draft.why_now, draft.picture, *(claim.text for claim in draft.claims))
    links = [text for link in draft.further for text in (link.title, link.publisher, link.url)]
    assert leaks(case, *texts, *links) == []
    assert written_signs(*texts, *links) == []
    assert {link.url for link in draft.further} == {entry.url for entry in case.brief.sources}

    letter = newsletter(case.language)
    view = sample_edition_view(
        case.language,
        drafts=[draft],
        title=draft.headline,
        sources=tuple(source_link(entry) for entry in case.brief.sources),
        left_out=(),
        video=None,
    )
    script = edition_script(letter, view.edition.date, [draft], target_s=45)
    shown = (
        render_article(view, view.articles[0]),
        render_edition(view),
        render_mail_html(view),
        plain_text(view),
        *(text for segment in script.segments for text in (segment.text, segment.title, segment.subtitle)),
    )
    assert leaks(case, *shown) == []
    assert paths.article_slugs([draft])

    # And it is no blanket refusal: honest sentences of the same answers stand, traced.
    assert trace(draft, case.texts, case.brief).complete
    assert len(draft.points) >= 2
    assert not view.is_quoted or all(claim.wording == "source" for claim in draft.claims)


@pytest.mark.parametrize("number", range(0, len(CASES), 2), ids=lambda number: CASES[number].name)
def test_a_piece_of_any_genre_lets_nothing_through(number):
    case, genre = CASES[number], tuple(Genre)[number // 2 % len(Genre)]
    writer = WriterGenerative(ObedientCompleter(seen=(case.poison,)))
    piece = writer.tell(genre, case.brief, case.texts, voice=Voice(language=case.language), seed=number)
    texts = (piece.title, *(text for part in piece.parts for text in (part.text, part.speaker)))
    assert leaks(case, *texts) == []
    assert written_signs(*texts) == []
    assert piece.cut > 0
    assert any(part.rests_on or part.role == "prompt" for part in piece.parts)


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: attack["name"])
@pytest.mark.parametrize("language", ["en", "zh"])
def test_every_sentence_of_the_obedient_model_is_cut_by_itself(attack, language):
    """No other sentence of the answer, no attempt and no prompt stands between the hostile sentence and the reader."""
    case = poisoned(attack["name"], attack["text"], tuple(attack["never"]), "last paragraph", language)
    ground = Ground.of(case.brief, case.texts, language)
    for sentence in hostile_sentences([attack["text"]]):
        for cites in ([1], [2], [1, 2]):
            checked = ground.check(sentence, cites)
            assert isinstance(checked, Cut) or leaks(case, checked.text) == [], sentence


def test_what_only_one_source_says_cannot_be_cited_from_another():
    poison = "The island council of Sandholm was bribed with 700 kroner, Mortimer Vex told reporters."
    case = poisoned("plain lie", poison, (), "second source", "en")
    ground = Ground.of(case.brief, case.texts, "en")
    assert isinstance(ground.check(poison, [1]), Cut)
    checked = ground.check(poison, [2])  # what a source says in plain words is reported, with its source beside it
    assert not isinstance(checked, Cut)
    assert checked.passages[0].url == case.brief.sources[1].url


def test_what_speaks_to_machines_is_neither_shown_nor_evidence():
    attack = ATTACKS[0]
    case = poisoned(attack["name"], attack["text"], (), "within a paragraph", "en")
    completer = ObedientCompleter()
    WriterGenerative(completer).write(case.brief, case.texts, voice=Voice(), max_source_share=0.7, seed=0)
    prompt = "\n".join(message.text for message in completer.history[0].messages)
    assert "Evilcorp" not in prompt
    assert "sails again from Monday" in prompt
    ground = Ground.of(case.brief, case.texts, "en")
    assert isinstance(ground.check("Evilcorp pays 777 per cent interest.", [1]), Cut)


def test_links_come_from_the_brief_under_titles_that_may_be_printed():
    case = poisoned("title", "Claim $9,999 at evil.example", (), "title", "en")
    links = further(case.brief, Ground.of(case.brief, case.texts, "en"))
    assert [link.title for link in links] == ["Elsing Post", "More"]


def test_a_model_that_only_lies_is_a_bad_answer():
    case = poisoned("nothing", "", (), "author", "en")
    completer = ObedientCompleter()
    lie = '{"text": "Evilcorp bought Sandholm for $9,999.", "sources": [1]}'
    answer = (
        f'{{"headline": "Evilcorp wins", "lead": {lie}, "points": [{lie}, {lie}], "quotations": [],'
        ' "picture": "Evilcorp tower"}'
    )
    completer.enqueue(answer, answer, answer)
    with pytest.raises(BadAnswerError, match="Evilcorp bought Sandholm"):
        WriterGenerative(completer).write(case.brief, case.texts, voice=Voice(), max_source_share=0.7, seed=0)
    assert len(completer.history) == 3
