"""A reply in the form that everybody knows from dig(1)."""

from __future__ import annotations

from collections.abc import Iterator

from rich.text import Text

from netlab.experiments.dns.query_rows import QuestionRow, ReplyRow
from netlab.report.glyphs import printable
from netlab.report.quantity import Measurement, Value
from netlab.report.rows import rows_of
from netlab.report.units import human
from netlab.report.wrap import wrapped

_SECTIONS = ("answer", "authority", "additional")
MOST_SHOWN = 500


def sections(found: Measurement, width: int) -> Iterator[Iterator[Text]]:
    """Header, sections, and how it came."""
    facts = {fact.name: fact.value for fact in found.facts}
    records = rows_of(ReplyRow, found)
    yield _header(facts, rows_of(QuestionRow, found)[0], records, width)
    for section in _SECTIONS:
        yield _section(section, [each for each in records if each.section == section], width)
    yield _transport(facts, width)


def _header(facts: dict[str, Value], question: QuestionRow, records: list[ReplyRow], width: int) -> Iterator[Text]:
    style = "bold green" if facts["status"] == "NOERROR" else "bold red"
    yield Text.assemble("status ", (str(facts["status"]), style), f", flags {facts['flags']}, id {facts['id']}")
    counts = ", ".join(f"{sum(each.section == name for each in records)} {name}" for name in _SECTIONS)
    yield from wrapped(counts, width, style="dim")
    yield Text()
    yield Text("QUESTION", style="bold")
    yield from wrapped(f"{question.name} {question.type}", width, first="  ")


def _section(section: str, records: list[ReplyRow], width: int) -> Iterator[Text]:
    if not records:
        return
    yield Text(section.upper(), style="bold")
    names = max(len(printable(each.name)) for each in records)
    names = names if names + 26 <= width else 0
    for each in records[:MOST_SHOWN]:
        head = f"  {printable(each.name):<{names}} {each.ttl:>6} {each.type:<5} "
        style = "green" if section == "answer" else ""
        if len(head) + 12 > width:
            yield from wrapped(f"{head.strip()} {each.data}", width, first="  ", style=style)
        else:
            yield from wrapped(each.data, width, first=head, style=style, mark_style="dim")
    if len(records) > MOST_SHOWN:
        yield Text(f"  … and {len(records) - MOST_SHOWN:,} more (--json has them)", style="dim")


def _transport(facts: dict[str, Value], width: int) -> Iterator[Text]:
    size = f", EDNS {facts['udp size']}" if facts["udp size"] else ""
    how = f"{human(facts['rtt'], 's')} from {facts['server']} by {str(facts['transport']).upper()}{size}"
    tries = f"{facts['tries']} {'try' if facts['tries'] == 1 else 'tries'}"
    yield from wrapped(f"{how}; {facts['sent']} B out, {facts['received']} B in; {tries}", width)
    if facts["own resolver"]:
        sent = f"it sent {facts['upstream queries']} queries to find out"
        yield from wrapped(f"netlab's own resolver, in {facts['own resolver']}; {sent}", width, style="dim")
    if facts["replies ignored"]:
        yield from wrapped(f"{facts['replies ignored']} replies did not match and were ignored", width, style="yellow")
