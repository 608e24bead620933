"""Is every sentence of an article in its source? The check that stands behind the word "traced".

`trace` compares claims with their sources character by character. `untraceable` is for text that somebody else wrote:
every address, figure, date and quoted or proper name in it must occur in the source it cites.
"""

import re
import unicodedata
from collections.abc import Mapping

from content.recipes import Value, sha256_of
from content.values import Brief, Claim, Draft

_URL = re.compile(r"(?:https?://|www\.)[^\s<>\"“”，。；！？、）]+", re.IGNORECASE)
_MAIL = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
_DOMAIN = re.compile(r"\b(?:[\w-]+\.)+(?:com|org|net|gov|io|edu|info|cn|uk|eu|de|fr|example)\b", re.IGNORECASE)
_FIGURE = re.compile(r"\d+(?:[.,:/-]\d+)*")
_PHONE = re.compile(r"\+?\(?\d[\d\s().-]{7,}\d")
_FIGURE_HAN = re.compile(r"[〇零一二两三四五六七八九十百千万亿点]{2,}")
_QUOTED = re.compile(r"“([^“”]+)”|\"([^\"]+)\"|「([^「」]+)」|《([^《》]+)》")
_PART = r"[A-Z][\w’'-]+"
_NAME = re.compile(rf"\b{_PART}(?:\s(?:(?:of|de|van|von|da|del|la|le)\s)?(?:{_PART}|[A-Z]\.))+")
_OPENING = re.compile(r"^(?:The|A|An|In|On|At|For|From|By|With|As|After|Before|When|While|But|And|If|Since|Under)\s")
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MONTH = (
    r"(?P<month>jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|"
    r"oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)\.?"
)
_DATE = re.compile(
    rf"\b(?:{_MONTH}\s(?P<after>\d{{1,2}})(?:st|nd|rd|th)?(?!\d)|(?P<before>\d{{1,2}})(?:st|nd|rd|th)?\s(?:of\s)?"
    rf"{_MONTH.replace('month', 'later')})(?:,?\s(?P<year>\d{{4}}))?\b",
    re.IGNORECASE,
)
_ISO = re.compile(
    r"\b(?P<year>\d{4})-(?P<month>\d{2})-(?P<day>\d{2})\b|(?:(?P<y>\d{4})年)?(?P<m>\d{1,2})月(?P<d>\d{1,2})日"
)
_SMALL = {"two": "2", "three": "3", "four": "4", "five": "5", "six": "6", "seven": "7", "eight": "8", "nine": "9"}
_SMALL |= {"ten": "10", "eleven": "11", "twelve": "12"}


class TraceFault(Value):
    """Why a claim is not traced: its place among the article's claims, its words, and what does not hold."""

    claim: int
    text: str
    reason: str


class TraceReport(Value):
    """How many claims of an article there are, and what is wrong with those that are not traced."""

    claims: int
    faults: tuple[TraceFault, ...] = ()

    @property
    def traced(self) -> int:
        """How many claims stand in their source, word for word."""
        return self.claims - len({fault.claim for fault in self.faults})

    @property
    def complete(self) -> bool:
        """Whether every claim is traced."""
        return not self.faults


def trace(draft: Draft, texts: Mapping[str, str], brief: Brief | None = None) -> TraceReport:
    """Compare every claim of a draft with its source; `texts` holds the sources' texts by sha256.

    With `brief`, a source must also be one of the brief's, under the URL the brief gives it.
    """
    allowed = None if brief is None else {(entry.text.sha256, entry.url) for entry in brief.sources}
    faults = []
    for number, claim in enumerate(draft.claims):
        reason = _fault(claim, texts)
        if not reason and allowed is not None and (claim.source, claim.url) not in allowed:
            reason = f"{claim.url} with this text is not a source of the brief"
        if reason:
            faults.append(TraceFault(claim=number, text=claim.text, reason=reason))
    return TraceReport(claims=len(draft.claims), faults=tuple(faults))


