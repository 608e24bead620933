"""The edition as an e-mail: plain text and HTML with its pictures inside, as the bytes of an .eml file.

The HTML is built for Gmail, Outlook and Apple Mail: tables, styles inlined, 600 pixels wide,
always under Gmail's limit of 102 kB, past which it hides the rest. Nothing is loaded from anywhere.
Equal views give equal bytes: date, Message-ID and boundaries follow from the edition.
"""

import re
from collections.abc import Mapping
from email.errors import HeaderParseError
from email.headerregistry import Address, Group
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import parseaddr
from typing import Any, Literal
from urllib.parse import urljoin

import css_inline
from markupsafe import Markup

from content.errors import BadConfigurationError, BadInputError, MissingAssetError
from content.mail_text import disclosure, plain_text
from content.recipes import digest_of
from content.theme import themes_of
from content.typeset import environment, one_line, template_file
from content.values import AssetRef
from content.views import EditionView, pictures_of, web_address
from content.wording import date_words, language_tag, wording

# Shorter than the site's: they are repeated on every element.
_SERIF = "Georgia, 'Times New Roman', 'Songti SC', SimSun, serif"
_SANS = "-apple-system, 'Segoe UI', Roboto, Helvetica, Arial, 'PingFang SC', 'Microsoft YaHei', sans-serif"

HTML_LIMIT = 95_000
"""Bytes of HTML we stay under; Gmail clips at 102 kB as it counts."""

Depth = Literal["full", "lead", "headline"]


def render_mail(
    view: EditionView,
    pictures: Mapping[str, bytes],
    *,
    page_url: str = "",
    unsubscribe_url: str = "",
    to: str = "",
) -> bytes:
    """Write the edition as an .eml (CRLF lines).

    `pictures` holds the bytes of `pictures_of(view)` by sha256.
    `page_url` is the edition page's full address; without one there are no links to the site.
    `unsubscribe_url` (https) adds the one-click headers of RFC 8058. Without `to` the recipients are undisclosed.
    Raises MissingAssetError for a picture that is not there, BadConfigurationError for an address that is none.
    """
    key = digest_of(["mail", str(view.edition)])
    sender = _sender(view)
    page_url, unsubscribe_url = _own_address(page_url, "page_url"), _own_address(unsubscribe_url, "unsubscribe_url")

    message = EmailMessage(policy=SMTP)
    message["Subject"] = one_line(view.title)
    message["From"] = sender
    message["To"] = _recipient(to)
    message["Date"] = view.published_at
    message["Message-ID"] = f"<{key[:32]}.{view.edition.date:%Y%m%d}@{sender.domain}>"
    message["List-Id"] = f"<{view.newsletter.slug}.{sender.domain}>"
    if unsubscribe_url.startswith("https:"):
        message["List-Unsubscribe"] = f"<{unsubscribe_url}>"
        message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    message["Auto-Submitted"] = "auto-generated"
    message["MIME-Version"] = "1.0"

    message.set_content(plain_text(view, page_url, unsubscribe_url), cte="quoted-printable")
    related = EmailMessage(policy=SMTP)
    related.set_content(render_mail_html(view, page_url, unsubscribe_url), subtype="html", cte="quoted-printable")
    for ref in pictures_of(view):
        if ref.sha256 not in pictures:
            raise MissingAssetError(
                f"the mail of {view.edition} needs {ref.kind} {ref.sha256[:12]}, whose bytes were not given"
            )
        maintype, _, subtype = ref.media_type.partition("/")
        related.add_related(
            pictures[ref.sha256],
            maintype=maintype,
            subtype=subtype,
            cid=f"<{picture_id(ref)}>",
            filename=f"{ref.sha256[:12]}.{subtype}",
            disposition="inline",
        )
    del related["MIME-Version"]  # belongs on the whole message only
    related.set_boundary(f"=_related_{key[:24]}")
    message.make_alternative()
    message["Content-Language"] = language_tag(view.newsletter.language)
    message.attach(related)
    message.set_boundary(f"=_alternative_{key[:24]}")
    return message.as_bytes()


def render_mail_html(view: EditionView, page_url: str = "", unsubscribe_url: str = "") -> str:
    """Draw the HTML part; where a long edition would be clipped, articles are shortened to leads, then to headlines."""
    depths: tuple[Depth, ...] = ("full", "lead", "headline")
    for depth in depths:
        html = _html(view, page_url, unsubscribe_url, depth)
        if len(html.encode()) <= HTML_LIMIT:
            return html
    raise BadInputError(
        f"the mail of {view.edition} is {len(html.encode())} bytes even with headlines only (at most {HTML_LIMIT}); "
        "publish fewer articles in one edition"
    )


def picture_id(ref: AssetRef) -> str:
    """Give the Content-ID under which a mail carries a picture."""
    return f"{ref.sha256[:32]}@pictures.pressroom"


def _html(view: EditionView, page_url: str, unsubscribe_url: str, depth: Depth) -> str:
    language = view.newsletter.language
    w, themes = wording(language), themes_of(view.newsletter.brand)
    face = _SERIF if view.newsletter.brand.typeface == "serif" else _SANS
    context: dict[str, Any] = {
        "view": view,
        "w": w,
        "light": themes.light,
        "dark": themes.dark,
        "css": _style(face, themes.light.model_dump()),
        "depth": depth,
        "page_url": page_url,
        "unsubscribe_url": unsubscribe_url,
        "title": one_line(view.title),
        "preheader": one_line(view.articles[0].draft.lead.text if view.articles else view.newsletter.tagline)[:180],
        "disclosure": disclosure(view, w),
        "cid": picture_id,
        "tag": language_tag,
        "date": lambda day: date_words(day, language),
        "long_date": lambda day: date_words(day, language, weekday=True),
        "story_url": lambda slug: urljoin(page_url, f"{slug}.html") if page_url else "",
    }
    html = environment().get_template("mail.html.j2").render(context)
    return css_inline.CSSInliner(
        load_remote_stylesheets=False, keep_style_tags=False, keep_at_rules=False, remove_inlined_selectors=True
    ).inline(html)


def _style(face: str, colours: dict[str, str]) -> Markup:
    """Fill the colours in: mail programs know no variables."""
    css = template_file("mail.css")
    names = colours | {"headline": face, "sans": _SANS}
    # Nothing foreign is in here: our own style sheet, and colours that their type has checked.
    return Markup(re.sub(r"var\(--([a-z-]+)\)", lambda found: names[found[1].replace("-", "_")], css))  # noqa: S704


def _sender(view: EditionView) -> Address:
    raw = view.newsletter.sender or "newsletter@localhost"
    name, address = parseaddr(one_line(raw))
    return _address(name or one_line(view.newsletter.name), address, f"sender {raw!r} of {view.newsletter.slug!r}")


def _recipient(to: str) -> Address | Group:
    if not to:
        return Group("undisclosed-recipients")
    name, address = parseaddr(one_line(to))
    return _address(name, address, f"recipient {to!r}")


def _address(name: str, address: str, what: str) -> Address:
    try:
        parsed = Address(display_name=name, addr_spec=address)
    except (HeaderParseError, ValueError, IndexError):
        parsed = Address()
    if not parsed.username or not parsed.domain or not address.isascii():
        raise BadConfigurationError(f"{what} is no e-mail address; write name@example.org or Name <name@example.org>")
    return parsed


def _own_address(url: str, what: str) -> str:
    if url and not (web_address(url) and url.isascii()):
        raise BadConfigurationError(f"{what} {url!r} is no web address; write https://…, or leave it empty")
    return url
