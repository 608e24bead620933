"""Personal data in a text: what could be used to reach, find or impersonate a private person.

Numbers count only when their own arithmetic says so (card, account, identity)
or their shape leaves little doubt (telephone).
A public press contact is found as well: whether it may be printed is a person's decision.
"""

import ipaddress
import re
from collections.abc import Callable, Iterator

from content.hazards import Finding, Hazard
from content.normalise import View, plain

_EMAIL = re.compile(
    r"(?<![\w.+-])[a-z0-9][\w.+-]{0,63}(?:@|\s?[\[({]\s?at\s?[\])}]\s?)[a-z0-9-]+"
    r"(?:(?:\.|\s?[\[({]\s?dot\s?[\])}]\s?)[a-z0-9-]+)*(?:\.|\s?[\[({]\s?dot\s?[\])}]\s?)[a-z]{2,24}(?![\w-])"
)
_ADDRESS_IN_TEXT = re.compile(r"(?:https?://|www\.)\S+")
_PHONE_SHAPES = (
    r"\+(?:[\s().-]?\d){8,14}",
    r"(?:1[\s.-])?\(\d{3}\)\s?\d{3}[\s.-]\d{4}",
    r"(?:1[\s.-])?[2-9]\d{2}([-.])\d{3}\1\d{4}",
    r"\(0\d{2,4}\)\s?\d{3,4}\s?\d{3,4}",
    r"0\d{2,4}[\s-]\d{3,4}[\s-]\d{3,4}",
    r"0\d{4}\s\d{6}",
    r"1[3-9]\d[\s-]?\d{4}[\s-]?\d{4}",
    r"0\d{2,3}-\d{7,8}",
)
# After a word that announces a number, any seven to fifteen digits are one.
_ANNOUNCED = (
    r"(?:(?:tel(?:ephone)?|phone|mobile|call|text|dial|fax|whatsapp)(?: us| me| him| her)?(?: at| on)?[:.]?\s{0,2}"
    r"|(?:电话|手机|热线|致电|联系方式)(?:号码)?[:：为是]?\s?)(\+?\d(?:[\s().-]?\d){6,14})"
)
_PHONE = re.compile("|".join(rf"(?<![\w.+/=-])(?:{shape})(?![\w/=-])" for shape in _PHONE_SHAPES))
_PHONE_ANNOUNCED = re.compile(rf"(?<![a-z])(?:{_ANNOUNCED})(?![\w/=-])")
_CARD = re.compile(r"(?<![\w./=-])[3-6]\d{3}(?:([ -]?)\d{4}\1\d{4}\1\d{1,7}|([ -]?)\d{6}\2\d{5})(?![\w/=-])")
_IBAN = re.compile(r"(?<![\w/=])[a-z]{2}\d{2}(?: ?[a-z0-9]{4}){2,7}(?: ?[a-z0-9]{1,3})?(?![\w/=])")
_SSN = re.compile(r"(?<![\w-])(?!000|666|9\d\d)\d{3}([- ])(?!00)\d{2}\1(?!0000)\d{4}(?![\w-])")
_CN_ID = re.compile(r"(?<!\d)[1-9]\d{5}(?:19|20)\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])\d{3}[\dx](?![\dx])")
_IPV4 = re.compile(r"(?<![\w.])(?:\d{1,3}\.){3}\d{1,3}(?![\w.]\w)")
_IPV6 = re.compile(r"(?<![\w:])(?:[0-9a-f]{0,4}:){3,7}[0-9a-f]{1,4}(?![\w:])")
_NUMBERING = re.compile(r"(?:version|release|section|v|rfc|firmware)\s?$")