def _fault(claim: Claim, texts: Mapping[str, str]) -> str:
    text = texts.get(claim.source)
    if text is None:
        return f"the text of {claim.url} is not at hand"
    if sha256_of(text.encode()) != claim.source:
        return f"the text of {claim.url} is no longer the one that was cited"
    if claim.end <= claim.start or text[claim.start : claim.end] != claim.text:
        return f"characters {claim.start} to {claim.end} of {claim.url} say something else"
    if claim.speaker and claim.speaker not in text:
        return f"{claim.url} does not name {claim.speaker}"
    return ""


def untraceable(sentence: str, source_text: str) -> tuple[str, ...]:
    """Name every URL, e-mail address, phone, figure, date, quotation and name of a sentence that its source lacks.

    Figures are compared as numbers (`1,200` is `1200`, `seven` is `7`), dates in whatever way they are written,
    names and quotations as words, with quotation marks and spacing set aside.
    """
    said, source = _plain(sentence), _plain(source_text)
    found: list[str] = []
    lowered = source.lower()
    for pattern in (_URL, _MAIL, _DOMAIN):
        known = {match.rstrip(".,;:!?)/").lower() for match in pattern.findall(source)}
        found += [each for each in pattern.findall(said) if each.rstrip(".,;:!?)/").lower() not in known]
    said = _MAIL.sub(" ", _URL.sub(" ", said))
    digits = {re.sub(r"\D", "", each) for each in _PHONE.findall(source)}
    found += [each for each in _PHONE.findall(said) if re.sub(r"\D", "", each) not in digits]
    dates = _dates(source)
    found += [words for words, date in _dates(said).items() if not _dated(date, set(dates.values()))]
    figures = _figures(source)
    found += [words for words, figure in _figures(said).items() if figure not in set(figures.values())]
    found += [each for each in _FIGURE_HAN.findall(said) if each not in set(_FIGURE_HAN.findall(source))]
    for match in _QUOTED.finditer(said):
        words = next(filter(None, match.groups())).strip(" ,.!?;:…，。！？；：")
        if words.lower() not in lowered:
            found.append(words)
    for name in _NAME.findall(said):
        bare = _OPENING.sub("", name).removesuffix("'s")
        if " " in bare and bare.lower() not in lowered:
            found.append(bare)
    return tuple(dict.fromkeys(found))


def _plain(text: str) -> str:
    folded = unicodedata.normalize("NFKC", text).replace("’", "'").replace("‘", "'")
    return " ".join(re.sub(r"[‐‑–—]", "-", folded).split())


def _figures(text: str) -> dict[str, str]:
    """Give each figure of a text as written, with its plain digits; small number words count as figures."""
    figures = {each: each.replace(",", "") for each in _FIGURE.findall(text)}
    for word in re.findall(r"[A-Za-z]+", text):
        if word.lower() in _SMALL:
            figures[word] = _SMALL[word.lower()]
    return figures


_Date = tuple[int, int, int]


def _dates(text: str) -> dict[str, _Date]:
    """Give each date of a text as written, with its (year or 0, month, day)."""
    found: dict[str, _Date] = {}
    for match in _DATE.finditer(text):
        month = _MONTHS.index((match["month"] or match["later"]).lower()[:3]) + 1
        found[match[0]] = (int(match["year"] or 0), month, int(match["after"] or match["before"]))
    for match in _ISO.finditer(text):
        parts = (match["year"] or match["y"] or 0, match["month"] or match["m"], match["day"] or match["d"])
        found[match[0]] = (int(parts[0]), int(parts[1]), int(parts[2]))
    return found


def _dated(date: _Date, known: set[_Date]) -> bool:
    """Say whether a date is among those known: the same day, and no other year than the source gives."""
    year, month, day = date
    return any((m, d) == (month, day) and (not year or y in {0, year}) for y, m, d in known)
