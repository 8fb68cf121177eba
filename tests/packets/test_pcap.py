"""Capture files: written and read the same, in every variant of the formats, and cut at every byte."""

from __future__ import annotations

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from netlab.packets import pcap
from netlab.packets.capture_file import CapturedFrame, NotCaptureError

records = st.lists(
    st.builds(
        lambda time_ns, frame, more: CapturedFrame(time_ns, frame, len(frame) + more),
        st.integers(0, 2**32 * 10**9 - 1),
        st.binary(max_size=40),
        st.integers(0, 1000),
    ),
    max_size=4,
)


@given(records)
def test_written_and_read_is_the_same(some: list[CapturedFrame]) -> None:
    found = pcap.read(pcap.write(some))
    assert found.records == some and found.stopped is None and found.format == "pcap"


def test_one_file_one_link_type() -> None:
    with pytest.raises(ValueError, match="one link type"):
        pcap.write([CapturedFrame(0, b"", 0, link=101)])


@pytest.mark.parametrize("order", "<>")
@pytest.mark.parametrize(("magic", "unit"), [(0xA1B2C3D4, 1000), (0xA1B23C4D, 1)])
def test_every_variant_of_pcap(order: str, magic: int, unit: int) -> None:
    data = struct.pack(order + "IHHiIII", magic, 2, 4, 0, 0, 65535, 113)
    data += struct.pack(order + "IIII", 5, 7, 3, 9) + b"abc"
    assert pcap.read(data).records == [CapturedFrame(5_000_000_000 + 7 * unit, b"abc", 9, 113)]


def block(order: str, kind: int, body: bytes) -> bytes:
    body += bytes(-len(body) % 4)
    length = struct.pack(order + "I", len(body) + 12)
    return struct.pack(order + "I", kind) + length + body + length


def pcapng(order: str, resolution: int) -> bytes:
    """A section with a named interface, a block nobody knows, and packets of all three kinds."""
    data = block(order, 0x0A0D0D0A, struct.pack(order + "IHHq", 0x1A2B3C4D, 1, 0, -1))
    options = struct.pack(order + "HH", 2, 4) + b"lo\0\0" + struct.pack(order + "HHBxxx", 9, 1, resolution)
    options += struct.pack(order + "HHq", 14, 8, 100) + bytes(4)
    data += block(order, 1, struct.pack(order + "HHI", 1, 0, 0) + options) + block(order, 0x0BAD, b"whatever")
    comment = struct.pack(order + "HH", 1, 2) + b"hi"
    data += block(order, 6, struct.pack(order + "IIIII", 0, 1, 5, 3, 60) + b"abc\0" + comment + bytes(6))
    data += block(order, 3, struct.pack(order + "I", 4) + b"wxyz")
    return data + block(order, 2, struct.pack(order + "HHIIII", 0, 7, 0, 9, 2, 2) + b"ok")


@pytest.mark.parametrize("order", "<>")
@pytest.mark.parametrize(("resolution", "ns"), [(6, 1000), (9, 1), (0x80 | 10, 976562)])
def test_pcapng(order: str, resolution: int, ns: int) -> None:
    found = pcap.read(pcapng(order, resolution))
    assert found.format == "pcapng" and found.stopped is None
    first, second, third = found.records
    ticks = (1 << 32) + 5
    exact = ticks * 10**9 // (2**10 if resolution & 0x80 else 10**resolution)
    assert first == CapturedFrame(exact + 100 * 10**9, b"abc", 60, 1, "lo", "hi")
    assert (second.time_ns, second.frame, second.original) == (None, b"wxyz", 4)
    assert (third.frame, third.time_ns) == (b"ok", 9 * 10**9 // (10**9 // ns or 1) + 100 * 10**9) or resolution & 0x80


def test_sections_may_have_different_byte_orders() -> None:
    assert len(pcap.read(pcapng("<", 6) + pcapng(">", 9)).records) == 6


@pytest.mark.parametrize(
    "data", [pcap.write([CapturedFrame(1, b"abcd", 4), CapturedFrame(2, b"ef", 2)]), pcapng("<", 9)]
)
def test_a_file_cut_anywhere_gives_what_is_whole(data: bytes) -> None:
    complete = pcap.read(data).records
    for size in range(4, len(data)):
        found = pcap.read(data[:size])
        assert found.records == complete[: len(found.records)]
        assert found.stopped is None or 0 <= found.stopped.at <= size
        assert found.stopped or len(found.records) < len(complete)


@given(st.binary(max_size=120), st.sampled_from([b"\x0a\x0d\x0d\x0a", b"\xd4\xc3\xb2\xa1", b"\xa1\xb2\x3c\x4d"]))
def test_any_bytes_after_a_magic_number(data: bytes, magic: bytes) -> None:
    found = pcap.read(magic + data)
    assert found.stopped is None or 0 <= found.stopped.at <= len(data) + 4


@given(st.integers(0, 10_000), st.integers(0, 255))
def test_any_damage_to_a_file(at: int, octet: int) -> None:
    for whole in (pcapng("<", 9), pcap.write([CapturedFrame(1, b"abcd", 4)])):
        data = bytearray(whole)
        data[at % len(data)] = octet
        if pcap.is_capture(bytes(data)):
            pcap.read(bytes(data))


def test_what_is_no_capture() -> None:
    for data in (b"", b"\xa1", b"GET / HTTP/1.1"):
        assert not pcap.is_capture(data)
        with pytest.raises(NotCaptureError):
            pcap.read(data)
