"""The facts in a sentence that can be looked up: figures, dates, names, quotations, addresses.

`untraceable` names those that a source does not give. It is for text that somebody else wrote, a model above all.
"""

import re
import unicodedata

from content.figures import foreign_figures

_URL = re.compile(r"(?:https?://|www\.)[^\s<>\"“”，。；！？、）]+", re.IGNORECASE)
_MAIL = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
_DOMAIN = re.compile(r"\b(?:[\w-]+\.)+(?:com|org|net|gov|io|edu|info|cn|uk|eu|de|fr|example)\b", re.IGNORECASE)
_PHONE = re.compile(r"\+?\(?\d[\d\s().-]{7,}\d")
_QUOTED = re.compile(
    r"“([^“”]+)”|\"([^\"]+)\"|「([^「」]+)」|『([^『』]+)』|《([^《》]+)》|«([^«»]+)»|„([^„“”]+)[“”]|"
    r"(?<!\w)'([^']{3,200})'(?!\w)"
)
_PART = r"[A-Z][\w'-]+"
_NAME = re.compile(rf"\b{_PART}(?:\s(?:(?:of|de|van|von|da|del|la|le)\s)?(?:{_PART}|[A-Z]\.))+")
_OPENING = re.compile(r"^(?:The|A|An|In|On|At|For|From|By|With|As|After|Before|When|While|But|And|If|Since|Under)\s")
# A capital inside a sentence makes a name, but for what stands first in it, in a quotation or after a colon.
_CAPITAL = re.compile(r"(?<=[^\s.!?:…])\s[\"“(]?([A-Z][\w'-]*)")
_NO_NAME = frozenset({"I", "I'm", "I've", "I'd", "I'll", "AD", "BC"})
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


def untraceable(sentence: str, source_text: str) -> tuple[str, ...]:
    """Name every URL, e-mail address, phone, figure, date, quotation and name of a sentence that its source lacks.

    Figures are compared as numbers (`1,200` is `1200`, `seven` is `7`) with their units, dates in whatever way they
    are written, names and quotations as words, with quotation marks and spacing set aside.
    """
    said, source = plain_line(sentence), plain_line(source_text)
    lowered = source.lower()
    found: list[str] = []
    for pattern in (_URL, _MAIL, _DOMAIN):
        known = {match.rstrip(".,;:!?)/").lower() for match in pattern.findall(source)}
        found += [each for each in pattern.findall(said) if each.rstrip(".,;:!?)/").lower() not in known]
    said = _MAIL.sub(" ", _URL.sub(" ", said))
    digits = {re.sub(r"\D", "", each) for each in _PHONE.findall(source)}
    phones = [each for each in _PHONE.findall(said) if not _ISO.fullmatch(each)]
    found += [each for each in phones if re.sub(r"\D", "", each) not in digits]
    dates = _dates(source)
    found += [words for words, date in _dates(said).items() if not _dated(date, set(dates.values()))]
    # A date's own numbers are part of it: "3 May" may be written "May 3" and "2026-05-03".
    dateless = _ISO.sub(" ", _DATE.sub(" ", said)) if dates else said
    found += foreign_figures(dateless, source)
    for match in _QUOTED.finditer(said):
        words = next(filter(None, match.groups())).strip(" ,.!?;:…，。！？；：")
        if words.lower() not in lowered:
            found.append(words)
    found += _names(said, lowered)
    return tuple(dict.fromkeys(found))


def plain_line(text: str) -> str:
    """Give a text on one line with compatibility forms folded and one kind of apostrophe and hyphen."""
    folded = unicodedata.normalize("NFKC", text).replace("’", "'").replace("‘", "'")
    return " ".join(re.sub(r"[‐‑–—]", "-", folded).split())


def _names(said: str, lowered: str) -> list[str]:
    found = []
    for match in _NAME.finditer(said):
        bare = _OPENING.sub("", match[0]).removesuffix("'s")
        first, _, rest = bare.partition(" ")
        # "Visiting Port Elsing" is no name of somebody called Visiting.
        bare = rest if not match.start() and first.endswith(("ing", "ings")) else bare
        if " " in bare and bare.lower() not in lowered:
            found.append(bare)
    words = set(re.findall(r"[\w'-]+", lowered))
    words |= {word.removesuffix("'s").removesuffix("'") for word in words}
    words |= {part for word in words for part in word.split("-")}
    for name in _CAPITAL.findall(said):
        bare = name.removesuffix("'s").removesuffix("'")
        known = bare.lower() in words or all(part.lower() in words for part in bare.split("-"))
        if bare not in _NO_NAME and not known:
            found.append(bare)
    return found


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
