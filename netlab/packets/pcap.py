"""Capture files: pcap (draft-ietf-opsawg-pcap) read and written; the way in to pcapng (pcapng.py) as well.

A file that ends in the middle of a record, or whose lengths cannot be, gives the records before that place and a
`stopped` that says where and why. Written is pcap with nanoseconds, which Wireshark and tcpdump read.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable

from netlab.packets import pcapng
from netlab.packets.capture_file import LARGEST_FRAME, Capture, CapturedFrame, NotCaptureError
from netlab.packets.dissect import ETHERNET, StoppedAt

_MAGICS = {0xA1B2C3D4: 1_000, 0xA1B23C4D: 1}  # nanoseconds a unit of the second time field
_NANOSECONDS = 0xA1B23C4D
SNAPLEN = 262_144


def is_capture(data: bytes) -> bool:
    """Whether `data` begins as a pcap or pcapng file does."""
    if data[:4] == b"\x0a\x0d\x0d\x0a":
        return True
    return len(data) >= 4 and any(int.from_bytes(data[:4], order) in _MAGICS for order in ("big", "little"))


def read(data: bytes) -> Capture:
    """The records of a pcap or pcapng file; raises NotCaptureError for anything else."""
    if data[:4] == b"\x0a\x0d\x0d\x0a":
        return pcapng.read(data)
    if not is_capture(data):
        raise NotCaptureError("neither pcap nor pcapng")
    order = ">" if int.from_bytes(data[:4], "big") in _MAGICS else "<"
    capture = Capture("pcap")
    if len(data) < 24:
        capture.stopped = StoppedAt(len(data), "the file header takes 24 bytes")
        return capture
    magic, _, _, _, _, _, link = struct.unpack_from(order + "IHHiIII", data)
    _records(data, order, _MAGICS[magic], link & 0x0FFFFFFF, capture)  # the upper bits: length of frame checks
    return capture


def _records(data: bytes, order: str, unit_ns: int, link: int, capture: Capture) -> None:
    header = struct.Struct(order + "IIII")
    at = 24
    while at < len(data):
        if at + header.size > len(data):
            capture.stopped = StoppedAt(at, f"a record's header takes 16 bytes, and {len(data) - at} are left")
            return
        seconds, units, kept, original = header.unpack_from(data, at)
        start = at + header.size
        if kept > LARGEST_FRAME:
            capture.stopped = StoppedAt(at, f"a record says that it has {kept} bytes")
            return
        if start + kept > len(data):
            capture.stopped = StoppedAt(at, f"a record says that it has {kept} bytes, and {len(data) - start} are left")
            return
        time_ns = seconds * 1_000_000_000 + units * unit_ns
        capture.records.append(CapturedFrame(time_ns, data[start : start + kept], max(original, kept), link))
        at = start + kept


def write(records: Iterable[CapturedFrame], link: int = ETHERNET) -> bytes:
    """A pcap file. All records must be of one link type; ValueError."""
    parts = [struct.pack("<IHHiIII", _NANOSECONDS, 2, 4, 0, 0, SNAPLEN, link)]
    for record in records:
        if record.link != link:
            raise ValueError(f"a pcap file has one link type; {record.link} is not {link}")
        seconds, rest_ns = divmod(record.time_ns or 0, 1_000_000_000)
        parts.append(struct.pack("<IIII", seconds, rest_ns, len(record.frame), record.original) + record.frame)
    return b"".join(parts)
