"""Whose request it is: behind proxies of ours, what they say, and nothing that anybody else says."""

import pytest

from pipeline.peers import client_of, network_of, networks

OURS = networks(["10.0.0.0/8", "192.0.2.7", "2001:db8:ffff::/48"])


@pytest.mark.parametrize(
    ("peer", "forwarded", "client"),
    [
        ("203.0.113.9", "", "203.0.113.9"),
        ("203.0.113.9", "198.51.100.1", "203.0.113.9"),  # a stranger says so
        ("10.0.0.7", "", "10.0.0.7"),
        ("10.0.0.7", "203.0.113.9", "203.0.113.9"),
        ("10.0.0.7", "1.2.3.4, 203.0.113.9, 192.0.2.7", "203.0.113.9"),
        ("2001:db8:ffff::1", "2001:db8:1:2::9", "2001:db8:1:2::9"),
        ("10.0.0.7", "10.0.0.8, 10.0.0.9", "10.0.0.8"),
        ("unix", "203.0.113.9", "unix"),
    ],
)
def test_who_asks(peer: str, forwarded: str, client: str) -> None:
    assert client_of(peer, forwarded, OURS) == client


@pytest.mark.parametrize(
    ("client", "network"),
    [
        ("198.51.100.7", "198.51.100.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::"),
        ("2001:db8:1:2::9", "2001:db8:1:2::"),
        ("2001:db8::1", "2001:db8::"),
        ("2001:db8:1:3::9", "2001:db8:1:3::"),
        ("::ffff:198.51.100.7", "198.51.100.7"),
        ("fe80::1%eth0", "fe80::"),
        ("unix", "unix"),
    ],
)
def test_whose_address_it_is(client: str, network: str) -> None:
    assert network_of(client) == network
