"""A reply in the form that everybody knows from dig(1)."""

from __future__ import annotations

from collections.abc import Iterator

from rich.text import Text

from netlab.report.glyphs import printable
from netlab.report.quantity import Measurement, Value
from netlab.report.rows import Row, rows
from netlab.report.units import human
from netlab.report.wrap import wrapped

_HEADINGS = {"answer": "ANSWER", "authority": "AUTHORITY", "additional": "ADDITIONAL"}
MOST_SHOWN = 500


def sections(found: Measurement, width: int) -> Iterator[Iterator[Text]]:
    """Header, sections, and how it came."""
    facts = {fact.name: fact.value for fact in found.facts}
    records = rows(found, "records")
    question = rows(found, "questions")[0]
    yield _header(facts, question, records, width)
    for section in _HEADINGS:
        yield _section(section, [row for row in records if row["section"] == section], width)
    yield _transport(facts, width)


def _header(facts: dict[str, Value], question: Row, records: list[Row], width: int) -> Iterator[Text]:
    style = "bold green" if facts["status"] == "NOERROR" else "bold red"
    yield Text.assemble("status ", (str(facts["status"]), style), f", flags {facts['flags']}, id {facts['id']}")
    counts = ", ".join(f"{sum(row['section'] == name for row in records)} {name}" for name in _HEADINGS)
    yield from wrapped(counts, width, style="dim")
    yield Text()
    yield Text("QUESTION", style="bold")
    yield from wrapped(f"{question['name']} {question['type']}", width, first="  ")


def _section(section: str, records: list[Row], width: int) -> Iterator[Text]:
    if not records:
        return
    yield Text(_HEADINGS[section], style="bold")
    names = max(len(printable(str(row["name"]))) for row in records)
    names = names if names + 26 <= width else 0
    for row in records[:MOST_SHOWN]:
        head = f"  {printable(str(row['name'])):<{names}} {row['ttl']:>6} {row['type']:<5} "
        style = "green" if section == "answer" else ""
        if len(head) + 12 > width:
            yield from wrapped(f"{head.strip()} {row['data']}", width, first="  ", style=style)
        else:
            yield from wrapped(str(row["data"]), width, first=head, style=style, mark_style="dim")
    if len(records) > MOST_SHOWN:
        yield Text(f"  … and {len(records) - MOST_SHOWN:,} more (--json has them)", style="dim")


def _transport(facts: dict[str, Value], width: int) -> Iterator[Text]:
    size = f", EDNS {facts['udp size']}" if facts["udp size"] else ""
    yield from wrapped(
        f"{human(facts['rtt'], 's')} from {facts['server']} by {str(facts['transport']).upper()}{size}; "
        f"{facts['sent']} B out, {facts['received']} B in; "
        f"{facts['tries']} {'try' if facts['tries'] == 1 else 'tries'}",
        width,
    )
    if facts["own resolver"]:
        yield from wrapped(
            f"netlab's own resolver, in {facts['own resolver']}; "
            f"it sent {facts['upstream queries']} queries to find out",
            width,
            style="dim",
        )
    if facts["replies ignored"]:
        yield from wrapped(f"{facts['replies ignored']} replies did not match and were ignored", width, style="yellow")
