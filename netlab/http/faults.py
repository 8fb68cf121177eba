"""How readers of lines say that a byte is wrong. ResponseParser turns it into an event; it never leaves the package."""

from __future__ import annotations


class Fault(Exception):
    """Bytes [at, end) of the stream are wrong: where in the message, what, and what says so."""

    def __init__(self, at: int, end: int, where: str, what: str, source: str) -> None:
        super().__init__(what)
        self.at, self.end, self.where, self.what, self.source = at, end, where, what, source


def named(byte: int) -> str:
    """A byte as one can read it: 'A', "NUL (0x00)", "0xE4"."""
    if byte in _CONTROLS:
        return f"{_CONTROLS[byte]} (0x{byte:02X})"
    return f"'{chr(byte)}'" if 0x20 < byte < 0x7F else f"0x{byte:02X}"


_CONTROLS = {0: "NUL", 9: "HTAB", 10: "LF", 13: "CR", 32: "SP", 27: "ESC", 127: "DEL"}
