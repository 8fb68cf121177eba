"""A resolution as tables: the question, its steps, and every record of every reply. trace_view.py draws them."""

from __future__ import annotations

from collections.abc import Iterable

from netlab.dns.iterate import Resolution
from netlab.dns.names import to_text
from netlab.dns.records import NOERROR, NXDOMAIN, SERVFAIL, RRset, rcode_text, type_text
from netlab.dns.steps import ResolutionStep, TracedAnswer
from netlab.errors import INTERRUPTED
from netlab.report.quantity import Column, Measurement, Table, Value

Row = tuple[Value, ...]

QUESTIONS = (
    Column("question", "1"),
    Column("name", ""),
    Column("type", ""),
    Column("rcode", ""),
    Column("time", "s"),
    Column("queries", "1"),
    Column("bytes out", "B"),
    Column("bytes in", "B"),
    Column("cache hits", "1"),
    Column("ignored", "1"),
    Column("dropped", "1"),
    Column("from cache", ""),
    Column("reason", ""),
    Column("started", "s"),
)
STEPS = (
    Column("question", "1"),
    Column("step", "1"),
    Column("depth", "1"),
    Column("for", ""),
    Column("zone", ""),
    Column("server", ""),
    Column("address", ""),
    Column("port", "1"),
    Column("transport", ""),
    Column("edns", ""),
    Column("name", ""),
    Column("type", ""),
    Column("started", "s"),
    Column("rtt", "s"),
    Column("sent", "B"),
    Column("received", "B"),
    Column("flags", ""),
    Column("rcode", ""),
    Column("kind", ""),
    Column("cached", ""),
    Column("why", ""),
    Column("found", ""),
    Column("then", ""),
    Column("ignored", "1"),
    Column("ignored replies", ""),
    Column("extra", ""),
)
RECORDS = (
    Column("question", "1"),
    Column("step", "1"),
    Column("section", ""),
    Column("name", ""),
    Column("ttl", "s"),
    Column("type", ""),
    Column("data", ""),
    Column("dropped", ""),
)
ANSWERS = (
    Column("question", "1"),
    Column("section", ""),
    Column("name", ""),
    Column("ttl", "s"),
    Column("type", ""),
    Column("data", ""),
)
HOST = (
    Column("question", "1"),
    Column("from", ""),
    Column("to", ""),
    Column("transport", ""),
    Column("sent", "B"),
    Column("received", "B"),
    Column("flags", ""),
    Column("rcode", ""),
    Column("rtt", "s"),
)

EXIT_CODES = {NOERROR: 0, NXDOMAIN: 5, SERVFAIL: 6}
OTHER_RCODE = 7


def worst_exit_code(rcodes: Iterable[str]) -> int:
    """Of several answers: that of the worst."""
    by_name = {rcode_text(rcode): code for rcode, code in EXIT_CODES.items()}
    return max((by_name.get(rcode, OTHER_RCODE) for rcode in rcodes), default=0)


def exit_code(found: Measurement) -> int:
    """The exit code of the worst answer in a report; that of Ctrl-C where it came before there was any."""
    table = next(table for table in found.tables if table.name == "questions")
    if not table.rows and found.interrupted:
        return INTERRUPTED
    return worst_exit_code(str(row[table.column("rcode")]) for row in table.rows)


class ResolutionTables:
    """Tables that grow by a resolution at a time."""

    def __init__(self) -> None:
        self.questions: list[Row] = []
        self.steps: list[Row] = []
        self.records: list[Row] = []
        self.answers: list[Row] = []
        self.host: list[Row] = []

    def add(self, resolution: Resolution, answer: TracedAnswer, started_s: float, ended_s: float) -> int:
        """Add one; times are by the loop's clock. Returns the question's number."""
        number = len(self.questions) + 1
        dropped = sum(len(step.dropped) for step in resolution.steps)
        self.questions.append(
            (
                number,
                to_text(resolution.name),
                type_text(resolution.rtype),
                rcode_text(answer.rcode),
                ended_s - started_s,
                resolution.sent,
                resolution.sent_bytes,
                resolution.received_bytes,
                resolution.cache_hits,
                resolution.ignored,
                dropped,
                answer.from_cache,
                answer.reason,
                0.0,
            )
        )
        for section, sets in (("answer", answer.answer), ("authority", answer.authority)):
            self.answers += [(number, section, *cells) for rrset in sets for cells in _cells(rrset)]
        for index, step in enumerate(resolution.steps, 1):
            self._step(number, index, step, started_s)
        return number

    def tables(self) -> tuple[Table, ...]:
        """All of them; the host's only where there is one."""
        found = [
            Table("questions", QUESTIONS, tuple(self.questions)),
            Table("answers", ANSWERS, tuple(self.answers)),
            Table("steps", STEPS, tuple(self.steps)),
            Table("records", RECORDS, tuple(self.records)),
        ]
        if self.host:
            found.append(Table("host", HOST, tuple(self.host)))
        return tuple(found)

    def _step(self, question: int, index: int, step: ResolutionStep, started_s: float) -> None:
        self.steps.append(
            (
                question,
                index,
                step.depth,
                step.purpose,
                to_text(step.zone),
                None if step.server is None else to_text(step.server),
                step.address,
                step.port,
                step.transport,
                step.edns,
                to_text(step.name),
                type_text(step.rtype),
                None if step.started_s is None else step.started_s - started_s,
                step.rtt_s,
                step.sent_bytes if step.asked else None,
                step.received_bytes,
                " ".join(step.flags),
                None if step.rcode is None else rcode_text(step.rcode),
                str(step.kind),
                step.kind == "cached",
                step.why,
                step.found,
                step.then,
                step.ignored,
                "; ".join(step.ignored_words),
                step.extra,
            )
        )
        why = {id(each.rrset): each.why for each in step.dropped}
        for section, sets in (("answer", step.answer), ("authority", step.authority), ("additional", step.additional)):
            for rrset in sets:
                self.records += [(question, index, section, *cells, why.get(id(rrset), "")) for cells in _cells(rrset)]


def _cells(rrset: RRset) -> list[tuple[str, int, str, str]]:
    owner, rtype = to_text(rrset.owner), type_text(rrset.rtype)
    return [(owner, rrset.ttl, rtype, text) for text in rrset.texts()]
