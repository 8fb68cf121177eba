"""An exchange as one reads it: the request's boxes, the response's, how its body is framed and why, chunk by chunk;
what is wrong, with a caret under the byte; when each phase was."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from rich.cells import cell_len
from rich.text import Text

from netlab.experiments.http import boxes_view
from netlab.experiments.http.boxes_view import byte_range
from netlab.experiments.http.get_rows import (
    BodyRow,
    BoxRow,
    CertificateRow,
    ChunkRow,
    DumpRow,
    ExchangeRow,
    NoteRow,
    PhaseRow,
    RefusalRow,
)
from netlab.report.chart import bar
from netlab.report.glyphs import printable
from netlab.report.quantity import Measurement
from netlab.report.rows import rows_of
from netlab.report.units import human
from netlab.report.wrap import wrapped

_MOST_CHUNKS = 12
_MOST_LINES = 12
_INDENT = "  "
_FRAMINGS = {"none": "none", "length": "by length", "chunked": "chunked", "close": "until the end of the connection"}


@dataclass(frozen=True, slots=True)
class _ExchangeParts:
    """What is shown of an exchange."""

    boxes: list[BoxRow]
    chunks: list[ChunkRow]
    bodies: list[BodyRow]
    notes: list[NoteRow]
    refusals: list[RefusalRow]
    phases: list[PhaseRow]
    dump: list[DumpRow]

    def of(self, number: int) -> _ExchangeParts:
        return _ExchangeParts(
            [each for each in self.boxes if each.exchange == number],
            [each for each in self.chunks if each.exchange == number],
            [each for each in self.bodies if each.exchange == number],
            [each for each in self.notes if each.exchange == number],
            [each for each in self.refusals if each.exchange == number],
            [each for each in self.phases if each.exchange == number],
            [each for each in self.dump if each.exchange == number],
        )


def sections(found: Measurement, width: int) -> Iterator[Iterator[Text]]:
    exchanges = rows_of(ExchangeRow, found)
    parts = _ExchangeParts(
        rows_of(BoxRow, found),
        rows_of(ChunkRow, found),
        rows_of(BodyRow, found),
        rows_of(NoteRow, found),
        rows_of(RefusalRow, found),
        rows_of(PhaseRow, found),
        rows_of(DumpRow, found),
    )
    yield _origin(found, width)
    for exchange in exchanges:
        mine = parts.of(exchange.exchange)
        if exchange.url is not None:
            yield _request(exchange, mine, len(exchanges), width)
        yield from _response(exchange, mine, width)
        if mine.dump:
            yield _dump(mine.dump, width)
    yield _tls(found, width)
    if found.shows("timing"):
        yield from (_waterfall(parts.of(each.exchange).phases, width) for each in exchanges)
    if exchanges:
        yield _summary(exchanges[-1], width)


def _origin(found: Measurement, width: int) -> Iterator[Text]:
    for fact in found.facts:
        if fact.name == "built-in origin":
            text = f"From the built-in origin, {fact.value} (netlab http serve keeps one up)"
            yield from wrapped(text, width, style="dim")


def _request(exchange: ExchangeRow, mine: _ExchangeParts, count: int, width: int) -> Iterator[Text]:
    title = f"→ Request {exchange.exchange}" if count > 1 else "→ Request"
    yield Text.assemble((title, "bold cyan"), (f"  {exchange.method} {exchange.url}"[: width - 12], "bold"))
    use = exchange.use or 1
    over = "a new connection" if use == 1 else f"the same connection again, its request number {use}"
    yield from wrapped(f"over {over}: {exchange.local} → {exchange.peer}", width, first=_INDENT, style="dim")
    yield from boxes_view.lines([each for each in mine.boxes if each.message == "request"], width)
    for body in mine.bodies:
        if body.message == "request":
            yield from _body(body, width)


def _response(exchange: ExchangeRow, mine: _ExchangeParts, width: int) -> Iterator[Iterator[Text]]:
    for message, boxes in groupby(mine.boxes, _message_of):
        if message not in ("request", "trailers"):
            yield _head(message, list(boxes), width)
    if exchange.framing:
        yield _framing(exchange, exchange.framing, mine, width)
    yield notes(mine.notes, width)
    for refusal in mine.refusals:
        yield caret(refusal, width)
    if exchange.problem and not mine.refusals:
        yield wrapped(exchange.problem, width, first="✗ ", style="bold red")


def _message_of(box: BoxRow) -> str:
    return box.message


def _head(message: str, boxes: Sequence[BoxRow], width: int) -> Iterator[Text]:
    said = " ".join(box.text for box in boxes if box.part in ("status", "reason"))
    title = "← Interim response" if message.startswith("interim") else f"← {message.capitalize()}"
    line = Text.assemble((title, "bold cyan"), f"  {said}")
    line.truncate(width, overflow="ellipsis")
    yield line
    yield from boxes_view.lines(boxes, width)


def _framing(exchange: ExchangeRow, framing: str, mine: _ExchangeParts, width: int) -> Iterator[Text]:
    upgraded = "no longer HTTP" if exchange.status == 101 else "a tunnel"
    yield Text.assemble(("  Body: ", "bold"), (_FRAMINGS.get(framing, upgraded), "bold green"))
    yield from wrapped(f"{exchange.why} ({exchange.source})", width, first="    why: ", style="dim")
    yield from _chunks(mine.chunks, width)
    trailers = [each for each in mine.boxes if each.message == "trailers"]
    if any(each.part == "name" for each in trailers):
        yield Text("  Trailers", "bold")
    if trailers:
        yield from boxes_view.lines(trailers, width, "the body ends here")
    for body in mine.bodies:
        if body.message == "response":
            yield from _body(body, width)
    fate = exchange.connection or ("stays open" if exchange.keeps else "is closed")  # an older record
    verb = "" if fate.startswith(("stays", "is")) else "is "
    yield from wrapped(f"the connection {verb}{fate}: {exchange.keeps_why}", width, first=_INDENT, style="dim")


def _chunks(chunks: Sequence[ChunkRow], width: int) -> Iterator[Text]:
    """A row for each: size line and data as boxes."""
    for chunk in chunks[:_MOST_CHUNKS]:
        place = byte_range(chunk.start, chunk.data_end + 2 if chunk.size else chunk.end)
        line = Text.assemble((f"{place:>{boxes_view.RANGE_WIDTH - 2}}  ", "green"))
        line.append("│", "dim").append(f" {chunk.size:x} ", "bold magenta").append(chunk.extension, "yellow")
        line.append("│CR LF│", "dim")
        if chunk.size == 0:
            line.append(" the last chunk", "dim italic")
        else:
            after = f"│CR LF│ {chunk.size} B"
            room = width - line.cell_len - cell_len(after) - 2
            text = chunk.text if cell_len(chunk.text) <= room else chunk.text[: max(room - 1, 0)] + "…"
            line.append(f" {text} ").append(after, "dim")
        line.truncate(width, overflow="ellipsis")
        yield line
    if len(chunks) > _MOST_CHUNKS:
        more = f"… and {len(chunks) - _MOST_CHUNKS} more chunks (--json has them)"
        yield Text(f"{'':{boxes_view.RANGE_WIDTH}}{more}"[:width], "dim")


def _body(body: BodyRow, width: int) -> Iterator[Text]:
    title = f"  {body.form}, {human(body.bytes_, 'B')}"
    if body.start is not None and body.form == "as sent" and body.message == "request":
        title += f", bytes {byte_range(body.start, body.start + body.bytes_)}"
    yield Text(title, "bold")
    text = body.text.removesuffix("\n").split("\n")
    for shown in text[:_MOST_LINES]:
        line = Text(f"    {shown}")
        line.truncate(width, overflow="ellipsis")
        yield line
    if len(text) > _MOST_LINES:
        yield Text("    …", "dim")


def notes(found: Sequence[NoteRow], width: int) -> Iterator[Text]:
    """What was let pass."""
    for note in found:
        because = ", let pass by --lenient" if note.lenient else ""
        text = f"byte {note.start}, {note.where}: {note.what} ({note.source}){because}"
        yield from wrapped(text, width, first="  ! ", mark_style="yellow")


def caret(refusal: RefusalRow, width: int) -> Iterator[Text]:
    """The verdict, the line it is in, and a caret under the byte."""
    word = "Refused" if refusal.kind == "refused" else "Incomplete"
    where = f"byte {refusal.byte}, {refusal.where}: {refusal.what} ({refusal.source})"
    yield from wrapped(where, width, first=f"✗ {word}: ", style="bold red", mark_style="bold red")
    before, at, after = refusal.before, refusal.at, refusal.after
    room = width - 4 - max(cell_len(at), 1)
    if cell_len(before) > room:
        before = "…" + before[len(before) - room + 1 :]
    rest = max(room - cell_len(before), 0)
    line = Text.assemble("    ", before, (at, "bold reverse red"), after[:rest])
    yield line
    yield Text(" " * (4 + cell_len(before)) + "^" * max(cell_len(at), 1), "bold red")


def _dump(dump: Sequence[DumpRow], width: int) -> Iterator[Text]:
    """Offset, hex, text: sixteen bytes a row, fewer where the terminal is narrow."""
    yield Text("  Raw bytes", "bold")
    for row in dump:
        words = row.hex.split(" ")
        mark, style = (">", "cyan") if row.direction == "sent" else ("<", "green")
        step = 16 if width >= 78 else 8 if width >= 46 else 4
        for at in range(0, len(words), step):
            part = words[at : at + step]
            offset = row.offset + at
            line = Text.assemble((f"  {mark} {offset:06x}  ", style), " ".join(part).ljust(step * 3 - 1))
            yield line.append("  ").append(row.text[at : at + step], style)


def _tls(found: Measurement, width: int) -> Iterator[Text]:
    facts = {fact.name: fact.value for fact in found.facts if fact.name.startswith("TLS ")}
    if not facts:
        return
    yield Text("TLS", "bold")
    trips = facts["TLS handshake round trips"]
    said = [
        str(facts["TLS version"]),
        str(facts["TLS cipher"]),
        f"ALPN {facts['TLS ALPN']}",
        f"handshake: {trips} round trip{'s' if trips != 1 else ''}",
        f"{facts['TLS handshake sent']} B out, {facts['TLS handshake received']} B in",
    ]
    yield from wrapped(" · ".join(said), width, first=_INDENT)
    for number, row in enumerate(rows_of(CertificateRow, found), 1):
        names = f" for {row.names}" if row.names else ""
        yield from wrapped(f"{row.subject}{names}", width, first=f"  certificate {number}: ", mark_style="cyan")
        yield from wrapped(f"issued by {row.issuer}, until {row.not_after}", width, first="      ", style="dim")


def _waterfall(phases: Sequence[PhaseRow], width: int) -> Iterator[Text]:
    """When each phase was, on one scale; a phase that did not happen has no bar and no number."""
    total = max(((each.began or 0.0) + (each.took or 0.0) for each in phases), default=0.0)
    if total <= 0:
        return
    title = f"  exchange {phases[0].exchange}, 0 to {human(total, 's')}"
    yield Text.assemble(("Time", "bold"), (title, "dim"))
    room = width - 32
    for phase in phases:
        line = Text(f"  {phase.phase:<13} ", "cyan")
        if phase.took is None:
            yield line.append(" " * room).append(f" {phase.state:>13}", "dim")
            continue
        measured = phase.state == "measured"
        said = human(phase.took, "s") if measured else phase.state
        line.append(bar((phase.began or 0.0) / total, phase.took / total, room), "cyan")
        yield line.append(f" {said:>13}", "bold" if measured else "dim")


def _summary(last: ExchangeRow, width: int) -> Iterator[Text]:
    if last.status is None:
        return
    style = "bold green" if last.status < 400 and not last.problem else "bold red"
    body = f"{human(last.body, 'B')} of body"
    if last.decoded is not None:
        body += f", {human(last.decoded, 'B')} decoded ({last.codings})"
    sent = [f"{last.sent} B sent"] if last.sent is not None else []
    line = Text.assemble(("Answer", "bold"), "  ", (f"{last.status} {printable(last.reason or '')}".strip(), style))
    for item in (body, *sent, f"{last.received} B {'received' if last.url else 'in all'}"):
        if line.cell_len + cell_len(item) + 3 > width:
            yield line
            line = Text("       ")
        line.append(f" · {item}", "dim")
    yield line
