"""Hex digits as people have them, to bytes: "45 00 00 34", "4500:0034", "0x45, 0x00", and the dumps of tcpdump -x,
xxd, hexdump -C and Wireshark, with their offsets before and their characters behind.
"""

from __future__ import annotations

import re

_OFFSET = re.compile(r"^\s*(?:0x)?([0-9a-fA-F]{4,8})(?::\s*|\s{2,})(?=\S)")
_HEX = re.compile(r"(?:[0-9a-fA-F]{2})+")
_BYTES_A_LINE = 16


def parse(text: str) -> bytes:
    """The bytes. ValueError says where it is no hex."""
    lines = [line for line in text.splitlines() if line.strip()]
    if lines and all(_OFFSET.match(line) for line in lines) and _counts(lines):
        return b"".join(_dumped(line) for line in lines)
    bare = re.sub(r"0x|\\x", "", text, flags=re.IGNORECASE)
    digits = re.sub(r"[\s:,.\-]", "", bare)
    wrong = re.search(r"[^0-9a-fA-F]", digits)
    if wrong:
        raise ValueError(f"'{wrong[0]}' is no hex digit")
    if len(digits) % 2:
        raise ValueError(f"{len(digits)} hex digits are half a byte too many")
    return bytes.fromhex(digits)


def _counts(lines: list[str]) -> bool:
    """The first number of every line counts the bytes before it, in hex: so it is an offset, and no data."""
    at = 0
    for line in lines:
        match = _OFFSET.match(line)
        if match is None or int(match[1], 16) != at:
            return False
        at += len(_dumped(line))
    return True


def _dumped(line: str) -> bytes:
    """The bytes of a line of a dump: hex up to what is none, or up to as many as a line has."""
    data = b""
    for word in _OFFSET.sub("", line).split():
        if not _HEX.fullmatch(word) or len(data) + len(word) // 2 > _BYTES_A_LINE:
            break
        data += bytes.fromhex(word)
    return data


def link_of(frame: bytes) -> int:
    """Which link type bytes from nowhere probably have: 1 (Ethernet), or 101 (IP without a link header)."""
    version = frame[0] >> 4 if frame else 0
    if version == 4 and len(frame) >= 4 and int.from_bytes(frame[2:4], "big") == len(frame):
        return 101
    if version == 6 and len(frame) >= 6 and int.from_bytes(frame[4:6], "big") + 40 == len(frame):
        return 101
    if frame[12:14] in (b"\x08\x00", b"\x08\x06", b"\x86\xdd", b"\x81\x00", b"\x88\xa8"):
        return 1
    if (version == 4 and frame[0] & 15 >= 5) or version == 6:
        return 101
    return 1
