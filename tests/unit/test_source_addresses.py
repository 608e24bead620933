"""Which addresses and names count as the inside."""

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from content.errors import RefusedUrlError
from sources.addresses import IPV4_DENIED, IPV6_DENIED, address_fault, name_fault
from sources.policy import FetchPolicy
from sources.urls import parse_url

DENIED = [block for block, _ in (*IPV4_DENIED, *IPV6_DENIED)]

# The rows of the design's table, written down once more so that a row lost from the code is noticed.
EXPECTED = (
    "0.0.0.0/8 10.0.0.0/8 100.64.0.0/10 127.0.0.0/8 169.254.0.0/16 172.16.0.0/12 192.0.0.0/24 192.0.2.0/24 "
    "192.88.99.0/24 192.168.0.0/16 198.18.0.0/15 198.51.100.0/24 203.0.113.0/24 224.0.0.0/4 240.0.0.0/4 "
    "::/96 64:ff9b:1::/48 100::/64 2001::/23 2001:db8::/32 3fff::/20 5f00::/16 fc00::/7 fe80::/10 fec0::/10 ff00::/8"
)


def test_the_table_has_every_row():
    assert {str(block) for block in DENIED} == set(EXPECTED.split())


@pytest.mark.parametrize("block", DENIED, ids=str)
def test_both_ends_of_every_row_are_denied(block):
    assert address_fault(str(block[0]))
    assert address_fault(str(block[-1]))


@pytest.mark.parametrize("address", ["1.1.1.1", "8.8.8.8", "100.63.255.255", "172.32.0.1", "2606:4700::1111"])
def test_public_addresses_pass(address):
    assert address_fault(address) == ""


@pytest.mark.parametrize(
    "address",
    [
        "::ffff:127.0.0.1",  # IPv4-mapped
        "::127.0.0.1",  # IPv4-compatible
        "64:ff9b::7f00:1",  # NAT64
        "64:ff9b::a9fe:a9fe",  # NAT64 of the cloud's metadata
        "2002:7f00:1::",  # 6to4
        "2002:c0a8:101::1",  # 6to4 of 192.168.1.1
        "2001:0:4136:e378:8000:63bf:f5ff:fffe",  # Teredo with the client 10.0.0.1
        "fe80::1%eth0",
        "fec0::1",
        "192.0.0.192",
        "100.64.0.1",
    ],
)
def test_wrapped_and_odd_insides_are_denied(address):
    assert address_fault(address)


def test_a_public_address_behind_nat64_or_mapped_passes():
    assert address_fault("64:ff9b::101:101") == ""
    assert address_fault("::ffff:1.1.1.1") == ""
    assert address_fault("2002:101:101::1") == ""


@given(st.sampled_from([block for block, _ in IPV4_DENIED]), st.data())
def test_no_wrapping_lets_a_denied_ipv4_address_through(block, data):
    inner = data.draw(st.integers(int(block[0]), int(block[-1])))
    for wrapped in (0xFFFF << 32 | inner, inner, 0x64FF9B << 96 | inner, 0x2002 << 112 | inner << 80):
        assert address_fault(str(ipaddress.IPv6Address(wrapped)))


def test_what_is_no_address_is_denied():
    assert address_fault("example.com")


@pytest.mark.parametrize("host", ["localhost", "a.localhost", "printer.local", "db.internal", "intranet", "2130706433"])
def test_names_for_the_inside_are_refused_unresolved(host):
    assert name_fault(host)
    with pytest.raises(RefusedUrlError, match=host):
        FetchPolicy().admit(parse_url(f"http://{host}/"))


def test_an_allowed_host_is_allowed_on_every_port_and_an_allowed_port_only_there():
    policy = FetchPolicy(allowed_private_hosts=("Intranet", "127.0.0.1:8765", "[::1]:99"))
    for url in ("http://intranet/", "http://intranet:8080/", "http://127.0.0.1:8765/", "http://[::1]:99/"):
        policy.admit(parse_url(url))
    for url in ("http://127.0.0.1:8766/", "http://[::1]:98/", "http://intranet.example:8080/"):
        with pytest.raises(RefusedUrlError):
            policy.admit(parse_url(url))
    with pytest.raises(RefusedUrlError, match="loopback"):
        policy.route("127.0.0.1", 80, 5)
