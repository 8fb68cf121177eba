r"""Bytes of a peer as text that cannot move the cursor: UTF-8 where they are, \r \n \t, and \x… for everything else."""

from __future__ import annotations

_ESCAPES = {"\r": "\\r", "\n": "\\n", "\t": "\\t"}
_LINE_ENDS = {b"\r\n": "CR LF", b"\n": "LF", b"\r": "CR"}  # as in the course
PREVIEW_BYTES = 4096


def visible(data: bytes | bytearray | memoryview) -> str:
    text = bytes(data).decode("utf-8", "surrogateescape")
    return "".join(map(_visible, text))


def _visible(character: str) -> str:
    if character in _ESCAPES:
        return _ESCAPES[character]
    if character.isprintable():
        return character
    code = ord(character)
    if 0xDC80 <= code <= 0xDCFF:
        return f"\\x{code - 0xDC00:02x}"
    return "".join(f"\\x{byte:02x}" for byte in character.encode("utf-8", "surrogatepass"))


def line_end_text(data: bytes) -> str:
    return _LINE_ENDS.get(data) or visible(data)


def preview(data: bytes | bytearray) -> str:
    """The beginning of a body, line by line where it is text."""
    part = bytes(data[:PREVIEW_BYTES])
    if part.count(0) or sum(byte < 9 or 13 < byte < 32 for byte in part) > len(part) // 16:
        return f"{part[:32].hex(' ')}{' …' if len(data) > 32 else ''}"
    return "\n".join(visible(line) for line in part.replace(b"\r\n", b"\n").split(b"\n"))
