"""An exchange as one reads it: the request's boxes, the response's, how its body is framed and why, chunk by chunk;
what is wrong, with a caret under the byte; when each phase was."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich.cells import cell_len
from rich.text import Text

from netlab.experiments.http import boxes_view
from netlab.experiments.http.boxes_view import byte_range
from netlab.report.chart import bar
from netlab.report.glyphs import printable
from netlab.report.quantity import Measurement, Value
from netlab.report.rows import Row, rows
from netlab.report.units import human
from netlab.report.wrap import wrapped

_MOST_CHUNKS = 12
_MOST_LINES = 12
_INDENT = "  "


def sections(found: Measurement, width: int) -> Iterator[Iterator[Text]]:
    """The sections that take the place of facts and tables."""
    exchanges = rows(found, "exchanges")
    yield _origin(found, width)
    everything = {
        name: rows(found, name) for name in ("boxes", "chunks", "bodies", "notes", "refusals", "phases", "dump")
    }
    for exchange in exchanges:
        number = exchange["exchange"]
        mine = {name: [row for row in table if row["exchange"] == number] for name, table in everything.items()}
        if exchange["url"] is not None:
            yield _request(exchange, mine, len(exchanges), width)
        yield from _response(exchange, mine, width)
        if mine["dump"]:
            yield _dump(mine["dump"], width)
    yield _tls(found, width)
    yield from (_waterfall(each, everything["phases"], width) for each in _timed(found, exchanges))
    yield _summary(exchanges, width)


def _origin(found: Measurement, width: int) -> Iterator[Text]:
    for fact in found.facts:
        if fact.name == "built-in origin":
            yield from wrapped(
                f"From the built-in origin, {fact.value} (netlab http serve keeps one up)", width, style="dim"
            )


def _request(exchange: Row, mine: dict[str, list[Row]], count: int, width: int) -> Iterator[Text]:
    number = f" {exchange['exchange']}" if count > 1 else ""
    yield Text.assemble(
        (f"→ Request{number}", "bold cyan"), (f"  {exchange['method']} {exchange['url']}"[: width - 12], "bold")
    )
    use = int(exchange["use"] or 1)
    over = "a new connection" if use == 1 else f"the same connection again, its request number {use}"
    yield from wrapped(f"over {over}: {exchange['local']} → {exchange['peer']}", width, first=_INDENT, style="dim")
    yield from boxes_view.lines([row for row in mine["boxes"] if row["message"] == "request"], width)
    for body in mine["bodies"]:
        if body["message"] == "request":
            yield from _body(body, width)


def _response(exchange: Row, mine: dict[str, list[Row]], width: int) -> Iterator[Iterator[Text]]:
    heads: dict[Value, list[Row]] = {}
    for row in mine["boxes"]:
        if row["message"] not in ("request", "trailers"):
            heads.setdefault(row["message"], []).append(row)
    for message, boxes in heads.items():
        yield _head(str(message), boxes, width)
    if exchange["framing"]:
        yield _framing(exchange, mine, width)
    yield notes(mine["notes"], width)
    for refusal in mine["refusals"]:
        yield caret(refusal, width)
    if exchange["problem"] and not mine["refusals"]:
        yield wrapped(str(exchange["problem"]), width, first="✗ ", style="bold red")


def _head(message: str, boxes: Sequence[Row], width: int) -> Iterator[Text]:
    said = " ".join(str(box["text"]) for box in boxes if box["part"] in ("status", "reason"))
    title = "← Interim response" if message.startswith("interim") else f"← {message.capitalize()}"
    line = Text.assemble((title, "bold cyan"), f"  {said}")
    line.truncate(width, overflow="ellipsis")
    yield line
    yield from boxes_view.lines(boxes, width)


def _framing(exchange: Row, mine: dict[str, list[Row]], width: int) -> Iterator[Text]:
    names = {
        "none": "none",
        "length": "by length",
        "chunked": "chunked",
        "close": "until the end of the connection",
        "upgrade": "no longer HTTP" if exchange["status"] == 101 else "a tunnel",
    }
    yield Text.assemble(("  Body: ", "bold"), (names[str(exchange["framing"])], "bold green"))
    yield from wrapped(f"{exchange['why']} ({exchange['source']})", width, first="    why: ", style="dim")
    yield from _chunks(mine["chunks"], width)
    trailers = [row for row in mine["boxes"] if row["message"] == "trailers"]
    if any(row["part"] == "name" for row in trailers):
        yield Text("  Trailers", "bold")
    if trailers:
        yield from boxes_view.lines(trailers, width, "the body ends here")
    for body in mine["bodies"]:
        if body["message"] == "response":
            yield from _body(body, width)
    fate = exchange.get("connection") or ("stays open" if exchange["keeps"] else "is closed")  # an older record
    verb = "" if str(fate).startswith(("stays", "is")) else "is "
    yield from wrapped(f"the connection {verb}{fate}: {exchange['keeps why']}", width, first=_INDENT, style="dim")


def _chunks(chunks: Sequence[Row], width: int) -> Iterator[Text]:
    """A row for each: size line and data as boxes."""
    for row in chunks[:_MOST_CHUNKS]:
        start, line_end, stop = int(row["start"] or 0), int(row["end"] or 0), int(row["data end"] or 0)
        size = int(row["size"] or 0)
        digits = f"{size:x}"
        last = size == 0
        line = Text.assemble(
            (f"{byte_range(start, stop + 2 if size else line_end):>{boxes_view.RANGE_WIDTH - 2}}  ", "green")
        )
        line.append("│", "dim").append(f" {digits} ", "bold magenta")
        if row["extension"]:
            line.append(str(row["extension"]), "yellow")
        line.append("│CR LF│", "dim")
        if last:
            line.append(" the last chunk", "dim italic")
        else:
            after = f"│CR LF│ {size} B"
            room = width - line.cell_len - cell_len(after) - 2
            text = str(row["text"])
            text = text if cell_len(text) <= room else text[: max(room - 1, 0)] + "…"
            line.append(f" {text} ").append(after, "dim")
        line.truncate(width, overflow="ellipsis")
        yield line
    if len(chunks) > _MOST_CHUNKS:
        yield Text(
            f"{'':{boxes_view.RANGE_WIDTH}}… and {len(chunks) - _MOST_CHUNKS} more chunks (--json has them)"[:width],
            "dim",
        )


def _body(body: Row, width: int) -> Iterator[Text]:
    size, start = int(body["bytes"] or 0), body["start"]
    if start is not None and body["form"] == "as sent":
        label = byte_range(int(start), int(start) + size) if body["message"] == "request" else ""
    else:
        label = ""
    title = f"  {body['form']}, {human(size, 'B')}" + (f", bytes {label}" if label else "")
    yield Text(title, "bold")
    text = str(body["text"]).removesuffix("\n").split("\n")
    for shown in text[:_MOST_LINES]:
        line = Text(f"    {shown}")
        line.truncate(width, overflow="ellipsis")
        yield line
    if len(text) > _MOST_LINES:
        yield Text("    …", "dim")


def notes(found: Sequence[Row], width: int) -> Iterator[Text]:
    """What was let pass."""
    for row in found:
        because = ", let pass by --lenient" if row["lenient"] else ""
        yield from wrapped(
            f"byte {row['start']}, {row['where']}: {row['what']} ({row['source']}){because}",
            width,
            first="  ! ",
            mark_style="yellow",
        )


def caret(refusal: Row, width: int) -> Iterator[Text]:
    """The verdict, the line it is in, and a caret under the byte."""
    word = "Refused" if refusal["kind"] == "refused" else "Incomplete"
    where = f"byte {refusal['byte']}, {refusal['where']}: {refusal['what']} ({refusal['source']})"
    yield from wrapped(where, width, first=f"✗ {word}: ", style="bold red", mark_style="bold red")
    before, at, after = str(refusal["before"]), str(refusal["at"]), str(refusal["after"])
    room = width - 4 - max(cell_len(at), 1)
    if cell_len(before) > room:
        before = "…" + before[len(before) - room + 1 :]
    rest = max(room - cell_len(before), 0)
    line = Text.assemble("    ", before, (at, "bold reverse red"), after[:rest])
    yield line
    yield Text(" " * (4 + cell_len(before)) + "^" * max(cell_len(at), 1), "bold red")


def _dump(dump: Sequence[Row], width: int) -> Iterator[Text]:
    """Offset, hex, text: sixteen bytes a row, fewer where the terminal is narrow."""
    yield Text("  Raw bytes", "bold")
    for row in dump:
        words = str(row["hex"]).split(" ")
        mark, style = (">", "cyan") if row["direction"] == "sent" else ("<", "green")
        step = 16 if width >= 78 else 8 if width >= 46 else 4
        for at in range(0, len(words), step):
            part = words[at : at + step]
            offset = int(row["offset"] or 0) + at
            line = Text.assemble((f"  {mark} {offset:06x}  ", style), " ".join(part).ljust(step * 3 - 1))
            yield line.append("  ").append(str(row["text"])[at : at + step], style)


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
    for number, row in enumerate(rows(found, "certificates"), 1):
        names = f" for {row['names']}" if row["names"] else ""
        yield from wrapped(f"{row['subject']}{names}", width, first=f"  certificate {number}: ", mark_style="cyan")
        yield from wrapped(f"issued by {row['issuer']}, until {row['not after']}", width, first="      ", style="dim")


def _timed(found: Measurement, exchanges: Sequence[Row]) -> Sequence[Row]:
    """The exchanges whose phases are drawn."""
    return exchanges if found.shows("timing") else ()


def _waterfall(exchange: Row, phases: Sequence[Row], width: int) -> Iterator[Text]:
    """When each phase was, on one scale; a phase that did not happen has no bar and no number."""
    mine = [row for row in phases if row["exchange"] == exchange["exchange"]]
    total = max((float(row["began"] or 0) + float(row["took"] or 0) for row in mine), default=0.0)
    if not mine or total <= 0:
        return
    title = f"  exchange {exchange['exchange']}, 0 to {human(total, 's')}"
    yield Text.assemble(("Time", "bold"), (title, "dim"))
    room = width - 32
    for row in mine:
        line = Text(f"  {row['phase']!s:<13} ", "cyan")
        if row["took"] is None:
            yield line.append(" " * room).append(f" {row['state']:>13}", "dim")
            continue
        drawn = bar(float(row["began"] or 0) / total, float(row["took"]) / total, room)
        said = human(row["took"], "s") if row["state"] == "measured" else str(row["state"])
        yield line.append(drawn, "cyan").append(f" {said:>13}", "bold" if row["state"] == "measured" else "dim")


def _summary(exchanges: Sequence[Row], width: int) -> Iterator[Text]:
    if not exchanges:
        return
    last = exchanges[-1]
    if last["status"] is None:
        return
    style = "bold green" if int(last["status"] or 0) < 400 and not last["problem"] else "bold red"
    said = [f"{last['status']} {printable(str(last['reason'] or ''))}".strip()]
    said.append(f"{human(last['body'], 'B')} of body")
    if last["decoded"] is not None:
        said[-1] += f", {human(last['decoded'], 'B')} decoded ({last['codings']})"
    if last["sent"] is not None:
        said.append(f"{last['sent']} B sent")
    said.append(f"{last['received']} B {'received' if last['url'] else 'in all'}")
    line = Text.assemble(("Answer", "bold"), "  ", (said[0], style))
    for item in said[1:]:
        if line.cell_len + cell_len(item) + 3 > width:
            yield line
            line = Text("       ")
        line.append(f" · {item}", "dim")
    yield line
