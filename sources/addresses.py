"""Judge where a connection would end: resolved IP addresses, and names that can only mean the inside.

The table is our own because `ipaddress.is_global` calls NAT64, 6to4 and IPv4-compatible spellings of loopback global.
Nothing here resolves or connects; allow-lists and pins are the policy's business.
"""

from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

IPV4_DENIED: tuple[tuple[IPv4Network, str], ...] = tuple(
    (IPv4Network(block), reason)
    for block, reason in (
        ("0.0.0.0/8", "this host"),
        ("10.0.0.0/8", "a private network"),
        ("100.64.0.0/10", "a carrier's shared network"),
        ("127.0.0.0/8", "loopback"),
        ("169.254.0.0/16", "link-local, where clouds keep their metadata"),
        ("172.16.0.0/12", "a private network"),
        ("192.0.0.0/24", "protocol assignments"),
        ("192.0.2.0/24", "documentation"),
        ("192.88.99.0/24", "6to4 relays"),
        ("192.168.0.0/16", "a private network"),
        ("198.18.0.0/15", "benchmark networks"),
        ("198.51.100.0/24", "documentation"),
        ("203.0.113.0/24", "documentation"),
        ("224.0.0.0/4", "multicast"),
        ("240.0.0.0/4", "reserved"),
    )
)

IPV6_DENIED: tuple[tuple[IPv6Network, str], ...] = tuple(
    (IPv6Network(block), reason)
    for block, reason in (
        ("::/96", "unspecified, loopback or IPv4-compatible"),
        ("64:ff9b:1::/48", "local NAT64"),
        ("100::/64", "discard only"),
        ("2001::/23", "protocol assignments"),
        ("2001:db8::/32", "documentation"),
        ("3fff::/20", "documentation"),
        ("5f00::/16", "segment routing"),
        ("fc00::/7", "a unique local network"),
        ("fe80::/10", "link-local"),
        ("fec0::/10", "a site-local network"),
        ("ff00::/8", "multicast"),
    )
)

_GLOBAL_UNICAST = IPv6Network("2000::/3")
_MAPPED = IPv6Network("::ffff:0:0/96")
_NAT64 = IPv6Network("64:ff9b::/96")
_SIX_TO_FOUR = IPv6Network("2002::/16")
_TEREDO = IPv6Network("2001::/32")

_INSIDE_SUFFIXES = (".localhost", ".local", ".internal")


def address_fault(address: str) -> str:
    """Say what is wrong with connecting to a resolved address, or give "" when it is a public one."""
    try:
        # getaddrinfo writes the interface into link-local answers: fe80::1%eth0
        parsed = ip_address(address.partition("%")[0])
    except ValueError:
        return "not an IP address"
    if isinstance(parsed, IPv4Address):
        return next((reason for block, reason in IPV4_DENIED if parsed in block), "")
    inner = _inner_addresses(parsed)
    for address4 in inner:
        if fault := address_fault(str(address4)):
            return f"{fault} (as {address4} inside IPv6)"
    if fault := next((reason for block, reason in IPV6_DENIED if parsed in block), ""):
        return fault
    return "" if inner or parsed in _GLOBAL_UNICAST else "outside the public IPv6 space"


def name_fault(host: str) -> str:
    """Say what is wrong with a host name before it is resolved, or give ""; IP literals are `address_fault`'s."""
    if ":" in host:
        return ""
    if host == "localhost" or host.endswith(_INSIDE_SUFFIXES):
        return "a name for the inside of a network"
    return "" if "." in host else "a single-label name, which only means something inside a network"


def _inner_addresses(address: IPv6Address) -> tuple[IPv4Address, ...]:
    """Unwrap the IPv4 addresses that an IPv6 one carries and that a gateway would connect to."""
    bits = int(address)
    if address in _MAPPED or address in _NAT64:
        return (IPv4Address(bits & 0xFFFFFFFF),)
    if address in _SIX_TO_FOUR:
        return (IPv4Address(bits >> 80 & 0xFFFFFFFF),)
    if address in _TEREDO:
        # RFC 4380 section 4: the server in clear, the client with every bit flipped.
        return (IPv4Address(bits >> 64 & 0xFFFFFFFF), IPv4Address(~bits & 0xFFFFFFFF))
    return ()
