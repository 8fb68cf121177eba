"""A resolution as one reads it: a block for each query and its reply, why it was sent, what came, what followed from
it.

Messages are numbered as in the course (lecture 1): ① the host asks, ② the first query, ③ its reply, and so on. Lookups
within the lookup are indented. At the end: the answer, what it took, and a bar for the time of each query.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import chain

from rich.cells import cell_len
from rich.text import Text

from netlab.experiments.dns.trace_rows import AnswerRow, HostRow, RecordRow, ResolutionRow, StepRow
from netlab.report.chart import bar
from netlab.report.glyphs import printable
from netlab.report.quantity import Measurement
from netlab.report.rows import rows_of
from netlab.report.units import human
from netlab.report.wrap import flowing, wrapped

MOST_IN_FULL = 3  # questions; of more, each has a line
MOST_RECORDS = 6
MOST_FIRST, MOST_LAST = 40, 12  # steps; what is between them is counted
_CALLED = {"nxdomain": "NXDOMAIN", "nodata": "NODATA", "alias": "CNAME", "no edns": "no EDNS"}
_GOOD, _BAD = ("answer", "referral", "alias", "cached"), ("lame", "timeout", "unreachable", "skipped")

Numbers = dict[int, tuple[int, int]]  # by step: those of query and reply


def sections(found: Measurement, width: int) -> Iterator[Iterator[Text]]:
    questions = rows_of(ResolutionRow, found)
    origin = next((str(fact.value) for fact in found.facts if fact.name == "from"), "")
    yield wrapped(f"From the root of {origin}", width, style="dim")
    if len(questions) > MOST_IN_FULL:
        yield _summary(questions, width)
        return
    for question in questions:
        number = question.question
        steps = [each for each in rows_of(StepRow, found) if each.question == number]
        records = [each for each in rows_of(RecordRow, found) if each.question == number]
        answers = [each for each in rows_of(AnswerRow, found) if each.question == number]
        host = [each for each in rows_of(HostRow, found) if each.question == number]
        yield from _story(question, steps, records, host, width)
        yield _conclusion(question, answers, width)
        yield _bars(steps, _numbers(steps, bool(host)), question.time, width)


def circled(number: int) -> str:
    """① to ⑳, (21)."""
    return chr(0x2460 + number - 1) if 1 <= number <= 20 else f"({number})"


def _numbers(steps: Sequence[StepRow], host: bool) -> Numbers:
    """The numbers of query and reply, by step; a query without a reply has only the first."""
    numbers: Numbers = {}
    at = 2 if host else 1
    for step in steps:
        if step.address is not None:
            numbers[step.step] = (at, at + 1)
            at += 1 if step.received is None else 2
    return numbers


def _story(
    question: ResolutionRow, steps: Sequence[StepRow], records: Sequence[RecordRow], host: Sequence[HostRow], width: int
) -> Iterator[Iterator[Text]]:
    asked = f"{question.name} {question.type}"
    numbers = _numbers(steps, bool(host))
    for row in host:
        yield _host_asks(row, asked, width)
    purpose, depth = "", 0
    left_out = len(steps) - MOST_FIRST - MOST_LAST
    for index, step in enumerate(steps):
        if left_out > 0 and MOST_FIRST <= index < MOST_FIRST + left_out:
            if index == MOST_FIRST:
                text = f"… {left_out} steps are left out here (--json has them)"
                yield wrapped(text, width, first="     ", style="dim")
            continue
        headline = _headline(step, purpose, depth, asked, width)
        purpose, depth = step.for_, step.depth
        mine = [record for record in records if record.step == step.step]
        yield chain(headline, _step(step, mine, numbers.get(step.step), width))
    replied = {step.step for step in steps if step.received is not None}
    last = max((pair[step in replied] for step, pair in numbers.items()), default=1)
    for row in host:
        yield _host_is_told(row, last + 1, width)


def _headline(step: StepRow, purpose: str, depth: int, asked: str, width: int) -> Iterator[Text]:
    """Where a lookup within the lookup begins, and where it is over."""
    mine, now = step.for_, step.depth
    if mine == purpose:
        return
    if now < depth:
        text, mark = f"back to {mine}" if mine else f"back to {asked}", "└ "
    else:
        text, mark = f"first find {mine}", "┌ "
    yield from wrapped(text, width, first="  " * max(now, 1) + mark, style="bold magenta", mark_style="magenta")
    yield Text()


def _host_asks(row: HostRow, asked: str, width: int) -> Iterator[Text]:
    how = f"{row.to.rpartition(', ')[2]} · {row.transport} · {row.sent} B"
    yield _line(" ① ", "bold cyan", "host → local name server", how, width)
    yield from wrapped(f"“{asked}?” It wants the answer itself: a recursive query (rd).", width, first="     ")


def _host_is_told(row: HostRow, number: int, width: int) -> Iterator[Text]:
    took = f"{human(row.rtt, 's')} after ① · {row.received} B · {row.flags}"
    yield _line(f" {circled(number)} ", "bold cyan", "local name server → host", took, width)
    answered = row.rcode in ("NOERROR", "NXDOMAIN")
    said = "the whole answer, and a copy stays in its cache." if answered else "it could not find out."
    yield from wrapped(f"{row.rcode}: {said}", width, first="     ")


def _step(step: StepRow, records: Sequence[RecordRow], numbers: tuple[int, int] | None, width: int) -> Iterator[Text]:
    margin = "  " * step.depth
    inner = margin + "     "
    if numbers is None:
        yield from _unasked(step, records, margin, width)
        return
    number, reply_number = (f"{margin} {circled(each)} " for each in numbers)
    how = f"{step.address} · {step.transport} · {step.sent} B"
    yield _line(number, "bold cyan", f"→ {step.server} of zone {step.zone}", how, width)
    yield from wrapped(f"“{step.name} {step.type}?”", width, first=inner)
    if step.why:
        yield from wrapped(f"why: {step.why}", width, first=inner, style="dim")
    if step.ignored:
        text = f"ignored {step.ignored}: a reply {step.ignored_replies}"
        yield from wrapped(text, width, first=inner, style="yellow")
    kind = step.kind
    style = "bold green" if kind in _GOOD else "bold red" if kind in _BAD else "bold yellow"
    if step.received is None:
        yield _line(f"{margin}  ✗ ", "bold red", kind, f"after {human(step.rtt, 's')}", width, style)
    else:
        came = f"{human(step.rtt, 's')} · {step.received} B · {step.flags} · {step.rcode}"
        yield _line(reply_number, "bold cyan", f"← {_CALLED.get(kind, kind)}", came, width, style)
    yield from wrapped(step.found, width, first=inner)
    yield from _records(records, inner, width, "  glue" if kind == "referral" else "  (additional)")
    if step.then:
        yield from wrapped(f"next: {step.then}", width, first=inner, style="magenta")


def _unasked(step: StepRow, records: Sequence[RecordRow], margin: str, width: int) -> Iterator[Text]:
    """What the cache knew, or a server that cannot be asked."""
    cached = step.kind == "cached"
    what = f"{step.name} {step.type}" if cached else f"{step.server}, of zone {step.zone}"
    mark, style = ("◆", "bold green") if cached else ("✗", "bold red")
    yield _line(f"{margin} {mark}  ", style, what, "from the cache" if cached else "cannot be asked", width)
    yield from wrapped(step.found, width, first=margin + "     ")
    yield from _records(records, margin + "     ", width)
    if step.then:
        yield from wrapped(f"next: {step.then}", width, first=margin + "     ", style="magenta")


def _records(records: Sequence[RecordRow], indent: str, width: int, additional: str = "") -> Iterator[Text]:
    """The records of a reply, in columns where they fit; those not believed say why."""
    shown = records[:MOST_RECORDS]
    names = max((cell_len(printable(row.name)) for row in shown), default=0)
    names = names if names + cell_len(indent) + 24 <= width else 0
    for row in shown:
        dropped = f"  dropped: {row.dropped}" if row.dropped else ""
        section = additional if row.section == "additional" else ""
        text = f"{printable(row.data)}{section}{dropped}"
        head = f"{indent}  {printable(row.name):<{names}} {row.ttl:>6} {row.type:<5} "
        style = "strike red" if row.dropped else "green" if row.section == "answer" else ""
        if cell_len(head) + 12 > width:
            yield from wrapped(f"{head.strip()} {text}", width, first=indent + "  ", style=style)
        else:
            yield from _one_line(head, text, width, style)
    if len(records) > len(shown):
        yield Text(f"{indent}  … and {len(records) - len(shown)} more records (--json has them)"[:width], style="dim")


def _one_line(head: str, text: str, width: int, style: str) -> Iterator[Text]:
    text = _cut(text, 3 * (width - cell_len(head)))
    yield from wrapped(text, width, first=head, style=style, mark_style="dim")


def _cut(text: str, longest: int) -> str:
    return text if len(text) <= longest else text[: longest - 1] + "…"


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


def _conclusion(question: ResolutionRow, answers: Sequence[AnswerRow], width: int) -> Iterator[Text]:
    style = "bold green" if question.rcode == "NOERROR" and answers else "bold red"
    asked = f"  {question.name} {question.type}: "
    yield Text.assemble(("Answer", "bold"), asked, (_verdict(question, answers), style))
    shown = answers[:20]
    names = max((len(row.name) for row in shown), default=0)
    names = names if names + 26 <= width else 0
    for row in shown:
        head = f"  {printable(row.name):<{names}} {row.ttl:>6} {row.type:<5} "
        note = "  (how long “no” may be remembered)" if row.section == "authority" else ""
        style = "bold green" if row.section == "answer" else "dim"
        yield from _one_line(head, printable(row.data) + note, width, style)
    if len(answers) > len(shown):
        yield Text(f"  … and {len(answers) - len(shown)} more records", style="dim")
    yield from wrapped(question.reason, width, first="  ")
    said = [
        f"{human(question.time, 's')} in all",
        _count(question.queries, "query", "queries") + " sent",
        f"{question.bytes_out} B out, {question.bytes_in} B in",
        _count(question.cache_hits, "cache hit", "cache hits"),
    ]
    counts = {"ignored": question.ignored, "dropped": question.dropped}
    said += [f"{count} {name}" for name, count in counts.items() if count]
    yield from flowing([f"  {said[0]}", *said[1:]], width, "dim")


def _verdict(question: ResolutionRow, answers: Sequence[AnswerRow]) -> str:
    types = {row.type for row in answers if row.section == "answer"}
    if question.rcode != "NOERROR" or question.type in types or (question.type == "ANY" and types):
        return question.rcode
    return "NODATA (NOERROR, and no such record)"


def _count(value: int, one: str, many: str) -> str:
    return f"{value} {one if value == 1 else many}"


def _bars(steps: Sequence[StepRow], numbers: Numbers, total_s: float, width: int) -> Iterator[Text]:
    """When each query was under way, on one scale."""
    asked = [
        (step, printable(step.server or ""), step.started or 0.0, step.rtt)
        for step in steps
        if step.step in numbers and step.rtt is not None
    ]
    if not asked or total_s <= 0:
        return
    yield Text.assemble(("Time", "bold"), (f"  0 to {human(total_s, 's')}", "dim"))
    label = min(max(cell_len(server) for _, server, _, _ in asked), max(width // 3, 12))
    room = width - label - 18
    left_out = len(asked) - MOST_FIRST - MOST_LAST
    for index, (step, server, started_s, took_s) in enumerate(asked):
        if left_out > 0 and MOST_FIRST <= index < MOST_FIRST + left_out:
            if index == MOST_FIRST:
                yield Text(f"  … {left_out} more"[:width], style="dim")
            continue
        name = server if cell_len(server) <= label else server[: label - 1] + "…"
        line = Text.assemble((f"  {circled(numbers[step.step][0])} ", "cyan"), f"{name:<{label}} ")
        line.append(bar(started_s / total_s, took_s / total_s, room), "cyan" if step.received is not None else "red")
        yield line.append(f" {human(took_s, 's'):>9}")


def _summary(questions: Sequence[ResolutionRow], width: int) -> Iterator[Text]:
    """Many questions, a line each."""
    yield Text.assemble(("Questions", "bold"), (f"  {len(questions)}; the steps of each are in --json", "dim"))
    longest = max(len(printable(row.name)) for row in questions)
    names = min(longest, max(width - 44, 12))
    yield Text(f"  {'name':<{names}} {'type':<6} {'rcode':<9} {'queries':>7} {'time':>9}"[:width], style="dim")
    for row in questions:
        asked = f"  {_cut(printable(row.name), names):<{names}} {row.type:<6}"
        line = f"{asked} {row.rcode:<9} {row.queries:>7} {human(row.time, 's'):>9}"
        yield Text(line[:width], style="" if row.rcode == "NOERROR" else "red")
