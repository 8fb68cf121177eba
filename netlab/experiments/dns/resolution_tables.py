"""A resolution as rows: the question, its steps, and every record of every reply. trace_view.py draws them."""

from __future__ import annotations

from dataclasses import dataclass, field

from netlab.dns.iterate import Resolution
from netlab.dns.names import to_text
from netlab.dns.records import RRset, rcode_text, type_text
from netlab.dns.steps import ResolutionStep, TracedAnswer
from netlab.experiments.dns.trace_rows import AnswerRow, HostRow, RecordRow, ResolutionRow, StepRow
from netlab.report.quantity import Table
from netlab.report.rows import table_of


@dataclass(slots=True)
class ResolutionTables:
    """Rows that grow by a resolution at a time."""

    questions: list[ResolutionRow] = field(default_factory=list)
    answers: list[AnswerRow] = field(default_factory=list)
    steps: list[StepRow] = field(default_factory=list)
    records: list[RecordRow] = field(default_factory=list)
    host: list[HostRow] = field(default_factory=list)

    def add(self, resolution: Resolution, answer: TracedAnswer, started_s: float, ended_s: float) -> int:
        """Add one; times are by the loop's clock. Returns the question's number."""
        number = len(self.questions) + 1
        self.questions.append(
            ResolutionRow(
                question=number,
                name=to_text(resolution.name),
                type=type_text(resolution.rtype),
                rcode=rcode_text(answer.rcode),
                time=ended_s - started_s,
                queries=resolution.sent,
                bytes_out=resolution.sent_bytes,
                bytes_in=resolution.received_bytes,
                cache_hits=resolution.cache_hits,
                ignored=resolution.ignored,
                dropped=sum(len(step.dropped) for step in resolution.steps),
                from_cache=answer.from_cache,
                reason=answer.reason,
            )
        )
        for section, sets in (("answer", answer.answer), ("authority", answer.authority)):
            self.answers += [AnswerRow(number, section, *cells) for rrset in sets for cells in record_cells(rrset)]
        for index, step in enumerate(resolution.steps, 1):
            self.steps.append(_step_row(number, index, step, started_s))
            self.records += _record_rows(number, index, step)
        return number

    def tables(self) -> tuple[Table, ...]:
        """All of them; the host's only where there is one."""
        return (
            table_of(ResolutionRow, self.questions),
            table_of(AnswerRow, self.answers),
            table_of(StepRow, self.steps),
            table_of(RecordRow, self.records),
            *([table_of(HostRow, self.host)] if self.host else []),
        )


def _step_row(question: int, index: int, step: ResolutionStep, started_s: float) -> StepRow:
    return StepRow(
        question=question,
        step=index,
        depth=step.depth,
        for_=step.purpose,
        zone=to_text(step.zone),
        server=None if step.server is None else to_text(step.server),
        address=step.address,
        port=step.port,
        transport=step.transport,
        edns=step.edns,
        name=to_text(step.name),
        type=type_text(step.rtype),
        started=None if step.started_s is None else step.started_s - started_s,
        rtt=step.rtt_s,
        sent=step.sent_bytes if step.asked else None,
        received=step.received_bytes,
        flags=" ".join(step.flags),
        rcode=None if step.rcode is None else rcode_text(step.rcode),
        kind=str(step.kind),
        cached=step.kind == "cached",
        why=step.why,
        found=step.found,
        then=step.then,
        ignored=step.ignored,
        ignored_replies="; ".join(step.ignored_words),
        extra=step.extra,
    )


def _record_rows(question: int, index: int, step: ResolutionStep) -> list[RecordRow]:
    why = {id(each.rrset): each.why for each in step.dropped}
    return [
        RecordRow(question, index, section, *cells, why.get(id(rrset), ""))
        for section, sets in (("answer", step.answer), ("authority", step.authority), ("additional", step.additional))
        for rrset in sets
        for cells in record_cells(rrset)
    ]


def record_cells(rrset: RRset) -> list[tuple[str, int, str, str]]:
    owner, rtype = to_text(rrset.owner), type_text(rrset.rtype)
    return [(owner, rrset.ttl, rtype, text) for text in rrset.texts()]
