"""Dissection: every layer of what is whole, the part that is there of what is not, and no length believed."""

from __future__ import annotations

import pytest
from examples import examples
from hypothesis import given
from hypothesis import strategies as st

from netlab.packets import icmpv6, ipv6
from netlab.packets.arp import Arp
from netlab.packets.build import build
from netlab.packets.checksum import checksum
from netlab.packets.dissect import Dissection, dissect
from netlab.packets.ethernet import Ethernet, Vlan
from netlab.packets.gre import Gre
from netlab.packets.header import Header
from netlab.packets.icmp import IcmpEcho, IcmpUnreachable
from netlab.packets.ipv4 import Ipv4
from netlab.packets.ipv6 import Ipv6
from netlab.packets.tcp import Tcp, mss
from netlab.packets.udp import Udp

LINK = Ethernet("02:00:00:00:00:02", "02:00:00:00:00:01")
INNER = Ethernet("02:00:00:00:00:04", "02:00:00:00:00:03")
IP4, IP6 = Ipv4("10.0.0.1", "10.0.0.2"), Ipv6("fd00::1", "fd00::2")
FRAMES: dict[str, tuple[list[Header], bytes]] = {
    "arp": ([LINK, Arp(1, "02:00:00:00:00:01", "10.0.0.1", "00:00:00:00:00:00", "10.0.0.2")], b""),
    "tcp": ([LINK, IP4, Tcp(1234, 80, syn=1, options=(mss(1460),))], b""),
    "tcp6": ([LINK, IP6, Tcp(1234, 80, ack=1, psh=1)], b"hello"),
    "udp": ([LINK, IP4, Udp(1234, 7)], b"odd"),
    "udp6": ([LINK, Vlan(5), IP6, ipv6.HopByHop(bytes(6)), Udp(1234, 7)], b""),
    "ping": ([LINK, IP4, IcmpEcho(8, identifier=1, sequence=2)], b"abc"),
    "ping6": ([LINK, IP6, icmpv6.Icmpv6Echo(128)], b"abc"),
    "tunnel": ([LINK, IP4, Gre(), IP6, Udp(1234, 7)], b"odd"),
    "tunnel, all words": ([LINK, IP6, Gre(key=7, sequence=3, checksum_present=1), IP4, Udp(1234, 7)], b""),
    "tunnel, key": ([LINK, IP4, Gre(key=7), INNER, Vlan(5), IP4, IcmpEcho(8)], b"abc"),
    "tunnel, checksum": ([LINK, IP4, Gre(checksum_present=1), INNER, IP6, Tcp(1234, 80, ack=1)], b"hello"),
    "tunnel, sequence": ([LINK, IP4, Gre(sequence=2**32 - 1), IP4, Gre(key=1), IP4, Udp(1, 2)], b""),
    "solicit": ([LINK, IP6, icmpv6.NeighbourSolicitation(135, target="fd00::2")], b""),
}
every_frame = pytest.mark.parametrize("name", FRAMES)


def frame_of(name: str) -> bytes:
    return build(*FRAMES[name])


@every_frame
def test_built_and_dissected_without_a_complaint(name: str) -> None:
    headers, data = FRAMES[name]
    found = dissect(frame_of(name))
    assert [type(layer.header) for layer in found.layers] == [type(header) for header in headers]
    assert found.stopped is None and found.data == data and found.trailer == 0
    assert [layer.notes for layer in found.layers] == [()] * len(headers)
    again = build([layer.header for layer in found.layers if layer.header], found.data)
    assert again == found.frame


@every_frame
def test_every_cut_is_said_at_its_place(name: str) -> None:
    whole = frame_of(name)
    complete = dissect(whole)
    for size in range(len(whole)):
        found = dissect(whole[:size])
        assert found.stopped is not None and found.stopped.at == size, (size, found.stopped)
        for layer, full in zip(found.layers, complete.layers, strict=False):
            assert (layer.name, layer.start) == (full.name, full.start)
            assert layer.fields == full.fields[: len(layer.fields)]  # what is whole is shown, and nothing is invented
            assert layer.end <= size


@every_frame
def test_a_capture_that_kept_less_is_said(name: str) -> None:
    found = dissect(frame_of(name), original=9000)
    assert found.stopped is not None and "of the frame's 9000 bytes" in found.stopped.why


@every_frame
def test_a_changed_bit_behind_the_checksum_is_noticed(name: str) -> None:
    if name in ("arp",):
        return
    whole = bytearray(frame_of(name))
    whole[-1] ^= 0x10
    notes = [note for layer in dissect(bytes(whole)).layers for note in layer.notes]
    assert any("checksum is 0x" in note for note in notes), notes


@given(st.binary(max_size=200), st.sampled_from([0, 1, 101, 113, 228, 229, 147]))
@examples(300)
def test_any_bytes_are_dissected(data: bytes, link: int) -> None:
    holds_together(dissect(data, link))


