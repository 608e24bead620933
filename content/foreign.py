"""What a text from outside must not bring into ours: markup, unseen characters, addresses, orders to a machine.

A sentence that a model wrote goes through `impurities`, a title that somebody else wrote through `presentable`,
a source's paragraphs through `meant_for_readers`. What is let through is still checked against the sources.
"""

import re
import unicodedata
from functools import lru_cache

from content.machine_orders import gives_orders
from content.normalise import plain
from content.personal_data import personal_data
from content.sentences import word_set

_LONGEST_TITLE = 200

# ---- characters and syntax -------------------------------------------------------------------------------------------

_FILLERS = frozenset("\u115f\u1160\u3164\uffa0\u2800\u00ad\u034f\ufffc\ufffd")
# Joiners that scripts and emoji need, and hyphens that texts are printed with: no sign of hiding anything.
_HARMLESS = frozenset("\t\u00ad\u200c\u200d\ufe0e\ufe0f\ufeff\u200b")
_STACKED = re.compile(r"[\u0300-\u036f\u0489\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f]{2}")
# After compatibility folding, so that full-width forms of a sign count as the sign.
_SYNTAX = re.compile(
    r"[<>{}\\`|^]|&(?:[a-z]+|#x?[0-9a-f]+);|\$\(|\]\(|!\[|\[\[|\]\]|\*\*|__|~~|@@|(?<!\w)#\w", re.IGNORECASE
)
_LINE_MARKUP = re.compile(r"^\s*(?:#{1,6}\s|[-*+]\s)|\[\d+(?:\s?,\s?\d+)*\]")

# ---- addresses -------------------------------------------------------------------------------------------------------

# Endings that count however the dot before them is disguised; with a plain dot any ending counts that is no file's.
_ENDINGS = (
    "com|net|org|info|biz|io|co|ai|app|dev|xyz|top|site|online|shop|store|club|vip|win|link|click|live|pro|me|tv|cc|ws|"
    "cn|hk|tw|jp|kr|ru|uk|us|eu|de|fr|it|es|nl|ch|at|in|br|au|ca|zip|mov|int|example|test|invalid|localhost"
)
_NO_ENDING = word_set(
    "js py ts rb rs md txt pdf csv json xml html css scss exe doc docx ppt xls png jpg gif svg mp3 mp4"
)
# Only public bodies get names under these, and papers write some of them as the name of a thing: Login.gov.
_PUBLIC = re.compile(r"(?:^|\.)(?:gov|mil|int|edu|gov\.[a-z]{2}|edu\.[a-z]{2}|ac\.uk)$")
_SCHEME = re.compile(
    r"[a-z][a-z0-9+.-]*:\s?//|h[tx*]{2}ps?\s?:|hxxps?|(?<![a-z])www\s?\.|"
    r"(?<![a-z])(?:mailto|javascript|data|vbscript|file|tel|sms|ftp|ipfs|magnet|bitcoin):\s?\S"
)
_DOMAIN = re.compile(
    r"(?<![\w.@])((?:[^\W_](?:[\w-]*[^\W_])?\.)+)"
    r"([a-z]{2,24}|xn--[a-z0-9-]+|中国|公司|网络|网址|在线|香港)(?![a-z0-9-])"
)
_SPELLED = re.compile(
    r"(?:[\w-]+\s?(?:\[\.\]|\(\.\)|[\[({]\s?dot\s?[\])}])\s?|[\w-]+\sdot\s|[\w-]+\s\.\s?|[a-z0-9-]+(?:[。｡．•·]\s?|点))"
    rf"(?:{_ENDINGS})(?![a-z0-9-])|[\w-]+\.\s(?:{_ENDINGS})/"
)
_MAIL = re.compile(r"[\w.+-]+\s?@\s?[\w-]+|(?<!\w)@\w{2,}|[\[(]at[\])]|\bat\s[\w-]+\sdot\s\w+")
_LONG_NUMBER = re.compile(
    r"\+\d[\d\s().-]{6,}\d|(?<![\d,.])\d{9,}(?![\d,])|(?<!\d)\(?\d{3,4}\)?[\s.-]\d{3,4}[\s.-]\d{3,4}(?!\d)|"
    r"(?<!\d)0\d{2,4}[\s-]\d{5,8}(?!\d)|(?<!\d)\d{3}[-.\s]\d{4}(?![\d-])|\b(?:\d{1,3}\.){3}\d{1,3}\b"
)
_DATE_OR_AMOUNT = re.compile(r"\d{1,3}(?:\s\d{3})+|(?:1[5-9]|20)\d{2}[-–](?:1[5-9]|20)?\d{2}(?:-\d{2})?")
_KEY = re.compile(r"0x[0-9a-fA-F]{12,}|(?=\w*\d)(?=\w*[A-Za-z])\b[A-Za-z0-9]{24,}\b")
_HOUSE_NUMBER = re.compile(
    r"\b\d{1,5}[a-zA-Z]?,?\s(?:[A-Z][\w’'.-]*\s){1,3}(?:Street|St|Road|Rd|Avenue|Ave|Lane|Drive|Boulevard|Blvd|"
    r"Terrace|Crescent|Way|Court|Place)\b|[\u4e00-\u9fff](?:路|街|大道|巷|弄)\s?[0-9〇零一二三四五六七八九十百]+\s?号"
)


