"""What the kernel says of this machine's network: loopback is there on every machine, and knows its way."""

from __future__ import annotations

import socket
import struct

import pytest

from netlab.addressing import prefix
from netlab.experiments.addresses import cidr_interfaces
from netlab.linux import netlink, routes
from netlab.linux.interfaces import interfaces
from netlab.linux.neighbours import neighbours
from netlab.progress import silent


def test_loopback_is_an_interface_with_its_prefix() -> None:
    loopback = next(each for each in interfaces() if each.name == "lo")
    assert "127.0.0.1/8" in map(str, loopback.addresses)


def test_the_kernel_sends_loopback_to_itself() -> None:
    found = routes.decide(prefix.parse("127.1.2.3"))
    assert (found.kind, found.interface, found.gateway) == ("local", "lo", None)


def test_an_unroutable_address_is_refused_or_sent_somewhere() -> None:
    try:
        found = routes.decide(prefix.parse("240.0.0.1"))
    except netlink.RefusedError as error:
        assert error.errno
    else:
        assert found.kind


def test_neighbours_and_gateways_are_read_without_error() -> None:
    assert all(each.address.length == each.address.width for each in neighbours())
    assert all(key[1] == gateway.version for key, gateway in routes.default_gateways().items())


def test_attributes_are_found_and_a_broken_one_ends_the_list() -> None:
    data = netlink.attribute(1, b"abcd") + struct.pack("=HH", 6, 2) + b"xy\0\0" + struct.pack("=HH", 0, 9)
    assert netlink.attributes(data, 0) == {1: b"abcd", 2: b"xy"}


def test_tables_of_proc_are_read_as_they_are_written(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = {
        "/proc/net/route": [
            ["eth0", "00000000", "010200C0", "0003", "0", "0", "100", "00000000", "0", "0", "0"],
            ["eth1", "00000000", "FE0200C0", "0003", "0", "0", "50", "00000000", "0", "0", "0"],
            ["eth0", "000200C0", "00000000", "0001", "0", "0", "0", "00FFFFFF", "0", "0", "0"],
        ],
        "/proc/net/ipv6_route": [
            f"{0:032x} 00 {0:032x} 00 {0xFD << 120 | 1:032x} 00000400 1 0 00000003 eth0".split(),
            f"{0:032x} 00 {0:032x} 00 {0:032x} ffffffff 1 0 00200200 lo".split(),
        ],
    }
    monkeypatch.setattr(routes, "_rows", rows.__getitem__)
    found = {key: str(gateway) for key, gateway in routes.default_gateways().items()}
    assert found[("eth0", 4)] == "192.0.2.1/32"
    assert found[("eth1", 4)] == "192.0.2.254/32"
    assert found[("eth0", 6)] == "fd00::1/128"
    assert ("lo", 6) not in found


@pytest.mark.parametrize("to", ["127.0.0.1", "127.9.9.9", "224.0.0.1"])
def test_masks_and_kernel_agree_on_what_never_leaves_by_a_gateway(to: str) -> None:
    try:
        found = cidr_interfaces.measure(cidr_interfaces.Parameters(to), silent)
    except OSError:
        pytest.skip("no netlink here")
    assert to != "127.0.0.1" or found.passed
    assert found.tables[0].columns[2].name == f"to {to}"


def test_the_kernel_takes_the_source_that_netlink_says() -> None:
    """connect(2) on a datagram socket makes the same decision, and getsockname(2) shows it."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.connect(("127.0.0.1", 9))
        source = routes.decide(prefix.parse("127.0.0.1")).source
        assert source is not None
        assert source.text_of(source.value) == sock.getsockname()[0]