@given(st.sampled_from(sorted(FRAMES)), st.lists(st.tuples(st.integers(12, 90), st.integers(0, 255)), max_size=6))
@examples(300)
def test_any_damage_is_survived(name: str, damage: list[tuple[int, int]]) -> None:
    frame = bytearray(frame_of(name))
    for at, octet in damage:
        frame[at % len(frame)] = octet
    holds_together(dissect(bytes(frame)))


def holds_together(found: Dissection) -> None:
    """Layers follow one upon the other within the frame; whatever is there of them encodes to the frame's own bytes."""
    at = 0
    for layer in found.layers:
        assert layer.start == at and layer.end <= len(found.frame)
        at = layer.end
        if layer.header is not None:
            assert layer.header.encode() == found.frame[layer.start : layer.end]
        for shown in layer.fields:
            assert 0 <= shown.first <= shown.last and layer.start * 8 + shown.last < layer.end * 8
    assert found.start == at <= found.end <= len(found.frame)
    if found.stopped:
        assert 0 <= found.stopped.at <= len(found.frame)


@pytest.mark.parametrize(
    ("headers", "at", "why"),
    [
        ([LINK, Ipv4("10.0.0.1", "10.0.0.2", 17, ihl=4), Udp(1, 2, checksum=0)], 14, "IHL says"),
        ([LINK, Ipv4("10.0.0.1", "10.0.0.2", 17, total_length=19), Udp(1, 2, checksum=0)], 16, "total length says 19"),
        ([LINK, Ipv4("10.0.0.1", "10.0.0.2", 17, version=7), Udp(1, 2, checksum=0)], 14, "version says 7"),
        ([LINK, IP4, Udp(1, 2, length=7)], 38, "length says 7"),
        ([LINK, IP4, Tcp(1, 2, data_offset=4)], 46, "data offset says"),
        ([LINK, IP4, Tcp(1, 2, data_offset=15)], 54, "takes 60 bytes"),
    ],
)
def test_a_lying_length_stops_where_it_stands(headers: list[Header], at: int, why: str) -> None:
    found = dissect(build(headers))
    assert found.stopped is not None and found.stopped.at == at and why in found.stopped.why


def test_a_length_beyond_the_frame_is_said_and_the_rest_is_shown() -> None:
    found = dissect(build([LINK, IP4, Udp(1, 2, length=500)], b"abc"))
    assert found.find(Udp).length == 500 and found.data == b"abc" and found.stopped is not None
    assert "says that 492 bytes follow, and 3 are here" in found.layers[2].notes


def test_an_error_quotes_the_beginning_of_the_packet_it_is_about() -> None:
    lost = build([Ipv4("10.0.0.2", "10.0.0.1"), Udp(5000, 9)], b"x" * 40)
    found = dissect(build([LINK, IP4, IcmpUnreachable(3, 3)], lost[:28]))
    assert [layer.name for layer in found.layers] == ["Ethernet", "IPv4", "ICMP", "IPv4", "UDP"]
    assert [layer.quoted for layer in found.layers] == [False, False, False, True, True]
    assert found.stopped is None and not any(layer.notes for layer in found.layers)


def test_a_later_fragment_is_not_taken_for_a_datagram() -> None:
    found = dissect(build([LINK, Ipv4("10.0.0.1", "10.0.0.2", 17, fragment_offset=185)], b"\0\1\0\2\0\3"))
    assert [layer.name for layer in found.layers] == ["Ethernet", "IPv4"] and found.data == b"\0\1\0\2\0\3"


def test_a_fragment_is_told_by_its_first_byte_which_is_eight_times_its_offset() -> None:
    four = Ipv4("10.0.0.1", "10.0.0.2", 17, fragment_offset=185, more_fragments=1)
    assert four.summary() == "10.0.0.1 → 10.0.0.2, fragment from byte 1480"
    assert ipv6.Fragment(7, 185, 1, next_header=17).summary() == "from byte 1480, more follow"
    assert ipv6.Fragment(7, 185, next_header=17).summary() == "from byte 1480"
    (link, layer) = dissect(build([LINK, four], b"data")).layers
    assert (link.name, layer.header.summary() if layer.header else "") == ("Ethernet", four.summary())


def test_padding_of_a_short_frame_is_no_data() -> None:
    frame = frame_of("tcp")
    found = dissect(frame + bytes(60 - len(frame)) if len(frame) < 60 else frame + bytes(6))
    assert found.data == b"" and found.trailer > 0 and found.stopped is None


@given(st.binary(max_size=64).filter(any))
def test_the_checksum_of_data_with_its_checksum_is_zero(data: bytes) -> None:
    even = data + bytes(len(data) % 2)
    assert checksum(even + checksum(even).to_bytes(2, "big")) == 0


def test_the_checksum_of_rfc_1071() -> None:
    assert checksum(bytes.fromhex("0001f203f4f5f6f7")) == 0xFFFF - 0xDDF2
    assert checksum(b"") == checksum(bytes(4)) == 0xFFFF
