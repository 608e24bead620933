"""What a reader sees of a finished page or e-mail: its texts and the addresses it leads to.

The gate judges final bytes, so it reads them again instead of trusting what they were made from.
"""

import email
import email.policy
from collections.abc import Iterator
from urllib.parse import urlsplit

from lxml import html

from content.errors import BadInputError
from content.values import Modality

_BLOCKS = {
    *("address", "article", "aside", "blockquote", "body", "br", "dd", "div", "dl", "dt", "figcaption", "figure"),
    *("footer", "h1", "h2", "h3", "h4", "h5", "h6", "header", "hr", "li", "main", "nav", "ol", "option", "p"),
    *("pre", "section", "summary", "table", "td", "th", "title", "tr", "ul"),
}
_UNSEEN = ("script", "style")
_SPOKEN = ("alt", "title", "aria-label", "placeholder")


def visible_text(data: bytes, modality: Modality) -> tuple[str, ...]:
    """Give every piece of text in a page (`page`) or an e-mail (`mail`), alternative texts and headers included."""
    if modality == "mail":
        return tuple(_mail_texts(data))
    return tuple(_page_texts(data))


def visible_links(data: bytes, modality: Modality) -> tuple[str, ...]:
    """Give every address outside the site that a page or an e-mail leads to, once each."""
    links: list[str] = []
    for page in _pages(data, modality):
        links += [str(link) for element, attribute, link, _ in page.iterlinks() if attribute in {"href", "action"}]
    return tuple(link for link in dict.fromkeys(links) if urlsplit(link).scheme not in {"", "cid", "mailto"})


def _pages(data: bytes, modality: Modality) -> Iterator[html.HtmlElement]:
    if modality == "page":
        yield _parsed(data)
        return
    for part in _message(data).walk():
        if part.get_content_type() == "text/html":
            yield _parsed(part.get_content().encode())


def _page_texts(data: bytes) -> Iterator[str]:
    page = _parsed(data)
    for element in page.iter(*_UNSEEN):
        element.text = ""
    for element in page.iter():
        if not isinstance(element.tag, str):
            continue
        for attribute in _SPOKEN:
            yield from filter(None, [element.get(attribute, "").strip()])
        if element.tag == "meta" and (element.get("name") or element.get("property")):
            yield from filter(None, [element.get("content", "").strip()])
        if element.tag in _BLOCKS:
            # A line for every block, so that words of two blocks never read as one phrase.
            element.text = f"\n{element.text or ''}"
            element.tail = f"\n{element.tail or ''}"
    for line in page.text_content().splitlines():
        yield from filter(None, [" ".join(line.split())])


def _mail_texts(data: bytes) -> Iterator[str]:
    message = _message(data)
    yield str(message["subject"] or "")
    for part in message.walk():
        if part.get_content_type() == "text/html":
            yield from _page_texts(part.get_content().encode())
        elif part.get_content_type() == "text/plain":
            yield part.get_content()


def _parsed(data: bytes) -> html.HtmlElement:
    try:
        return html.fromstring(data.decode("utf-8"))
    except (ValueError, UnicodeDecodeError) as error:
        raise BadInputError(f"a finished page cannot be read back: {error}") from None


def _message(data: bytes) -> email.message.EmailMessage:
    return email.message_from_bytes(data, policy=email.policy.default)
