"""An HTTP exchange as rows: boxes of the heads, chunks, the body, notes, a refusal, times. get_view.py draws them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from netlab.experiments.http.get_rows import (
    BodyRow,
    BoxRow,
    ChunkRow,
    DumpRow,
    ExchangeRow,
    NoteRow,
    PhaseRow,
    RefusalRow,
)
from netlab.experiments.http.visible import line_end_text, preview, visible
from netlab.http import decoding, fields, heads
from netlab.http.boxes import STATUS_LINE, ByteRange, of_head
from netlab.http.client import Hop
from netlab.http.events import ChunkHead, Data, Event, FieldLine, Head, Incomplete, Note, Refused, Trailers, Upgraded
from netlab.http.exchange import Phases, Response
from netlab.http.request import Request
from netlab.report.phrase import say
from netlab.report.quantity import Table
from netlab.report.rows import table_of

MOST_CHUNKS = 1000
MOST_BOXES = 5000
DUMP_BYTES = 16 << 10
_NEAR = 40


def afterwards(head: Head | None, problem: Refused | Incomplete | None) -> tuple[str | None, bool | None, str | None]:
    """What becomes of the connection, in words; whether it can be used again; why.

    A head may promise that it is kept: what came after the head has the last word.
    """
    if head is None:
        return None, None, None
    if problem is not None:
        if isinstance(problem, Incomplete):
            why = "the response is not complete, so nobody knows where the next one would begin"
        elif problem.where == "after the response":
            why = f"more came than the response, and nobody asked for it ({problem.source})"
        else:
            why = "what came cannot be read, so nobody knows where the next response would begin"
        return "not used again", False, why
    word = "handed over" if head.framing.kind == "upgrade" else "stays open" if head.keep_alive else "is closed"
    return word, head.keep_alive, head.keep_alive_why


@dataclass(slots=True)
class ExchangeTables:
    """Rows of every table, in the order things happened."""

    exchanges: list[ExchangeRow] = field(default_factory=list)
    boxes: list[BoxRow] = field(default_factory=list)
    chunks: list[ChunkRow] = field(default_factory=list)
    bodies: list[BodyRow] = field(default_factory=list)
    phases: list[PhaseRow] = field(default_factory=list)
    notes: list[NoteRow] = field(default_factory=list)
    refusals: list[RefusalRow] = field(default_factory=list)
    dump: list[DumpRow] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)

    def tables(self) -> list[Table]:
        """The exchanges, and the other tables that have rows."""
        others = (
            table_of(BoxRow, self.boxes),
            table_of(ChunkRow, self.chunks),
            table_of(BodyRow, self.bodies),
            table_of(PhaseRow, self.phases),
            table_of(NoteRow, self.notes),
            table_of(RefusalRow, self.refusals),
            table_of(DumpRow, self.dump),
        )
        return [table_of(ExchangeRow, self.exchanges), *(each for each in others if each.rows)]

    def add_hop(self, number: int, hop: Hop, unasked: Refused | None, most_decoded: int, dump: bool) -> None:
        """One exchange of the client. `unasked`: what came after its response, though nobody had asked for it."""
        response, request, raw = hop.response, hop.response.request, bytes(hop.response.raw)
        self.add_request(number, request, hop.sent_at)
        self.add_response(number, response.events, raw, response.raw_at)
        self.add_exchange(number, response, len(raw), unasked, most_decoded, hop)
        if dump:
            self.add_dump(number, "sent", request.to_bytes(), hop.sent_at)
            self.add_dump(number, "received", raw, response.raw_at)
        if response.events_left_out:
            text = "{events:,} more events of exchange {number} were not kept."
            self.warnings.append(say(text, events=response.events_left_out, number=number))
        self._add_phases(number, response.phases, hop.connection.opening if hop.use > 1 else Phases())

    def add_exchange(
        self,
        number: int,
        response: Response,
        received: int,
        unasked: Refused | None,
        most_decoded: int,
        hop: Hop | None = None,
    ) -> None:
        """Its row, and its body. `received`: bytes of the response. `hop` None: the response is all there is."""
        names, decoded, problem = self._add_body(number, response, most_decoded)
        head = response.head
        framing = head.framing if head else None
        connection, keeps, keeps_why = afterwards(head, response.problem or unasked)
        self.exchanges.append(
            ExchangeRow(
                exchange=number,
                method=response.request.method,
                url=str(hop.url) if hop else None,
                status=head.status if head else None,
                reason=visible(head.reason) if head else None,
                framing=framing.kind if framing else None,
                why=framing.why if framing else None,
                source=framing.source if framing else None,
                local=_place(hop.connection.local) if hop else None,
                peer=_place(hop.connection.peer) if hop else None,
                use=hop.use if hop else None,
                connection=connection,
                keeps=keeps,
                keeps_why=keeps_why,
                sent=len(response.request.to_bytes()) if hop else None,
                received=received,
                body=response.body_bytes,
                codings=", ".join(names),
                decoded=decoded,
                problem=str(response.problem or problem or ""),
            )
        )

    def add_request(self, number: int, request: Request, base: int) -> None:
        head = request.head()
        self._add_boxes(number, "request", head, base, request.boxes(base))
        if request.body:
            start, text = base + len(head), preview(request.body)
            self.bodies.append(BodyRow(number, "request", "as sent", len(request.body), start, text))

    def add_response(self, number: int, events: Sequence[Event], raw: bytes, base: int) -> None:
        """Everything that the parser said. `raw` is the stream from byte `base` on, as far as it was kept."""
        interim = chunk = 0
        switched = False
        whole_until = base
        for event in events:
            if isinstance(event, Head):
                whole_until = event.end
                interim += event.interim
                switched = event.status == 101
                name = f"interim {interim}" if event.interim else "response"
                self._add_head(number, name, event.raw, event.start, heads.field_lines(event.raw, event.start))
            elif isinstance(event, ChunkHead):
                chunk += 1
                if chunk <= MOST_CHUNKS:
                    self._add_chunk(number, chunk, event, raw[event.end - base : event.end - base + event.size])
            elif isinstance(event, Data) and 0 < chunk <= MOST_CHUNKS:
                self.chunks[-1] = replace(self.chunks[-1], data_end=event.end)
            elif isinstance(event, Trailers):
                whole_until = event.end
                section = fields.read(event.raw, 0, event.start, len(event.raw), lenient=True, first="the last chunk")
                found = of_head(event.raw, event.start, (), section.places)
                self._add_boxes(number, "trailers", event.raw, event.start, found)
            elif isinstance(event, Note):
                self.add_note(number, event)
            elif isinstance(event, (Refused, Incomplete)):
                self._add_what_came(number, event, raw[whole_until - base :], whole_until)
                self.add_refusal(number, event, raw, base)
            elif isinstance(event, Upgraded):
                rest = raw[event.end - base :]
                form = "after the upgrade" if switched else "through the tunnel"
                self.bodies.append(BodyRow(number, "response", form, len(rest), event.end, preview(rest)))
        if chunk > MOST_CHUNKS:
            self.warnings.append(say("{chunks:,} more chunks are not listed.", chunks=chunk - MOST_CHUNKS))

    def add_note(self, number: int, note: Note) -> None:
        self.notes.append(NoteRow(number, note.start, note.end, note.where, note.what, note.source, note.lenient))

    def add_refusal(self, number: int, event: Refused | Incomplete, raw: bytes, base: int) -> None:
        """What is wrong, with the bytes around it."""
        at = (event.start if isinstance(event, Refused) else event.end) - base
        low = max(raw.rfind(b"\n", 0, max(at, 0)) + 1, at - _NEAR, 0)
        high = raw.find(b"\n", at)
        high = min(high + 1 if high >= 0 else len(raw), at + _NEAR)
        kind = "refused" if isinstance(event, Refused) else "incomplete"
        around = visible(raw[low:at]), visible(raw[at : at + 1]), visible(raw[at + 1 : high])
        said = event.where, event.what, event.source
        self.refusals.append(RefusalRow(number, kind, at + base, *said, low + base, *around))

    def add_dump(self, number: int, direction: str, data: bytes, base: int) -> None:
        """Sixteen bytes a row, hex and text."""
        for at in range(0, min(len(data), DUMP_BYTES), 16):
            row = data[at : at + 16]
            text = "".join(chr(byte) if 0x20 <= byte < 0x7F else "." for byte in row)
            self.dump.append(DumpRow(number, direction, base + at, row.hex(" "), text))
        if len(data) > DUMP_BYTES:
            text = "{more:,} more bytes {direction} are not in the dump."
            self.warnings.append(say(text, more=len(data) - DUMP_BYTES, direction=direction))

    def _add_what_came(self, number: int, event: Refused | Incomplete, raw: bytes, base: int) -> None:
        """The lines of a head before the one that is wrong, or that did not end."""
        if not event.where.startswith("field line"):
            return
        at = (event.start if isinstance(event, Refused) else event.end) - base
        raw = raw[: raw.rfind(b"\n", 0, max(at, 0)) + 1]
        if b"\n" not in raw:
            return
        section = fields.read(raw, raw.index(b"\n") + 1, base, len(raw), lenient=True, first="the status line")
        self._add_head(number, "response, in part", raw, base, section.places)

    def _add_body(self, number: int, response: Response, most: int) -> tuple[list[str], int | None, str]:
        """The body as sent and, where it has codings, decoded: their names, its size then, what went wrong."""
        if response.head is None or not response.body_bytes:
            return [], None, ""
        first = next((event.start for event in response.events if isinstance(event, Data)), response.head.end)
        text = preview(response.body)
        self.bodies.append(BodyRow(number, "response", "as sent", response.body_bytes, first, text))
        names = decoding.codings(response.head.values("Content-Encoding"))
        if not names or response.problem is not None:
            return names, None, ""
        try:
            decoded = decoding.decoded(bytes(response.body), names, most)
        except decoding.DecodingError as error:
            return names, None, f"Content-Encoding {', '.join(names)}: {error} (RFC 9110 §8.4)"
        self.bodies.append(BodyRow(number, "response", "decoded", len(decoded), None, preview(decoded)))
        return names, len(decoded), ""

    def _add_phases(self, number: int, phases: Phases, before: Phases) -> None:
        """Each phase: when it began (from the first of them), how long it took; or why it did not happen.

        `before` is what happened when the connection was opened for another exchange.
        """
        opened = {"resolve": before.resolve, "connect": before.connect, "TLS": before.tls}
        named = {
            "resolve": phases.resolve,
            "connect": phases.connect,
            "TLS": phases.tls,
            "request sent": phases.send,
            "first byte": phases.wait,
            "last byte": phases.receive,
        }
        start = min((phase[0] for phase in named.values() if phase), default=0)
        for name, phase in named.items():
            if phase is None:
                self.phases.append(PhaseRow(number, name, None, None, "reused" if opened.get(name) else "–"))
            else:
                began, took = (phase[0] - start) / 1e9, (phase[1] - phase[0]) / 1e9
                state = "measured" if took or name != "last byte" else "with the first"
                self.phases.append(PhaseRow(number, name, began, took, state))

    def _add_chunk(self, number: int, chunk: int, head: ChunkHead, data: bytes) -> None:
        extension, text = visible(head.extension), visible(data[:200])
        span = head.start, head.end, head.size
        self.chunks.append(ChunkRow(number, chunk, *span, extension, head.end, head.end, text))

    def _add_head(self, number: int, message: str, raw: bytes, base: int, places: Sequence[FieldLine]) -> None:
        self._add_boxes(number, message, raw, base, of_head(raw, base, STATUS_LINE, places))

    def _add_boxes(self, number: int, message: str, raw: bytes, base: int, found: Iterable[ByteRange]) -> None:
        for box in found:
            if len(self.boxes) >= MOST_BOXES:
                self.warnings.append("More fields than are listed here.")
                return
            text = raw[box.start - base : box.end - base]
            shown = line_end_text(text) if box.part == "line end" else visible(text)
            self.boxes.append(BoxRow(number, message, box.line, box.part, box.start, box.end, shown))


def _place(where: tuple[str, int]) -> str:
    return f"[{where[0]}]:{where[1]}" if ":" in where[0] else f"{where[0]}:{where[1]}"
