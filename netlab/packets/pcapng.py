"""pcapng files, read (draft-ietf-opsawg-pcapng): blocks, each with its length at both ends.

Understood are section headers (each may have its own byte order), interface descriptions (with their time resolution
and offset), enhanced, simple and the obsolete packet blocks; other blocks are skipped, as the format wants it.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

from netlab.packets.capture_file import LARGEST_FRAME, Capture, CapturedFrame
from netlab.packets.dissect import StoppedAt

_SECTION, _INTERFACE, _PACKET, _SIMPLE, _ENHANCED = 0x0A0D0D0A, 1, 2, 3, 6
_NAME, _RESOLUTION, _OFFSET, _COMMENT = 2, 9, 14, 1  # options


@dataclass(frozen=True, slots=True)
class _Interface:
    link: int
    snaplen: int
    name: str
    ns_numerator: int  # a unit of time is so many nanoseconds …
    ns_denominator: int  # … divided by this
    offset_s: int


class _LieError(ValueError):
    """A block that cannot be what it says."""


def read(data: bytes) -> Capture:
    """The records of all sections. Never fails: a file that is damaged gives what comes before the damage."""
    capture = Capture("pcapng")
    order, at = "<", 0
    interfaces: list[_Interface] = []
    while at < len(data):
        try:
            if data[at : at + 4] == b"\x0a\x0d\x0d\x0a":
                order, interfaces = _byte_order(data, at), []
            kind, body, following = _block(data, at, order)
            if kind == _INTERFACE:
                interfaces.append(_interface(body, order))
            elif kind in (_PACKET, _SIMPLE, _ENHANCED):
                capture.records.append(_record(kind, body, order, interfaces))
        except _LieError as lie:
            capture.stopped = StoppedAt(at, str(lie))
            break
        at = following
    return capture


def _byte_order(data: bytes, at: int) -> str:
    magic = data[at + 8 : at + 12]
    for order, expected in (("<", b"\x4d\x3c\x2b\x1a"), (">", b"\x1a\x2b\x3c\x4d")):
        if magic == expected:
            return order
    raise _LieError("a section header without its byte-order magic")


def _block(data: bytes, at: int, order: str) -> tuple[int, bytes, int]:
    """Type, body, and where the next block begins."""
    if at + 12 > len(data):
        raise _LieError(f"a block takes 12 bytes or more, and {len(data) - at} are left")
    kind, length = struct.unpack_from(order + "II", data, at)
    if length < 12 or length % 4 or at + length > len(data):
        raise _LieError(f"a block says that it has {length} bytes, and {len(data) - at} are left")
    if struct.unpack_from(order + "I", data, at + length - 4)[0] != length:
        raise _LieError("a block whose length is another at its end than at its beginning")
    return kind, data[at + 8 : at + length - 4], at + length


def _options(body: bytes, at: int, order: str) -> dict[int, bytes]:
    found = {}
    while at + 4 <= len(body):
        kind, length = struct.unpack_from(order + "HH", body, at)
        if kind == 0:
            break
        found[kind] = body[at + 4 : at + 4 + length]
        at += 4 + length + -length % 4
    return found


def _interface(body: bytes, order: str) -> _Interface:
    if len(body) < 8:
        raise _LieError("an interface description of less than 8 bytes")
    link, _, snaplen = struct.unpack_from(order + "HHI", body)
    options = _options(body, 8, order)
    resolution = (options.get(_RESOLUTION) or b"\x06")[0]
    units_a_second = 2 ** (resolution & 0x7F) if resolution & 0x80 else 10**resolution
    offset = options.get(_OFFSET, b"")
    return _Interface(
        link,
        snaplen,
        options.get(_NAME, b"").rstrip(b"\0").decode("utf-8", "replace"),
        1_000_000_000,
        units_a_second,
        struct.unpack(order + "q", offset)[0] if len(offset) == 8 else 0,
    )


def _record(kind: int, body: bytes, order: str, interfaces: list[_Interface]) -> CapturedFrame:
    if kind == _SIMPLE:
        if len(body) < 4 or not interfaces:
            raise _LieError("a simple packet block without an interface or a length")
        (original,) = struct.unpack_from(order + "I", body)
        kept = min(original, interfaces[0].snaplen or original, len(body) - 4)
        return CapturedFrame(None, body[4 : 4 + kept], original, interfaces[0].link, interfaces[0].name)
    if len(body) < 20:
        raise _LieError("a packet block of less than 20 bytes")
    number, high, low, kept, original = struct.unpack_from(order + ("IIIII" if kind == _ENHANCED else "HxxIIII"), body)
    if number >= len(interfaces):
        raise _LieError(f"a packet of interface {number}, of which there is no description")
    if kept > min(len(body) - 20, LARGEST_FRAME):
        raise _LieError(f"a packet says that it has {kept} bytes, and {len(body) - 20} are here")
    here = interfaces[number]
    time_ns = (high << 32 | low) * here.ns_numerator // here.ns_denominator + here.offset_s * 1_000_000_000
    comment = _options(body, 20 + kept + -kept % 4, order).get(_COMMENT, b"").decode("utf-8", "replace")
    return CapturedFrame(time_ns, body[20 : 20 + kept], max(original, kept), here.link, here.name, comment)
