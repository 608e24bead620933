"""The e-mail's plain text: what a reader without HTML gets, well set at 76 columns, addresses as footnotes."""

import re
from collections.abc import Iterator
from urllib.parse import urljoin

from content.typeset import columns, one_line
from content.values import Article, Claim
from content.views import EditionView, Reference, web_address
from content.wording import Wording, date_words, wording

WIDTH = 76

# A word, or one wide character with the closing punctuation that may not begin a line.
_CLOSING = "，。、；：？！）》」』】”’…"
_PIECES = re.compile(
    rf"[\u2e80-\u9fff\uf900-\ufaff\uff00-\uffef][{_CLOSING}]*|[^\s\u2e80-\u9fff\uf900-\ufaff\uff00-\uffef]+|\s+"
)


def plain_text(view: EditionView, page_url: str = "", unsubscribe_url: str = "") -> str:
    """Set the whole edition as plain text ending in a newline."""
    w = wording(view.newsletter.language)
    notes = _Footnotes()
    lines = [
        one_line(view.newsletter.name),
        date_words(view.edition.date, view.newsletter.language, weekday=True),
        "=" * WIDTH,
        "",
        *(() if view.opens_with_lead else (*wrap(one_line(view.title)), "")),
    ]
    if page_url:
        lines += [f"{w.read_online}{w.colon}{page_url}", ""]
    for number, article in enumerate(view.articles, 1):
        lines += _article(view, article, number, notes, page_url)
    if view.left_out:
        lines += ["-" * WIDTH, w.left_out, ""]
        for sentence in view.left_out:
            lines += wrap(one_line(sentence), "* ", "  ")
        lines.append("")
    lines += ["-" * WIDTH, w.sources, "", *notes.lines(), ""]
    lines += ["-" * WIDTH, *wrap(w.law), ""]
    for sentence in disclosure(view, w):
        lines += wrap(sentence)
    lines += ["", *wrap(w.why_mail.format(name=one_line(view.newsletter.name)))]
    if unsubscribe_url:
        lines.append(f"{w.unsubscribe}{w.colon}{unsubscribe_url}")
    return "\n".join(line.rstrip() for line in lines) + "\n"


def disclosure(view: EditionView, w: Wording) -> tuple[str, ...]:
    """Say in sentences how text, pictures, voice and checks came about."""
    pictures = view.engine("pictures")
    return (
        w.text_quoted if view.is_quoted else w.text_trained,
        w.pictures_trained if pictures and pictures.trained else w.pictures_drawn,
        *((w.voice, w.assembled) if view.video else ()),
        *((w.checked,) if view.engine("check") else ()),
    )


def _article(view: EditionView, article: Article, number: int, notes: "_Footnotes", page_url: str) -> Iterator[str]:
    w, draft = wording(view.newsletter.language), article.draft
    yield "-" * WIDTH
    yield from wrap(one_line(draft.headline), f"{number}. ", "   ")
    if draft.update_of:
        earlier = w.updates.format(date=date_words(draft.update_of.edition_date, view.newsletter.language))
        yield from wrap(f"{w.updated}{w.colon}{earlier}", "   ", "   ")
    yield ""
    references = view.references(article)

    def cited(claim: Claim) -> str:
        marks = "".join(f"[{mark(references[url])}]" for url in dict.fromkeys(each.url for each in claim.passages))
        return f"{one_line(claim.text)} {marks}"

    def mark(reference: Reference) -> int:
        name = one_line(f"{reference.publisher}{w.colon}{reference.title}" if reference.title else reference.publisher)
        return notes.number(reference.cited, name, reference.url)

    if draft.why_now:
        yield from wrap(f"{w.why_now}{w.colon}{one_line(draft.why_now)}")
        yield ""
    yield from wrap(cited(draft.lead))
    yield ""
    for point in draft.points:
        yield from wrap(cited(point), "* ", "  ")
    if draft.points:
        yield ""
    if draft.quotation:
        yield from wrap(cited(draft.quotation), "> ", "> ")
        if draft.quotation.unnamed_speaker:
            yield from wrap(f"— {one_line(draft.quotation.unnamed_speaker)}", "> ", "> ")
        yield ""
    if page_url:
        yield f"{w.read_story}{w.colon}{urljoin(page_url, article.slug + '.html')}"
        yield ""


class _Footnotes:
    """Addresses numbered through the whole mail, each once."""

    def __init__(self) -> None:
        self._known: dict[str, tuple[int, str, str]] = {}

    def number(self, cited: str, name: str, url: str) -> int:
        return self._known.setdefault(cited, (len(self._known) + 1, name, url))[0]

    def lines(self) -> Iterator[str]:
        for number, name, url in self._known.values():
            yield from wrap(name, f"[{number}] ", "    ")
            if web_address(url):
                yield f"    {url}"


def wrap(text: str, first: str = "", rest: str = "") -> list[str]:
    """Break a paragraph into lines of at most 76 columns; a wide character takes two, a longer word stands alone."""
    lines, line, width = [], first, columns(first)
    for piece in _PIECES.findall(text):
        size = columns(piece)
        if piece.isspace():
            line, width = (line, width) if not line[len(rest) :].strip() else (f"{line} ", width + 1)
        elif width + size > WIDTH and line.strip() not in {"", first.strip(), rest.strip()}:
            lines.append(line.rstrip())
            line, width = rest + piece, columns(rest) + size
        else:
            line, width = line + piece, width + size
    lines.append(line.rstrip())
    return lines
