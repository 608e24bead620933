import email
import email.policy

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import html

from content.errors import BadConfigurationError, MissingAssetError
from content.mail import HTML_LIMIT, picture_id, render_mail, render_mail_html
from content.mail_text import WIDTH, plain_text, wrap
from content.typeset import columns
from content.views import pictures_of
from tests.samples import Media, newsletter, sample_edition_view, story

PAGE = "https://letters.example/site/harbour-letter/2015-11-30/index.html"


def parsed(data):
    return email.message_from_bytes(data, policy=email.policy.default)


def mail(*, language="en", page_url=PAGE, unsubscribe_url="", to="", **changes):
    media = Media()
    view = sample_edition_view(language, media=media, **changes)
    return view, render_mail(view, media.objects, page_url=page_url, unsubscribe_url=unsubscribe_url, to=to)


@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_mail_reads_back_with_text_html_and_its_pictures(language):
    view, data = mail(language=language)
    message = parsed(data)
    assert not message.defects
    assert message["Subject"] == view.title
    assert message.get_content_type() == "multipart/alternative"
    assert [part.get_content_type() for part in message.iter_parts()] == ["text/plain", "multipart/related"]
    body = html.fromstring(message.get_body(("html",)).get_content())
    wanted = {url.removeprefix("cid:") for url in body.xpath("//img/@src")}
    related = list(message.iter_parts())[1]
    inside = {part["Content-ID"].strip("<>"): part for part in related.walk() if part["Content-ID"]}
    assert wanted == set(inside) == {picture_id(ref) for ref in pictures_of(view)}
    assert all(part.get_content().startswith(b"\x89PNG") for part in inside.values())
    assert view.articles[0].draft.lead.text in message.get_body(("plain",)).get_content().replace("\r\n", " ")


def test_a_mail_named_after_its_first_article_carries_each_picture_once():
    view, data = mail(title=story(0).headline)
    body = html.fromstring(parsed(data).get_body(("html",)).get_content())
    assert body.xpath("//img/@src") == [f"cid:{picture_id(ref)}" for ref in pictures_of(view)]
    assert len(body.xpath("//h1 | //h2[@class='headline']")) == len(view.articles)


def test_the_same_edition_gives_the_same_bytes():
    assert mail()[1] == mail()[1]


def test_lines_end_and_break_as_smtp_asks():
    lines = mail(language="zh")[1].split(b"\r\n")
    assert max(len(line) for line in lines) <= 998
    assert not any(b"\n" in line or b"\r" in line for line in lines)


def test_date_and_message_id_follow_from_the_edition():
    message = parsed(mail()[1])
    assert message["Date"].datetime.isoformat() == "2015-11-30T05:00:00+00:00"
    assert message["Message-ID"] == parsed(mail(title="Another title")[1])["Message-ID"]
    assert message["From"] == "The Harbour Letter <newsletter@localhost>"


@settings(max_examples=60, deadline=None)
@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=200))
def test_no_title_can_add_a_header(text):
    _, data = mail(title=f"{text}\r\nBcc: everybody@example.org", video=None)
    message = parsed(data)
    assert message["Bcc"] is None
    assert message.keys() == parsed(mail(title="plain", video=None)[1]).keys()


def test_one_click_unsubscribe_is_offered_only_where_there_is_an_address_for_it():
    assert parsed(mail()[1])["List-Unsubscribe"] is None
    message = parsed(mail(unsubscribe_url="https://letters.example/out?s=1")[1])
    assert message["List-Unsubscribe"] == "<https://letters.example/out?s=1>"
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"


@pytest.mark.parametrize("sender", ["nobody", "a@b@c", "x@", "Näme <ä@example.org>"])
def test_a_sender_that_is_no_address_is_named_in_the_error(sender):
    with pytest.raises(BadConfigurationError, match="no e-mail address"):
        mail(newsletter=newsletter(sender=sender))


def test_a_page_address_that_is_none_is_refused():
    with pytest.raises(BadConfigurationError, match="page_url"):
        mail(page_url="../index.html")


def test_a_missing_picture_is_an_error_not_a_hole():
    with pytest.raises(MissingAssetError, match="cover"):
        render_mail(sample_edition_view(), {})


def test_the_html_loads_nothing_and_links_the_site_only_when_it_is_known():
    view = sample_edition_view()
    document = html.fromstring(render_mail_html(view, PAGE))
    assert all(url.startswith("cid:") for url in document.xpath("//@src"))
    assert not document.xpath("//link | //script | //iframe")
    assert document.xpath("//h2/a/@href")[0] == f"{PAGE.removesuffix('index.html')}{view.articles[0].slug}.html"
    assert not html.fromstring(render_mail_html(view)).xpath("//h2/a")


def test_tables_are_layout_and_styles_are_inlined():
    text = render_mail_html(sample_edition_view(), PAGE)
    document = html.fromstring(text)
    assert {table.get("role") for table in document.iter("table")} == {"presentation"}
    assert all(element.get("style") for element in document.xpath("//h1 | //h2 | //img | //li"))
    assert all(image.get("alt") for image in document.iter("img"))
    assert "<!--[if mso]>" in text
    assert "var(--" not in text


def test_a_hostile_headline_stays_text():
    draft = story(0, headline="<img src=x onerror=alert(1)> --><script>1</script>")
    document = html.fromstring(render_mail_html(sample_edition_view(drafts=[draft]), PAGE))
    assert not document.xpath("//script | //@onerror")
    assert draft.headline in document.xpath("string(//h2)")


@pytest.mark.parametrize("count", [8, 30])
def test_long_editions_are_shortened_rather_than_clipped(count):
    drafts = [story(n % 4, story_id=f"{n:02d}" * 32) for n in range(count)]
    text = render_mail_html(sample_edition_view(drafts=drafts), PAGE)
    assert len(text.encode()) <= HTML_LIMIT
    assert ("Shortened here" in text) == (count == 30)
    assert text.count("</h2>") >= count


@pytest.mark.parametrize("language", ["en", "zh"])
def test_plain_text_is_set_in_76_columns_with_addresses_as_footnotes(language):
    view = sample_edition_view(language)
    text = plain_text(view, PAGE)
    assert [line for line in text.splitlines() if columns(line) > WIDTH and "https://" not in line] == []
    assert f"    {view.articles[0].draft.lead.url}" in text.splitlines()


@given(st.text("ab 港湾，。", max_size=300))
def test_wrapping_loses_nothing_and_begins_no_line_with_a_comma(text):
    lines = wrap(text, "* ", "  ")
    assert "".join("".join(lines).split()) == "*" + "".join(text.split())
    starts = [line.strip()[:1] for line in lines[1:]]
    assert not any(start in "，。" for start in starts if start) or text[0] in "，。 "
