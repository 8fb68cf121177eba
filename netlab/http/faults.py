"""How readers of lines say that a byte is wrong. ResponseParser turns it into an event; it never leaves the package."""

from __future__ import annotations

from netlab.http.events import Note


class Fault(Exception):
    """Bytes [at, end) of the stream are wrong: where in the message, what, and what says so."""

    def __init__(self, at: int, end: int, where: str, what: str, source: str) -> None:
        super().__init__(what)
        self.at, self.end, self.where, self.what, self.source = at, end, where, what, source


class ExaminedBytes:
    """Bytes under a closer look: `raw` begins at byte `base` of the stream. `lenient` notes more than it refuses."""

    def __init__(self, raw: bytes, base: int, lenient: bool) -> None:
        self.raw, self.base, self.lenient = raw, base, lenient
        self.notes: list[Note] = []

    def fault(self, at: int, end: int, where: str, what: str, source: str) -> Fault:
        """Return the fault of raw[at:end]."""
        return Fault(self.base + at, self.base + end, where, what, source)

    def note(self, at: int, end: int, where: str, what: str, source: str, *, lenient: bool = False) -> None:
        """Note that raw[at:end] is not as it should be, and was let pass."""
        self.notes.append(Note(self.base + at, self.base + end, where, what, source, lenient))

    def refuse(self, at: int, end: int, where: str, what: str, source: str) -> None:
        """Raise the fault of raw[at:end], or only note it."""
        if not self.lenient:
            raise self.fault(at, end, where, what, source)
        self.note(at, end, where, what, source, lenient=True)


def named(byte: int) -> str:
    """A byte as one can read it: 'A', "NUL (0x00)", "0xE4"."""
    if byte in _CONTROLS:
        return f"{_CONTROLS[byte]} (0x{byte:02X})"
    return f"'{chr(byte)}'" if 0x20 < byte < 0x7F else f"0x{byte:02X}"


_CONTROLS = {0: "NUL", 9: "HTAB", 10: "LF", 13: "CR", 32: "SP", 27: "ESC", 127: "DEL"}
