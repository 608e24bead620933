"""What is shown of sentences in a model's own words: every source beside them, and no claim that they are quoted."""

import pytest
from samples import sample_edition_view, story

from content.linked_data import article_data
from content.mail import render_mail_html
from content.mail_text import disclosure, plain_text
from content.pages import render_article
from content.recipes import EngineIdentity
from content.values import Passage
from content.views import EngineCredit, source_link
from content.wording import wording


def own(language="en"):
    """Give an edition whose first article has a lead in own words that rests on two sources."""
    draft = story(0, language)
    other = draft.points[0]
    passage = Passage(url=other.url, source=other.source, start=other.start, end=other.end)
    lead = draft.lead.model_copy(update={"wording": "own", "others": (passage,)})
    return sample_edition_view(language, drafts=[draft.model_copy(update={"lead": lead})])


@pytest.mark.parametrize("language", ["en", "zh"])
def test_only_an_edition_that_is_quoted_says_so(language):
    w = wording(language)
    for view, said, unsaid in (
        (sample_edition_view(language), w.text_quoted, w.text_trained),
        (own(language), w.text_trained, w.text_quoted),
    ):
        page = render_article(view, view.articles[0])
        assert said in page
        assert unsaid not in page
        assert said in disclosure(view, w)
        assert unsaid not in "".join(disclosure(view, w))


def test_a_trained_writer_is_named_as_one_even_where_it_quotes():
    credit = EngineCredit(part="text", engine=EngineIdentity(backend="generative"), trained=True)
    assert not sample_edition_view(made=(credit,)).is_quoted
    assert sample_edition_view().is_quoted


def test_every_source_of_a_sentence_stands_beside_it():
    view = own()
    article = view.articles[0]
    assert [reference.number for reference in view.references(article).values()][:2] == [1, 2]
    page, mail = render_article(view, article), render_mail_html(view)
    lead = page.partition('<p class="lead">')[2].partition("</p>")[0]
    assert lead.count("<sup") == 2
    urls = list(dict.fromkeys(passage.url for passage in article.draft.lead.passages))
    assert all(url.replace("&", "&amp;") in lead for url in urls)
    assert mail.partition(article.draft.lead.text)[2].partition("</p>")[0].count("[") == 2
    text = " ".join(plain_text(view).split())
    assert f"{article.draft.lead.text} [1][2]" in text


def test_machines_are_told_who_wrote():
    view = own()
    assert "TrainedAlgorithmic" in article_data(view, view.articles[0])["digitalSourceType"]
    quoted = sample_edition_view()
    assert "TrainedAlgorithmic" not in article_data(quoted, quoted.articles[0])["digitalSourceType"]


def test_a_sources_title_is_shown_only_if_it_may_be_printed():
    from injections import entry

    assert source_link(entry("t", "en", "Ferry returns", "Post", "", 0)).title == "Ferry returns"
    assert source_link(entry("t", "en", "Win at evil.example", "Post", "", 0)).title == ""
    assert source_link(entry("t", "en", "T", "evil.example/x", "", 0)).publisher == "source-a.example"
