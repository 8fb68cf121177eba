"""`/wire/…`: any bytes as a response. Named cases, hostile ones, the user's own as hexadecimal or from a file.

/wire/                      the list
/wire/obs-fold              a named case (wire_cases.py, hostile.py)
/wire/hex/485454502f312e31  these bytes
/wire/file/my-response      a file of --wire-dir
…?piece=1&gap=0.01          cut in pieces of so many bytes, so many seconds apart
…?end=reset                 and what then becomes of the connection (message.ENDS)
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from netlab.http_origin import hostile, wire_cases
from netlab.http_origin.endpoints import PLAIN, BadPath, seconds, tagged
from netlab.http_origin.files import opened
from netlab.http_origin.message import CLOSE, ENDS, OriginAnswer, Piece, ReceivedRequest, Replay

PREFIX = "/wire/"
MOST_FILE_BYTES = 64 << 20


def replay(request: ReceivedRequest, rest: str, folder: str | None) -> OriginAnswer | Replay:
    """What is at /wire/`rest`. Raises BadPath."""
    if not rest:
        return tagged(request, catalogue().encode(), PLAIN)
    kind, _, name = rest.partition("/")
    end = request.query.get("end")
    if end is not None and end not in ENDS:
        raise BadPath(f"end is one of {', '.join(ENDS)}, not {end[:20]!r}")
    if kind == "hex" and name:
        try:
            data = bytes.fromhex(name)
        except ValueError:
            raise BadPath("/wire/hex/ is followed by pairs of hexadecimal digits") from None
        return Replay(_cut(request, data), end or CLOSE)
    if kind == "file" and name:
        return Replay(_cut(request, _read(folder, name)), end or CLOSE)
    if rest in wire_cases.BY_NAME:
        case = wire_cases.BY_NAME[rest]
        return Replay(_cut(request, case.data), end or case.end)
    if rest in hostile.BY_NAME:
        return Replay(hostile.BY_NAME[rest].pieces, end or hostile.BY_NAME[rest].end)
    raise BadPath(f"there is no case {rest[:40]!r}; /wire/ lists them")


def catalogue() -> str:
    """The named cases, as text."""
    lines = ["responses that are broken on purpose, or correct and seldom seen\n"]
    lines += [f"/wire/{case.name:<22} {case.what}  ({case.source})" for case in wire_cases.CASES]
    lines += ["\na peer that means harm\n"]
    lines += [f"/wire/{attack.name:<22} {attack.what}" for attack in hostile.ATTACKS]
    lines += ["\nyour own: /wire/hex/48656c6c6f, and with --wire-dir DIR /wire/file/NAME"]
    lines += ["?piece=1&gap=0.01 cuts it in pieces with pauses; ?end= is one of"]
    lines += [f"  {name:<6} {what}" for name, what in ENDS.items()]
    return "\n".join(lines) + "\n"


def _cut(request: ReceivedRequest, data: bytes) -> Callable[[], Iterator[Piece]]:
    """The bytes in the pieces that the query asks for."""
    gap = seconds(request, "gap", 0.0)
    size = request.query.get("piece", "")
    if size and (not size.isascii() or not size.isdigit() or not 0 < int(size[:9]) <= 1 << 20):
        raise BadPath("piece is a number of bytes, 1 to 1048576")
    step = int(size[:9]) if size else max(len(data), 1)

    def pieces() -> Iterator[Piece]:
        for start in range(0, len(data), step):
            if start and gap:
                yield gap
            yield data[start : start + step]

    return pieces


def _read(folder: str | None, name: str) -> bytes:
    """The bytes of a file of the folder."""
    fd = opened(folder, name) if folder is not None and "\0" not in name and ".." not in name.split("/") else None
    if fd is None:
        raise BadPath("no such file in --wire-dir" if folder else "this origin was started without --wire-dir")
    try:
        with open(fd, "rb") as file:
            return file.read(MOST_FILE_BYTES)
    except IsADirectoryError:
        raise BadPath("that is a folder") from None