def impurities(text: str) -> tuple[str, ...]:
    """Name everything in a line of prose that is not prose."""
    folded = unicodedata.normalize("NFKC", text)
    found = {
        "holds characters nobody sees": unseen(text),
        "holds markup or template syntax": bool(_SYNTAX.search(folded) or _LINE_MARKUP.search(folded)),
        "gives an address or a number to turn to": bool(address_in(text)),
        "speaks to a machine": gives_orders(text),
    }
    return tuple(reason for reason, wrong in found.items() if wrong)


def unseen(text: str) -> bool:
    """Say whether a text holds control, bidirectional, zero-width, tag or private characters, or stacked accents."""
    return any(map(_is_unseen, text)) or bool(_STACKED.search(unicodedata.normalize("NFD", text)))


def address_in(text: str) -> str:
    """Give the first address, handle, telephone or account number in a text, however it is disguised; else nothing.

    Names under domains of public bodies (`Login.gov`) are names; a house number makes a street an address.
    """
    exact = unicodedata.normalize("NFKC", text)
    for view in dict.fromkeys((exact.casefold(), plain(text).text)):
        for pattern in (_SCHEME, _MAIL, _SPELLED):
            if match := pattern.search(view):
                return match[0]
        for match in _DOMAIN.finditer(view):
            if _is_domain(match[1], match[2]):
                return match[0]
        for match in _LONG_NUMBER.finditer(view):
            if not _DATE_OR_AMOUNT.fullmatch(match[0].strip()):
                return match[0]
    # Keys and streets are told by their capitals, so they are read as they stand.
    for pattern in (_KEY, _HOUSE_NUMBER):
        if match := pattern.search(exact):
            return match[0]
    return next((finding.excerpt for finding in personal_data(text)), "")


def meant_for_readers(paragraph: str) -> bool:
    """Say whether a paragraph of a source hides nothing from its readers and gives no orders to a machine."""
    hidden = any(_is_unseen(character) for character in paragraph if character not in _HARMLESS)
    return not hidden and not gives_orders(paragraph)


def presentable(title: str, otherwise: str = "") -> str:
    """Give somebody else's title or name on one line if it may be printed, else `otherwise`."""
    line = " ".join(title.split())
    return line if line and len(line) <= _LONGEST_TITLE and not impurities(line) else otherwise


def _is_domain(labels: str, ending: str) -> bool:
    """Tell an address from an abbreviation, a figure with its unit and the name of a file."""
    parts = labels.rstrip(".").split(".")
    if ending in _NO_ENDING or _PUBLIC.search(f"{labels}{ending}"):
        return False
    if all(part.isdigit() for part in parts):
        return bool(re.fullmatch(_ENDINGS, ending)) and len(parts[-1]) > 2
    # "e.g", "a.m", "u.s": letters apart are no name of a host.
    return len(parts) > 1 or len(parts[0]) > 1


@lru_cache(maxsize=8192)
def _is_unseen(character: str) -> bool:
    if character in _FILLERS:
        return True
    code = ord(character)
    selectors = 0xFE00 <= code <= 0xFE0F or 0xE0100 <= code <= 0xE01EF
    return selectors or unicodedata.category(character) in {"Cc", "Cf", "Cn", "Co", "Cs", "Zl", "Zp"}
