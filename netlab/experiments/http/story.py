"""What an HTTP exchange tells, as tables: boxes of the heads, chunks, the body, notes, a refusal, times.

Byte ranges are [start, end) in the stream of their direction: byte 0 is the first of the connection.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from netlab.http import boxes, decoding, fields, heads
from netlab.http.client import Hop
from netlab.http.events import ChunkHead, Data, Event, FieldLine, Head, Incomplete, Note, Refused, Trailers, Upgraded
from netlab.http.exchange import Phases, Response
from netlab.http.request import Request
from netlab.report.quantity import Column, Table, Value

_NOTHING = (None, None, None, None, None)
MOST_CHUNKS = 1000
MOST_BOXES = 5000
PREVIEW_BYTES = 4096
DUMP_BYTES = 16 << 10
_NEAR = 40

_COLUMNS: dict[str, tuple[tuple[str, str], ...]] = {
    "exchanges": (
        ("exchange", "1"),
        ("method", ""),
        ("url", ""),
        ("status", "1"),
        ("reason", ""),
        ("framing", ""),
        ("why", ""),
        ("source", ""),
        ("local", ""),
        ("peer", ""),
        ("use", "1"),
        ("connection", ""),
        ("keeps", ""),
        ("keeps why", ""),
        ("sent", "B"),
        ("received", "B"),
        ("body", "B"),
        ("codings", ""),
        ("decoded", "B"),
        ("problem", ""),
    ),
    "boxes": (
        ("exchange", "1"),
        ("message", ""),
        ("line", "1"),
        ("part", ""),
        ("start", "B"),
        ("end", "B"),
        ("text", ""),
    ),
    "chunks": (
        ("exchange", "1"),
        ("chunk", "1"),
        ("start", "B"),
        ("end", "B"),
        ("size", "B"),
        ("extension", ""),
        ("data start", "B"),
        ("data end", "B"),
        ("text", ""),
    ),
    "bodies": (("exchange", "1"), ("message", ""), ("form", ""), ("bytes", "B"), ("start", "B"), ("text", "")),
    "phases": (("exchange", "1"), ("phase", ""), ("began", "s"), ("took", "s"), ("state", "")),
    "notes": (
        ("exchange", "1"),
        ("start", "B"),
        ("end", "B"),
        ("where", ""),
        ("what", ""),
        ("source", ""),
        ("lenient", ""),
    ),
    "refusals": (
        ("exchange", "1"),
        ("kind", ""),
        ("byte", "B"),
        ("where", ""),
        ("what", ""),
        ("source", ""),
        ("from", "B"),
        ("before", ""),
        ("at", ""),
        ("after", ""),
    ),
    "dump": (("exchange", "1"), ("direction", ""), ("offset", "B"), ("hex", ""), ("text", "")),
}


def visible(data: bytes | bytearray | memoryview) -> str:
    r"""Bytes as text that cannot move the cursor: UTF-8 where they are, \r \n \t, and \x… for everything else."""
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


_ESCAPES = {"\r": "\\r", "\n": "\\n", "\t": "\\t"}


def afterwards(head: Head | None, problem: Refused | Incomplete | None) -> tuple[str | None, bool | None, str | None]:
    """What becomes of the connection, in words; whether it can be used again; why.

    A head may promise that it is kept: what came after the head has the last word.
    """
    if head is None:
        return None, None, None
    if isinstance(problem, Incomplete):
        return "not used again", False, "the response is not complete, so nobody knows where the next one would begin"
    if problem is not None and problem.where == "after the response":
        return "not used again", False, f"more came than the response, and nobody asked for it ({problem.source})"
    if problem is not None:
        return "not used again", False, "what came cannot be read, so nobody knows where the next response would begin"
    word = "handed over" if head.framing.kind == "upgrade" else "stays open" if head.keep_alive else "is closed"
    return word, head.keep_alive, head.keep_alive_why


def line_end_text(data: bytes) -> str:
    """CR LF, as in the course."""
    return {b"\r\n": "CR LF", b"\n": "LF", b"\r": "CR"}.get(data, visible(data))


@dataclass(slots=True)
class ExchangeTables:
    """Rows of every table, in the order things happened."""

    rows: dict[str, list[tuple[Value, ...]]] = field(default_factory=lambda: {name: [] for name in _COLUMNS})
    warnings: list[str] = field(default_factory=list)

    def tables(self) -> list[Table]:
        """The tables that have rows, and always the exchanges."""
        return [
            Table(name, tuple(Column(*column) for column in _COLUMNS[name]), tuple(rows))
            for name, rows in self.rows.items()
            if rows or name == "exchanges"
        ]

    def hop(self, number: int, hop: Hop, unasked: Refused | None, *, most_decoded: int, dump: bool = False) -> None:
        """One exchange of the client. `unasked`: what came after its response, though nobody had asked for it."""
        response, request = hop.response, hop.response.request
        self.request(number, request, hop.sent_at)
        raw = bytes(response.raw)
        self.response(number, response.events, raw, response.raw_at)
        names, decoded, problem = self.bodies(number, response, most_decoded)
        head, connection = response.head, hop.connection
        if dump:
            self.dump(number, "sent", request.to_bytes(), hop.sent_at)
            self.dump(number, "received", raw, response.raw_at)
        if response.events_left_out:
            self.warnings.append(f"{response.events_left_out:,} more events of exchange {number} were not kept.")
        said = (
            _NOTHING
            if head is None
            else (head.status, visible(head.reason), head.framing.kind, head.framing.why, head.framing.source)
        )
        keeps = afterwards(head, response.problem or unasked)
        sizes = len(request.to_bytes()), len(raw), response.body_bytes
        self.rows["exchanges"].append(
            (
                number,
                request.method,
                str(hop.url),
                *said,
                _place(connection.local),
                _place(connection.peer),
                hop.use,
                *keeps,
                *sizes,
                ", ".join(names),
                decoded,
                str(response.problem or problem or ""),
            )
        )
        self.phases(number, response.phases, connection.opening if hop.use > 1 else Phases())

    def request(self, number: int, request: Request, base: int) -> None:
        """The boxes of a request, and its body."""
        head = request.head()
        self._boxes(number, "request", head, base, request.boxes(base))
        if request.body:
            self._body(number, "request", "as sent", request.body, len(request.body), base + len(head))

    def response(self, number: int, events: Sequence[Event], raw: bytes, base: int) -> None:
        """Everything that the parser said. `raw` is the stream from byte `base` on, as far as it was kept."""
        interim = chunk = 0
        switched = False
        pending: ChunkHead | None = None
        whole_until = base
        for event in events:
            if isinstance(event, (Head, Trailers)):
                whole_until = event.end
            if isinstance(event, Head):
                interim += event.interim
                switched = event.status == 101
                name = f"interim {interim}" if event.interim else "response"
                places = heads.field_lines(event.raw, event.start)
                self.head(number, name, event.raw, event.start, boxes.STATUS_LINE, places)
            elif isinstance(event, ChunkHead):
                chunk += 1
                pending = event
                if chunk <= MOST_CHUNKS:
                    after = raw[event.end - base : event.end - base + event.size]
                    self.rows["chunks"].append(
                        (
                            number,
                            chunk,
                            event.start,
                            event.end,
                            event.size,
                            visible(event.extension),
                            event.end,
                            event.end,
                            visible(after[:200]),
                        )
                    )
            elif isinstance(event, Data) and pending is not None and chunk <= MOST_CHUNKS:
                row = self.rows["chunks"][-1]
                self.rows["chunks"][-1] = (*row[:7], event.end, row[8])
            elif isinstance(event, Trailers):
                self.head(number, "trailers", event.raw, event.start, (), _trailer_places(event))
            elif isinstance(event, Note):
                self.rows["notes"].append(
                    (number, event.start, event.end, event.where, event.what, event.source, event.lenient)
                )
            elif isinstance(event, (Refused, Incomplete)):
                self._what_came(number, event, raw[whole_until - base :], whole_until)
                self.refusal(number, event, raw, base)
            elif isinstance(event, Upgraded):
                rest = raw[event.end - base :]
                form = "after the upgrade" if switched else "through the tunnel"
                self._body(number, "response", form, rest, len(rest), event.end)
        if chunk > MOST_CHUNKS:
            self.warnings.append(f"{chunk - MOST_CHUNKS:,} more chunks are not listed.")

    def _what_came(self, number: int, event: Refused | Incomplete, raw: bytes, base: int) -> None:
        """The lines of a head before the one that is wrong, or that did not end."""
        if not event.where.startswith("field line"):
            return
        at = (event.start if isinstance(event, Refused) else event.end) - base
        raw = raw[: raw.rfind(b"\n", 0, max(at, 0)) + 1]
        if b"\n" not in raw:
            return
        section = fields.read(raw, raw.index(b"\n") + 1, base, len(raw), lenient=True, first="the status line")
        self.head(number, "response, in part", raw, base, boxes.STATUS_LINE, section.places)

    def head(
        self, number: int, message: str, raw: bytes, base: int, parts: Sequence[str], places: Sequence[FieldLine]
    ) -> None:
        """The boxes of a head or a trailer section."""
        self._boxes(number, message, raw, base, boxes.of_head(raw, base, parts, places))

    def bodies(self, number: int, response: Response, most: int) -> tuple[list[str], int | None, str]:
        """The body as sent and, where it has codings, decoded: their names, its size then, what went wrong."""
        if response.head is None or not response.body_bytes:
            return [], None, ""
        first = next((event.start for event in response.events if isinstance(event, Data)), response.head.end)
        self._body(number, "response", "as sent", response.body, response.body_bytes, first)
        names = decoding.codings(response.head.values("Content-Encoding"))
        if not names or response.problem is not None:
            return names, None, ""
        try:
            text = decoding.decoded(bytes(response.body), names, most)
        except decoding.DecodingError as error:
            return names, None, f"Content-Encoding {', '.join(names)}: {error} (RFC 9110 §8.4)"
        self._body(number, "response", "decoded", text, len(text), None)
        return names, len(text), ""

    def refusal(self, number: int, event: Refused | Incomplete, raw: bytes, base: int) -> None:
        """What is wrong, with the bytes around it."""
        at = (event.start if isinstance(event, Refused) else event.end) - base
        low = max(raw.rfind(b"\n", 0, max(at, 0)) + 1, at - _NEAR, 0)
        high = raw.find(b"\n", at)
        high = min(high + 1 if high >= 0 else len(raw), at + _NEAR)
        kind = "refused" if isinstance(event, Refused) else "incomplete"
        self.rows["refusals"].append(
            (
                number,
                kind,
                at + base,
                event.where,
                event.what,
                event.source,
                low + base,
                visible(raw[low:at]),
                visible(raw[at : at + 1]),
                visible(raw[at + 1 : high]),
            )
        )

    def dump(self, number: int, direction: str, data: bytes, base: int) -> None:
        """Sixteen bytes a row, hex and text."""
        for at in range(0, min(len(data), DUMP_BYTES), 16):
            row = data[at : at + 16]
            text = "".join(chr(byte) if 0x20 <= byte < 0x7F else "." for byte in row)
            self.rows["dump"].append((number, direction, base + at, row.hex(" "), text))
        if len(data) > DUMP_BYTES:
            self.warnings.append(f"{len(data) - DUMP_BYTES:,} more bytes {direction} are not in the dump.")

    def phases(self, number: int, phases: Phases, before: Phases) -> None:
        """Each phase: when it began (from the first of them), how long it took; or why it did not happen.

        `before` is what happened when the connection was opened for another exchange.
        """
        named = (
            ("resolve", phases.resolve),
            ("connect", phases.connect),
            ("TLS", phases.tls),
            ("request sent", phases.send),
            ("first byte", phases.wait),
            ("last byte", phases.receive),
        )
        start = min((phase[0] for _, phase in named if phase), default=0)
        for name, phase in named:
            if phase is None:
                opened = {"resolve": before.resolve, "connect": before.connect, "TLS": before.tls}
                state = "reused" if opened.get(name) else "–"
                self.rows["phases"].append((number, name, None, None, state))
            else:
                began, took = (phase[0] - start) / 1e9, (phase[1] - phase[0]) / 1e9
                state = "measured" if took or name != "last byte" else "with the first"
                self.rows["phases"].append((number, name, began, took, state))

    def _boxes(self, number: int, message: str, raw: bytes, base: int, found: Iterable[boxes.ByteRange]) -> None:
        rows = self.rows["boxes"]
        for box in found:
            if len(rows) >= MOST_BOXES:
                self.warnings.append("More fields than are listed here.")
                return
            text = raw[box.start - base : box.end - base]
            shown = line_end_text(text) if box.part == "line end" else visible(text)
            rows.append((number, message, box.line, box.part, box.start, box.end, shown))

    def _body(
        self, number: int, message: str, form: str, data: bytes | bytearray, size: int, start: int | None
    ) -> None:
        self.rows["bodies"].append((number, message, form, size, start, _preview(data)))


def _preview(data: bytes | bytearray) -> str:
    """The beginning of a body, line by line where it is text."""
    part = bytes(data[:PREVIEW_BYTES])
    if part.count(0) or sum(byte < 9 or 13 < byte < 32 for byte in part) > len(part) // 16:
        return f"{part[:32].hex(' ')}{' …' if len(data) > 32 else ''}"
    return "\n".join(visible(line) for line in part.replace(b"\r\n", b"\n").split(b"\n"))


def _trailer_places(event: Trailers) -> Sequence[FieldLine]:
    return fields.read(event.raw, 0, event.start, len(event.raw), lenient=True, first="the last chunk").places


def _place(where: tuple[str, int]) -> str:
    return f"[{where[0]}]:{where[1]}" if ":" in where[0] else f"{where[0]}:{where[1]}"
