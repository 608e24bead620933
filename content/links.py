"""Addresses a publication leads to: which ones no reader should be sent to, and why.

It judges spelling only and goes nowhere. What may be fetched is judged elsewhere, by what a name resolves to.
"""

import re
import unicodedata
from collections.abc import Collection, Iterable
from typing import Literal
from urllib.parse import unquote, urlsplit

from content.hazards import Finding, Hazard
from content.normalise import plain

# Services that record who follows a link, and nothing else.
DENIED_HOSTS = frozenset(
    {"grabify.link", "iplogger.org", "iplogger.com", "2no.co", "yip.su", "blasze.com", "ipgrabber.ru"}
)
# A shortened address hides where it leads, and can be pointed elsewhere after it was checked.
SHORTENERS = frozenset(
    {
        *("bit.ly", "bitly.com", "tinyurl.com", "t.co", "goo.gl", "ow.ly", "is.gd", "v.gd", "buff.ly", "cutt.ly"),
        *("rebrand.ly", "t.ly", "rb.gy", "shorturl.at", "dlvr.it", "lnkd.in", "tiny.cc", "bl.ink", "s.id", "adf.ly"),
        *("shorte.st", "bc.vc", "t.cn", "dwz.cn", "url.cn", "suo.im", "suo.nz", "985.so", "mrw.so"),
    }
)

_SCHEME = re.compile(r"[a-z][a-z0-9+.-]*(?=:)")
_NUMERIC_HOST = re.compile(r"(?:0x[0-9a-f]+|\d+)(?:\.(?:0x[0-9a-f]+|\d+)){0,3}\.?")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")
# Browsers read a backslash as a slash, so one before the path moves where the host begins.
_MOVED_HOST = re.compile(r"(?:[a-z]+:)?[/\\]{0,2}[^/?#]*\\", re.IGNORECASE)
_ADDRESS_IN_TEXT = re.compile(r"(?<![a-z])https?://[^\s<>\"'“”‘’（）()，。；]+", re.IGNORECASE)
# Scripts that are written together in one word; any other mix is a disguise.
_EAST_ASIAN = {"LATIN", "CJK", "HIRAGANA", "KATAKANA", "HANGUL", "BOPOMOFO"}


def judge_links(links: Iterable[str], *, trusted_hosts: Collection[str] = ()) -> list[Finding]:
    """Give what is wrong with addresses, one finding each; `trusted_hosts` (`host` or `host:port`) may be numeric."""
    findings = (judge_link(link, trusted_hosts=trusted_hosts) for link in dict.fromkeys(links))
    return [finding for finding in findings if finding]


def judge_link(link: str, *, trusted_hosts: Collection[str] = ()) -> Finding | None:
    """Say what is wrong with an address, or nothing. An address within the site (no scheme, no host) is right."""
    if _CONTROL.search(link.strip()) or _MOVED_HOST.match(link.strip()):
        return _fault(link, "disguise", "block")
    scheme = _SCHEME.match(plain(link.strip()).text)
    if scheme and scheme[0] not in {"http", "https"}:
        if scheme[0] in {"mailto", "tel", "sms"}:
            return Finding(hazard=Hazard.PRIVACY, rule="links.contact", decision="hold", excerpt=_shown(link))
        return _fault(link, "scheme", "block")
    try:
        parts = urlsplit(link.strip())
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return _fault(link, "malformed", "block")
    if not parts.netloc:
        return _fault(link, "malformed", "block") if scheme else None
    trusted = {host, f"[{host}]", f"{host}:{port}", f"[{host}]:{port}"} & set(trusted_hosts)
    return _judge_host(link, parts.netloc, unquote(host).removesuffix("."), trusted=bool(trusted))


def uncited(links: Iterable[str], cited: Collection[str]) -> list[Finding]:
    """Give addresses that are not among the cited ones; addresses within the site need no citation."""
    known = {_bare(address) for address in cited}
    outside = (link for link in dict.fromkeys(links) if "//" in link)
    return [_fault(link, "uncited", "hold") for link in outside if _bare(link) not in known]


def addresses_in(text: str) -> tuple[str, ...]:
    """Give the web addresses written out in a text, without the punctuation that follows them."""
    found = (match[0].rstrip(".,;:!?…") for match in _ADDRESS_IN_TEXT.finditer(text))
    return tuple(dict.fromkeys(found))


def _judge_host(link: str, authority: str, host: str, *, trusted: bool) -> Finding | None:
    if "@" in authority:
        return _fault(link, "userinfo", "block")
    if trusted:
        return None
    if ":" in host or _NUMERIC_HOST.fullmatch(plain(host).text):
        return _fault(link, "numeric_host", "hold")
    if any(map(_deceives, host.split("."))):
        return _fault(link, "confusable_host", "block")
    if _among(host, DENIED_HOSTS):
        return _fault(link, "denied_host", "block")
    return _fault(link, "shortener", "hold") if _among(host, SHORTENERS) else None


def _deceives(label: str) -> bool:
    """Say whether a host's label mixes scripts, reads as plain Latin in other letters, or is no readable name."""
    if label.lower().startswith("xn--"):
        try:
            label = label[4:].encode("ascii").decode("punycode")
        except UnicodeError:
            return True
    letters = [character for character in label if not character.isascii()]
    if not letters:
        return False
    folded = plain(label)
    if len(folded.offsets) < len(label) or any(unicodedata.category(letter) in {"Cf", "Mn"} for letter in letters):
        return True
    scripts = {unicodedata.name(character, "UNKNOWN").split()[0] for character in label if character.isalpha()}
    if len(scripts) > 1:
        return not scripts <= _EAST_ASIAN
    return scripts != {"LATIN"} and folded.text.isascii()


def _among(host: str, hosts: Collection[str]) -> bool:
    return host.lower().removeprefix("www.") in hosts


def _bare(address: str) -> str:
    # Where in the page a link points, and a slash at the end, do not make another source.
    return address.strip().partition("#")[0].rstrip("/")


def _fault(link: str, rule: str, decision: Literal["hold", "block"]) -> Finding:
    return Finding(hazard=Hazard.NON_VIOLENT_CRIMES, rule=f"links.{rule}", decision=decision, excerpt=_shown(link))


def _shown(link: str) -> str:
    return "".join(character if character.isprintable() else "�" for character in link)[:160]
