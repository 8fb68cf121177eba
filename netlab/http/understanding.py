"""What a head means: how its body is framed, whether the connection outlives it (RFC 9112 §6.3, §9.3)."""

from __future__ import annotations

from netlab.http import heads
from netlab.http.events import FieldLine, Head, Note
from netlab.http.faults import Fault
from netlab.http.framing import Framing, FramingFault, framing

_LENGTHS = (len(b"connection"), len(b"content-length"), len(b"transfer-encoding"))


def understood(start: int, raw: bytes, read: heads.Read, method: str) -> tuple[Head, list[Note]]:
    """The head that begins at byte `start`, in answer to `method`, and what is odd about its framing. Raises Fault."""
    version, status, reason, pairs, _ = read
    lengths: list[bytes] = []
    codings: list[bytes] = []
    options: list[bytes] = []
    for name, value in pairs:
        if len(name) in _LENGTHS:  # most names are not worth a copy in lower case
            lower = name.lower()
            if lower == b"content-length":
                lengths.append(value)
            elif lower == b"transfer-encoding":
                codings.append(value)
            elif lower == b"connection":
                options.append(value)
    try:
        framed = framing(method, status, version, lengths, codings)
    except FramingFault as fault:
        raise _placed(fault, raw, start) from None
    keep_alive, why = _keeps_alive(version, status, options, framed)
    head = Head(start, start + len(raw), raw, version, status, reason, pairs, framed, keep_alive, why)
    notes = []
    for about, what, source in framed.notes:
        lines = heads.field_lines(raw, start)
        span = next((line.line for line in lines if _named(raw, start, line, about)), (start, head.end))
        notes.append(Note(*span, about, what, source))
    return head, notes


def _keeps_alive(version: tuple[int, int], status: int, options: list[bytes], framed: Framing) -> tuple[bool, str]:
    """Whether the connection outlives this response, and why (RFC 9112 §9.3)."""
    said = {word.strip(b" \t").lower() for value in options for word in value.split(b",")} if options else ()
    if framed.kind == "close":
        return False, "the body ends with the connection"
    if framed.kind == "upgrade":
        return False, "another protocol is spoken on it now" if status == 101 else "it is a tunnel now"
    if not framed.persists:
        return False, "its framing is doubtful"
    if b"close" in said:
        return False, "Connection: close"
    if version >= (1, 1):
        return True, "HTTP/1.1 keeps connections open"
    if b"keep-alive" in said:
        return True, "HTTP/1.0 with Connection: keep-alive"
    return False, "HTTP/1.0 closes after each response"


def _placed(fault: FramingFault, raw: bytes, start: int) -> Fault:
    """The fault at its place in the stream. A byte of a folded value is only known by its field."""
    seen = -1
    for number, line in enumerate(heads.field_lines(raw, start), 1):
        if _named(raw, start, line, fault.name):
            seen += 1
            if seen == fault.index:
                at = min(line.value[0] + fault.at, max(line.value[1], line.value[0]))
                return Fault(at, max(line.value[1], at + 1), f"field line {number}", fault.what, fault.source)
    raise AssertionError("a fault in a field that is not there")


def _named(raw: bytes, start: int, line: FieldLine, name: str) -> bool:
    """Whether this line of the head `raw`, which begins at byte `start` of the stream, is a field of that name."""
    return raw[line.name[0] - start : line.name[1] - start].lower() == name.lower().encode("ascii")