_STREET = (
    r"\d{1,5}[a-z]?,? (?:(?:north|south|east|west|n|s|e|w)\.? )?(?:[a-z']+ ){1,3}"
    r"(?:street|st|road|rd|avenue|ave|lane|ln|drive|close|crescent|terrace|boulevard|blvd|way|court|place)\b"
)
_HOME = re.compile(
    r"\b(?:live[sd]?|living|resid(?:es?|ing)|home address|at home"
    r"|(?:his|her|their|my|your) (?:home|house|flat|apartment))"
    rf"\W(?:[\w']+\W+){{0,3}}?{_STREET}"
    rf"|{_STREET},? (?:apt|apartment|flat|unit)\.? ?\d+[a-z]?"
    r"|(?:家住|住在|住址|家庭住址|现居)[:：是为]?[^，。！？\n]{2,24}\d+号?(?:楼|栋|幢|单元|室|号)"
)


def personal_data(text: str) -> list[Finding]:
    """Give what could reach or impersonate a person, each stretch once, in reading order."""
    view = plain(text)
    # Long numbers in web addresses are records and versions, not people.
    view = view.replaced(
        (found.start(), found.end(), "\n" * len(found[0])) for found in _ADDRESS_IN_TEXT.finditer(view.text)
    )
    hits: list[tuple[int, int, str]] = []
    for kind, find in _KINDS:
        for start, end in find(view.text):
            # The surer kinds come first; a telephone inside a card number is no telephone.
            if not any(start < other_end and other_start < end for other_start, other_end, _ in hits):
                hits.append((start, end, kind))
    return [_finding(view, *hit) for hit in sorted(hits)]


def _finding(view: View, start: int, end: int, kind: str) -> Finding:
    return Finding(hazard=Hazard.PRIVACY, rule=f"privacy.{kind}", decision="hold", excerpt=view.excerpt(start, end))


def _shapes(
    pattern: re.Pattern[str], valid: Callable[[str], bool] = lambda _: True
) -> Callable[[str], Iterator[tuple[int, int]]]:
    return lambda text: (found.span() for found in pattern.finditer(text) if valid(found[0]))


def _luhn(text: str) -> bool:
    digits = [int(digit) for digit in text if digit.isdigit()]
    doubled = [digit * 2 - 9 * (digit > 4) for digit in digits[-2::-2]]
    return 13 <= len(digits) <= 19 and (sum(digits[-1::-2]) + sum(doubled)) % 10 == 0


def _iban(text: str) -> bool:
    # ISO 13616: the first four characters go to the end, letters count from 10, the remainder by 97 is 1.
    bare = text.replace(" ", "")
    if not 15 <= len(bare) <= 34:
        return False
    return int("".join(str(int(character, 36)) for character in bare[4:] + bare[:4])) % 97 == 1


def _ibans(text: str) -> Iterator[tuple[int, int]]:
    for found in _IBAN.finditer(text):
        # The word after an account number may look like one more group of it.
        for end in range(found.end(), found.start() + 14, -1):
            if not text[end - 1].isspace() and not text[end : end + 1].isalnum() and _iban(text[found.start() : end]):
                yield found.start(), end
                break


def _cn_id(text: str) -> bool:
    # GB 11643: weights are powers of two modulo 11.
    total = sum(int(digit) * pow(2, 17 - index, 11) for index, digit in enumerate(text[:17]))
    return "10x98765432"[total % 11] == text[17]


def _addresses(text: str) -> Iterator[tuple[int, int]]:
    for pattern in (_IPV4, _IPV6):
        for found in pattern.finditer(text):
            try:
                address = ipaddress.ip_address(found[0])
            except ValueError:
                continue
            if address.is_global and not _NUMBERING.search(text[max(0, found.start() - 12) : found.start()]):
                yield found.span()


def _phones(text: str) -> Iterator[tuple[int, int]]:
    yield from (found.span() for found in _PHONE.finditer(text))
    yield from (found.span(found.lastindex or 0) for found in _PHONE_ANNOUNCED.finditer(text))


_KINDS: tuple[tuple[str, Callable[[str], Iterator[tuple[int, int]]]], ...] = (
    ("email", _shapes(_EMAIL)),
    ("iban", _ibans),
    ("national_id", _shapes(_CN_ID, _cn_id)),
    ("card", _shapes(_CARD, _luhn)),
    ("social_security", _shapes(_SSN)),
    ("ip_address", _addresses),
    ("telephone", _phones),
    ("home_address", _shapes(_HOME)),
)
