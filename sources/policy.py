"""What the guarded fetcher may do: limits, allowed hosts and pinned names, and the judgement of one connection."""

import socket
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field

from content.errors import RefusedUrlError, TimedOutError, UnreachableError
from sources.addresses import address_fault, name_fault
from sources.urls import Url

_MIB = 1024 * 1024


@dataclass(frozen=True)
class FetchPolicy:
    """The limits of one fetcher.

    An entry of `allowed_private_hosts` is `host` (every port of it) or `host:port`, IPv6 in brackets;
    it is compared with the host as the URL spells it, so no foreign name can be pointed at an allowed address.
    `resolve` pins a host name to an address and port, whatever the URL's port; pinned names count as allowed.
    """

    user_agent: str = "Pressroom/0.1 (newsletter; reads feeds and the pages they link to)"
    allowed_private_hosts: tuple[str, ...] = ()
    allowed_ports: tuple[int, ...] = (80, 443)
    max_bytes: int = 10 * _MIB
    max_ratio: int = 100
    timeout_s: float = 30.0
    connect_timeout_s: float = 10.0
    max_redirects: int = 3
    resolve: Mapping[str, tuple[str, int]] = field(default_factory=dict)

    def admit(self, url: Url) -> None:
        """Judge a URL by its spelling, before any name is resolved. Raise RefusedUrlError."""
        if url.host in self.resolve or self._trusts(url.host, url.port):
            return
        if url.port not in self.allowed_ports:
            ports = ", ".join(map(str, self.allowed_ports))
            raise RefusedUrlError(
                f"{url} is refused: port {url.port} is not among the allowed ones ({ports}); {_remedy(url.authority)}"
            )
        if fault := name_fault(url.host):
            raise RefusedUrlError(f"{url} is refused: {url.host} is {fault}; {_remedy(url.host)}")

    def route(self, host: str, port: int, timeout_s: float) -> list[tuple[str, int]]:
        """Resolve a host and judge every answer; give the addresses to connect to, in the resolver's order.

        Raises RefusedUrlError when any answer is denied, UnreachableError when there is none.
        """
        if pinned := self.resolve.get(host):
            return [pinned]
        answers = _resolved(host, port, timeout_s)
        if not self._trusts(host, port):
            for address in answers:
                if fault := address_fault(address):
                    target = "it" if address == host else f"{host} leads to {address}, which"
                    # No feed is served beside a cloud's credentials, so nobody is told how to let one through.
                    remedy = "" if "link-local" in fault else f"; {_remedy(host)}"
                    raise RefusedUrlError(f"refused, because {target} is {fault}{remedy}")
        return [(address, port) for address in answers]

    def _trusts(self, host: str, port: int) -> bool:
        bracketed = f"[{host}]" if ":" in host else host
        spellings = {host, bracketed, f"{bracketed}:{port}"}
        return any(entry.strip().lower() in spellings for entry in self.allowed_private_hosts)


def _remedy(host: str) -> str:
    return f"if you trust it, add {host} to PRESSROOM_ALLOWED_PRIVATE_HOSTS"


def _resolved(host: str, port: int, timeout_s: float) -> list[str]:
    """Ask the system's resolver, without letting it keep us beyond the deadline."""
    answers: list[str] = []
    faults: list[OSError | UnicodeError] = []

    def ask() -> None:
        try:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, proto=socket.IPPROTO_TCP)
        except (OSError, UnicodeError) as fault:
            faults.append(fault)
        else:
            answers.extend(dict.fromkeys(str(sockaddr[0]) for *_, sockaddr in found))

    # getaddrinfo takes no timeout; a daemon thread can be left behind with it.
    asking = threading.Thread(target=ask, name=f"resolve {host}", daemon=True)
    asking.start()
    asking.join(timeout_s)
    if asking.is_alive():
        raise TimedOutError(f"the name {host} was not resolved in time")
    if not answers:
        reason = faults[0].strerror if faults and isinstance(faults[0], OSError) else "no address"
        raise UnreachableError(f"the name {host} could not be resolved ({reason or 'no address'})")
    return answers
