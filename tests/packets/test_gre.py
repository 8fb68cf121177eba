"""GRE: which of its words are there, and what a receiver must not read (RFC 2784 §2.3)."""

from __future__ import annotations

import pytest

from netlab.packets.build import build
from netlab.packets.dissect import dissect
from netlab.packets.gre import Gre
from netlab.packets.header import StopError
from netlab.packets.ipv4 import Ipv4
from netlab.packets.udp import Udp

OUTER, INNER = Ipv4("10.0.0.1", "10.0.0.2"), Ipv4("192.168.0.1", "192.168.0.2")


@pytest.mark.parametrize(
    ("header", "octets"),
    [
        (Gre(), "00000800"),
        (Gre(key=7), "2000080000000007"),
        (Gre(sequence=7), "1000080000000007"),
        (Gre(key=1, sequence=2), "300008000000000100000002"),
        (Gre(checksum=0xABCD), "80000800abcd0000"),
        (Gre(checksum=1, key=2, sequence=3), "b000080000010000" + "00000002" + "00000003"),
        (Gre(key_present=1), "2000080000000000"),
    ],
)
def test_a_word_that_is_said_sets_its_flag(header: Gre, octets: str) -> None:
    assert header.completed(b"", OUTER, INNER).encode().hex() == octets
    parsed, size = Gre.parse(bytes.fromhex(octets) + b"after")
    assert size == len(octets) // 2 and parsed.encode().hex() == octets


def test_a_word_whose_flag_is_denied_is_refused() -> None:
    with pytest.raises(ValueError, match="Key: there only if key_present is 1"):
        build([OUTER, Gre(key=7, key_present=0), INNER])


def test_the_checksum_covers_what_is_carried() -> None:
    packet = build([OUTER, Gre(checksum_present=1), INNER, Udp(1, 2, checksum=0)], b"data")
    for at in range(20, len(packet)):
        if at in (20, 21, 22, 23, *range(28, 48)):
            continue  # flags and protocol say what is read at all; the inner header has a checksum of its own
        damaged = packet[:at] + bytes([packet[at] ^ 1]) + packet[at + 1 :]
        notes = dissect(damaged, link=101).layers[1].notes
        assert any("checksum is 0x" in note for note in notes), at


@pytest.mark.parametrize(
    ("octets", "at", "why"), [("40000800", 0, "source route"), ("20010800", 1, "version says 1"), ("c0", 0, "route")]
)
def test_what_a_receiver_discards_is_not_read(octets: str, at: int, why: str) -> None:
    with pytest.raises(StopError, match=why) as stopped:
        Gre.parse(bytes.fromhex(octets))
    assert stopped.value.at == at


def test_reserved_bits_are_said() -> None:
    for header in (Gre(reserved0=4), Gre(checksum_present=1, reserved1=9)):
        found = dissect(build([OUTER, header, INNER]), link=101)
        assert found.layers[1].notes == ("reserved bits are set (RFC 2784 §2.3)",)


def test_the_summary_names_what_is_carried_and_which_tunnel() -> None:
    assert Gre(protocol=0x0800, key=7, sequence=3).summary() == "IPv4, key 7, sequence 3"
    assert Gre(protocol=0x880B).summary() == "protocol 0x880b"
