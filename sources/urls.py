r"""The one URL parser of the house: what it gives is exactly what is connected to, or it refuses.

Two parsers that disagree about one string are how `http://a.com\@127.0.0.1/` gets inside,
so nothing else in `sources/` takes a URL apart. It knows no policy: ports and hosts are judged elsewhere.
"""

import re
from dataclasses import dataclass
from urllib.parse import quote, urljoin

import idna

from content.errors import RefusedUrlError

_DEFAULT_PORTS = {"http": 80, "https": 443}
_SHAPE = re.compile(
    r"(?P<scheme>https?)://(?P<authority>[^/?#]*)(?P<path>[^?#]*)(?P<query>\?[^#]*)?(?:#.*)?", re.IGNORECASE
)
_AUTHORITY = re.compile(r"(?:\[(?P<ipv6>[0-9a-fA-F:.]+)\]|(?P<name>[^:\[\]]+))(?::(?P<port>[0-9]{1,5}))?")
_LABEL = re.compile(r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")
_LONGEST = 4096
# Everything RFC 3986 allows in a path or query, and % so that what is encoded already stays as it is.
_SAFE = "/:@!$&'()*+,;=-._~%?"


@dataclass(frozen=True)
class Url:
    """A parsed http(s) URL. `host` is lower-case ASCII, IPv6 without brackets; `target` is path and query, ASCII."""

    scheme: str
    host: str
    port: int
    target: str

    @property
    def authority(self) -> str:
        """What belongs into the Host header."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == _DEFAULT_PORTS[self.scheme] else f"{host}:{self.port}"

    @property
    def origin(self) -> str:
        """Scheme, host and port: what a robots.txt speaks for."""
        return f"{self.scheme}://{self.authority}"

    def __str__(self) -> str:
        return self.origin + self.target


def parse_url(text: str) -> Url:
    """Take an absolute http(s) URL apart; the fragment is dropped. Raise RefusedUrlError for anything doubtful."""
    if len(text) > _LONGEST:
        raise RefusedUrlError(f"{shown(text)} is refused: it is longer than {_LONGEST} characters")
    if _CONTROL.search(text) or "\\" in text:
        raise RefusedUrlError(f"{shown(text)} is refused: it contains a backslash or a control character")
    shape = _SHAPE.fullmatch(text)
    if shape is None:
        raise RefusedUrlError(f"{shown(text)} is refused: only http:// and https:// are read")
    if "@" in shape["authority"]:
        raise RefusedUrlError(f"{shown(text)} is refused: it carries a user name or password")
    authority = _AUTHORITY.fullmatch(shape["authority"])
    if authority is None:
        raise RefusedUrlError(f"{shown(text)} is refused: {shape['authority']!r} is no host name")
    scheme = shape["scheme"].lower()
    host = authority["ipv6"].lower() if authority["ipv6"] else _ascii_host(authority["name"], text)
    port = int(authority["port"]) if authority["port"] else _DEFAULT_PORTS[scheme]
    if not 0 < port < 65536:
        raise RefusedUrlError(f"{shown(text)} is refused: there is no port {port}")
    target = quote((shape["path"] or "/") + (shape["query"] or ""), safe=_SAFE, errors="replace")
    return Url(scheme=scheme, host=host, port=port, target=target)


def join_url(base: Url, reference: str) -> Url:
    """Resolve a reference, as a redirect or a feed gives it, against a URL. Raise RefusedUrlError as `parse_url`."""
    # Looked at before joining, because urljoin silently drops the tabs and newlines that hide a second host.
    if len(reference) > _LONGEST or _CONTROL.search(reference) or "\\" in reference:
        raise RefusedUrlError(f"{shown(reference)} is refused: too long, or with a backslash or control character")
    try:
        return parse_url(urljoin(str(base), reference))
    except ValueError:
        raise RefusedUrlError(f"{shown(reference)} is refused: it is no URL") from None


def shown(text: str) -> str:
    """Give a foreign string in one harmless line, short enough for a message."""
    flat = re.sub(r"[^\x20-\x7e\xa1-\uffff]", "?", text)
    return flat if len(flat) <= 200 else flat[:199] + "…"


def _ascii_host(name: str, text: str) -> str:
    host = name
    if not host.isascii():
        try:
            # UTS 46 folds ①②⑦ and 。 into what a resolver would understand: judged is what is connected to.
            host = idna.encode(host, uts46=True).decode("ascii")
        except idna.IDNAError:
            raise RefusedUrlError(f"{shown(text)} is refused: {shown(name)!r} is no host name") from None
    host = host.lower().removesuffix(".")
    if len(host) > 253 or not all(_LABEL.fullmatch(label) for label in host.split(".")):
        raise RefusedUrlError(f"{shown(text)} is refused: {shown(name)!r} is no host name")
    return host
