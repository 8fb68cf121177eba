"""A resolution as one reads it: a block for each query and its reply, why it was sent, what came, what followed from
it.

Messages are numbered as in the course (lecture 1): ① the host asks, ② the first query, ③ its reply, and so on. Lookups
within the lookup are indented. At the end: the answer, what it took, and a bar for the time of each query.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import chain

from rich.cells import cell_len
from rich.text import Text

from netlab.report.chart import bar
from netlab.report.glyphs import printable
from netlab.report.quantity import Measurement, Value
from netlab.report.rows import Row, rows
from netlab.report.units import human
from netlab.report.wrap import flowing, wrapped

MOST_IN_FULL = 3  # questions; of more, each has a line
MOST_RECORDS = 6
MOST_FIRST, MOST_LAST = 40, 12  # steps; what is between them is counted
_GOOD, _BAD = ("answer", "referral", "alias", "cached"), ("lame", "timeout", "unreachable", "skipped")


def sections(found: Measurement, width: int) -> Iterator[Iterator[Text]]:
    """The sections that take the place of facts and tables."""
    questions = rows(found, "questions")
    origin = next((str(fact.value) for fact in found.facts if fact.name == "from"), "")
    yield wrapped(f"From the root of {origin}", width, style="dim")
    if len(questions) > MOST_IN_FULL:
        yield _summary(questions, width)
        return
    for question in questions:
        number = question["question"]
        steps, records, answers, host = (
            [row for row in rows(found, name) if row["question"] == number]
            for name in ("steps", "records", "answers", "host")
        )
        yield from _story(question, steps, records, host, width)
        yield _conclusion(question, answers, width)
        yield _bars(steps, _numbers(steps, bool(host)), float(question["time"] or 0), width)


def circled(number: int) -> str:
    """① to ⑳, (21)."""
    return chr(0x2460 + number - 1) if 1 <= number <= 20 else f"({number})"


def _numbers(steps: Sequence[Row], host: bool) -> dict[Value, tuple[int, int]]:
    """The numbers of query and reply, by step; a query without a reply has only the first."""
    numbers, at = {}, 2 if host else 1
    for step in steps:
        if step["address"] is not None:
            numbers[step["step"]] = (at, at + 1)
            at += 1 if step["received"] is None else 2
    return numbers


def _story(
    question: Row, steps: Sequence[Row], records: Sequence[Row], host: Sequence[Row], width: int
) -> Iterator[Iterator[Text]]:
    asked = f"{question['name']} {question['type']}"
    numbers = _numbers(steps, bool(host))
    for row in host:
        yield _host_asks(row, asked, width)
    purpose, depth = "", 0
    left_out = len(steps) - MOST_FIRST - MOST_LAST
    for index, step in enumerate(steps):
        if left_out > 0 and MOST_FIRST <= index < MOST_FIRST + left_out:
            if index == MOST_FIRST:
                yield wrapped(
                    f"… {left_out} steps are left out here (--json has them)", width, first="     ", style="dim"
                )
            continue
        headline = _headline(step, purpose, depth, asked, width)
        purpose, depth = str(step["for"]), int(step["depth"] or 0)
        mine = [record for record in records if record["step"] == step["step"]]
        yield chain(headline, _step(step, mine, numbers.get(step["step"]), width))
    last = max(
        (pair[1] if step["received"] is not None else pair[0] for step, pair in _paired(steps, numbers)), default=1
    )
    for row in host:
        yield _host_is_told(row, question, last + 1, width)


def _headline(step: Row, purpose: str, depth: int, asked: str, width: int) -> Iterator[Text]:
    """Where a lookup within the lookup begins, and where it is over."""
    mine, now = str(step["for"]), int(step["depth"] or 0)
    if mine == purpose:
        return
    if now < depth:
        text, mark = f"back to {mine}" if mine else f"back to {asked}", "└ "
    else:
        text, mark = f"first find {mine}", "┌ "
    yield from wrapped(text, width, first="  " * max(now, 1) + mark, style="bold magenta", mark_style="magenta")
    yield Text()


def _paired(steps: Sequence[Row], numbers: Mapping[Value, tuple[int, int]]) -> Iterator[tuple[Row, tuple[int, int]]]:
    return ((step, numbers[step["step"]]) for step in steps if step["step"] in numbers)


def _host_asks(row: Row, asked: str, width: int) -> Iterator[Text]:
    where = str(row["to"]).rpartition(", ")[2]
    yield _line(
        " ① ", "bold cyan", "host → local name server", f"{where} · {row['transport']} · {row['sent']} B", width
    )
    yield from wrapped(f"“{asked}?” It wants the answer itself: a recursive query (rd).", width, first="     ")


def _host_is_told(row: Row, question: Row, number: int, width: int) -> Iterator[Text]:
    took = f"{human(row['rtt'], 's')} after ① · {row['received']} B · {row['flags']}"
    yield _line(f" {circled(number)} ", "bold cyan", "local name server → host", took, width)
    if row["rcode"] in ("NOERROR", "NXDOMAIN"):
        said = "the whole answer, and a copy stays in its cache."
    else:
        said = "it could not find out."
    yield from wrapped(f"{row['rcode']}: {said}", width, first="     ")


def _step(step: Row, records: Sequence[Row], numbers: tuple[int, int] | None, width: int) -> Iterator[Text]:
    margin = "  " * int(step["depth"] or 0)
    inner = margin + "     "
    if numbers is None:
        yield from _unasked(step, records, margin, width)
        return
    where = f"{step['address']} · {step['transport']} · {step['sent']} B"
    yield _line(
        f"{margin} {circled(numbers[0])} ", "bold cyan", f"→ {step['server']} of zone {step['zone']}", where, width
    )
    yield from wrapped(f"“{step['name']} {step['type']}?”", width, first=inner)
    if step["why"]:
        yield from wrapped(f"why: {step['why']}", width, first=inner, style="dim")
    if step["ignored"]:
        yield from wrapped(
            f"ignored {step['ignored']}: a reply {step['ignored replies']}", width, first=inner, style="yellow"
        )
    kind = str(step["kind"])
    style = "bold green" if kind in _GOOD else "bold red" if kind in _BAD else "bold yellow"
    if step["received"] is None:
        yield _line(f"{margin}  ✗ ", "bold red", kind, f"after {human(step['rtt'], 's')}", width, style)
    else:
        came = f"{human(step['rtt'], 's')} · {step['received']} B · {step['flags']} · {step['rcode']}"
        yield _line(f"{margin} {circled(numbers[1])} ", "bold cyan", f"← {_called(step)}", came, width, style)
    if step["found"]:
        yield from wrapped(str(step["found"]), width, first=inner)
    yield from _records(records, inner, width, "  glue" if kind == "referral" else "  (additional)")
    if step["then"]:
        yield from wrapped(f"next: {step['then']}", width, first=inner, style="magenta")


def _called(step: Row) -> str:
    return {"nxdomain": "NXDOMAIN", "nodata": "NODATA", "alias": "CNAME", "no edns": "no EDNS"}.get(
        str(step["kind"]), str(step["kind"])
    )


def _unasked(step: Row, records: Sequence[Row], margin: str, width: int) -> Iterator[Text]:
    """What the cache knew, or a server that cannot be asked."""
    cached = step["kind"] == "cached"
    what = f"{step['name']} {step['type']}" if cached else f"{step['server']}, of zone {step['zone']}"
    mark, style = ("◆", "bold green") if cached else ("✗", "bold red")
    yield _line(f"{margin} {mark}  ", style, what, "from the cache" if cached else "cannot be asked", width)
    yield from wrapped(str(step["found"]), width, first=margin + "     ")
    yield from _records(records, margin + "     ", width)
    if step["then"]:
        yield from wrapped(f"next: {step['then']}", width, first=margin + "     ", style="magenta")


def _records(records: Sequence[Row], indent: str, width: int, additional: str = "") -> Iterator[Text]:
    """The records of a reply, in columns where they fit; those not believed say why."""
    shown = records[:MOST_RECORDS]
    names = max((cell_len(printable(str(row["name"]))) for row in shown), default=0)
    names = names if names + cell_len(indent) + 24 <= width else 0
    for row in shown:
        dropped = f"  dropped: {row['dropped']}" if row["dropped"] else ""
        section = additional if row["section"] == "additional" else ""
        text = f"{printable(str(row['data']))}{section}{dropped}"
        head = f"{indent}  {printable(str(row['name'])):<{names}} {row['ttl']:>6} {row['type']:<5} "
        style = "strike red" if row["dropped"] else "green" if row["section"] == "answer" else ""
        if cell_len(head) + 12 > width:
            yield from wrapped(f"{head.strip()} {text}", width, first=indent + "  ", style=style)
        else:
            yield from _one_line(head, text, width, style)
    if len(records) > len(shown):
        yield Text(f"{indent}  … and {len(records) - len(shown)} more records (--json has them)"[:width], style="dim")


def _one_line(head: str, text: str, width: int, style: str) -> Iterator[Text]:
    longest = 3 * (width - cell_len(head))
    yield from wrapped(
        text if len(text) <= longest else text[: longest - 1] + "…", width, first=head, style=style, mark_style="dim"
    )


def _line(mark: str, mark_style: str, left: str, right: str, width: int, left_style: str = "bold") -> Text:
    """Mark and text on the left, figures on the right; the figures go to a line of their own where there is no room."""
    left, right = printable(left), printable(right)
    room = width - cell_len(mark) - cell_len(left) - cell_len(right)
    line = Text.assemble((mark, mark_style), (left, left_style))
    if room >= 2:
        return line.append(" " * room).append(right, "dim")
    line.truncate(width, overflow="ellipsis")
    below = Text(right, "dim")
    below.truncate(max(width - cell_len(mark), 1), overflow="ellipsis")
    return line.append("\n" + " " * (width - below.cell_len)).append(below)


def _conclusion(question: Row, answers: Sequence[Row], width: int) -> Iterator[Text]:
    rcode = str(question["rcode"])
    style = "bold green" if rcode == "NOERROR" and answers else "bold red"
    yield Text.assemble(
        ("Answer", "bold"), f"  {question['name']} {question['type']}: ", (_verdict(question, answers), style)
    )
    shown = answers[:20]
    names = max((len(str(row["name"])) for row in shown), default=0)
    names = names if names + 26 <= width else 0
    for row in shown:
        head = f"  {printable(str(row['name'])):<{names}} {row['ttl']:>6} {row['type']:<5} "
        note = "  (how long “no” may be remembered)" if row["section"] == "authority" else ""
        yield from _one_line(
            head, printable(str(row["data"])) + note, width, "bold green" if row["section"] == "answer" else "dim"
        )
    if len(answers) > len(shown):
        yield Text(f"  … and {len(answers) - len(shown)} more records", style="dim")
    if question["reason"]:
        yield from wrapped(str(question["reason"]), width, first="  ")
    said = [
        f"{human(question['time'], 's')} in all",
        _count(question["queries"], "query", "queries") + " sent",
        f"{question['bytes out']} B out, {question['bytes in']} B in",
        _count(question["cache hits"], "cache hit", "cache hits"),
    ]
    said += [f"{question[name]} {name}" for name in ("ignored", "dropped") if question[name]]
    yield from flowing([f"  {said[0]}", *said[1:]], width, "dim")


def _verdict(question: Row, answers: Sequence[Row]) -> str:
    rcode = str(question["rcode"])
    if rcode == "NOERROR" and not any(
        row["section"] == "answer" and row["type"] == question["type"] for row in answers
    ):
        asked_any = question["type"] == "ANY" and any(row["section"] == "answer" for row in answers)
        return rcode if asked_any else "NODATA (NOERROR, and no such record)"
    return rcode


def _count(value: Value, one: str, many: str) -> str:
    return f"{value} {one if value == 1 else many}"


def _bars(steps: Sequence[Row], numbers: Mapping[Value, tuple[int, int]], total_s: float, width: int) -> Iterator[Text]:
    """When each query was under way, on one scale."""
    asked = [step for step in steps if step["step"] in numbers and step["rtt"] is not None]
    if not asked or total_s <= 0:
        return
    yield Text.assemble(("Time", "bold"), (f"  0 to {human(total_s, 's')}", "dim"))
    label = min(max(cell_len(str(step["server"])) for step in asked), max(width // 3, 12))
    room = width - label - 18
    left_out = len(asked) - MOST_FIRST - MOST_LAST
    for index, step in enumerate(asked):
        if left_out > 0 and MOST_FIRST <= index < MOST_FIRST + left_out:
            if index == MOST_FIRST:
                yield Text(f"  … {left_out} more"[:width], style="dim")
            continue
        begin, took = float(step["started"] or 0) / total_s, float(step["rtt"] or 0) / total_s
        server = printable(str(step["server"]))
        name = server if cell_len(server) <= label else server[: label - 1] + "…"
        line = Text.assemble((f"  {circled(numbers[step['step']][0])} ", "cyan"), f"{name:<{label}} ")
        line.append(bar(begin, took, room), "cyan" if step["received"] is not None else "red")
        yield line.append(f" {human(step['rtt'], 's'):>9}")


def _summary(questions: Sequence[Row], width: int) -> Iterator[Text]:
    """Many questions, a line each."""
    yield Text.assemble(("Questions", "bold"), (f"  {len(questions)}; the steps of each are in --json", "dim"))
    longest = max(len(printable(str(row["name"]))) for row in questions)
    names = min(longest, max(width - 44, 12))
    yield Text(f"  {'name':<{names}} {'type':<6} {'rcode':<9} {'queries':>7} {'time':>9}"[:width], style="dim")
    for row in questions:
        name = printable(str(row["name"]))
        name = name if len(name) <= names else name[: names - 1] + "…"
        style = "" if row["rcode"] == "NOERROR" else "red"
        yield Text(
            f"  {name:<{names}} {row['type']:<6} {row['rcode']:<9} {row['queries']:>7} {human(row['time'], 's'):>9}"[
                :width
            ],
            style=style,
        )
