"""`netlab dns query`: one recursive question, as a stub asks it; the answer as dig shows it.

Without a server, netlab's own resolver is started for the call: it iterates in the miniature Internet.
"""

from __future__ import annotations

from collections import Counter
from contextlib import ExitStack
from dataclasses import dataclass, replace
from functools import partial
from typing import Annotated

from netlab.dns import stub
from netlab.dns.exchange import NameServer
from netlab.dns.loop import Loop
from netlab.dns.names import ROOT, to_text
from netlab.dns.records import rcode_text, type_from_text, type_text
from netlab.dns.recursor import Recursor
from netlab.dns.transport import Listener, Upstream, shown
from netlab.errors import UsageError
from netlab.experiment import Experiment
from netlab.experiments.dns.exit_codes import exit_code
from netlab.experiments.dns.options import NAME, Tcp, Timeout, Type, Zones, ip_and_port
from netlab.experiments.dns.query_rows import QuestionRow, ReplyRow
from netlab.experiments.dns.resolution_tables import record_cells
from netlab.experiments.dns.world import StartingPoint, question_name, rng, world
from netlab.experiments.options import AnySeed
from netlab.option import Option
from netlab.progress import Progress
from netlab.report.phrase import say
from netlab.report.quantity import Draft, Measurement
from netlab.report.rows import table_of


@dataclass(frozen=True, slots=True)
class Parameters:
    """A question. `server` None: netlab's own. Seconds."""

    name: Annotated[str, replace(NAME, metavar="NAME")]
    type: Type = "A"
    server: Annotated[str | None, Option("The resolver; without it, netlab's own.", "IP[:PORT]")] = None
    port: int | None = None
    zones: Zones = None
    tcp: Tcp = False
    timeout_s: Timeout = 5.0
    seed: AnySeed = None


def _settle(parameters: Parameters, written: frozenset[str]) -> Parameters:
    if not parameters.server:
        return replace(parameters, server=None)
    at = ip_and_port(parameters.server)
    if parameters.zones is not None:
        raise UsageError("--server and --zones exclude each other")
    return replace(parameters, server=at.host, port=at.port)


def measure(parameters: Parameters, progress: Progress) -> Measurement:
    """Ask. Raises UsageError and PeerError."""
    name, rtype = question_name(parameters.name), type_from_text(parameters.type)
    ask = partial(stub.ask, name=name, rtype=rtype, tcp=parameters.tcp, timeout_s=parameters.timeout_s)
    with ExitStack() as stack:
        if parameters.server is not None:
            loop = Loop()
            stack.callback(loop.close)
            upstream = Upstream(loop)
            stack.callback(upstream.close)
            server = NameServer(ROOT, parameters.server, parameters.port or 53)
            return _report(parameters, ask(upstream, rng(parameters.seed), server), server, None, None)
        here = stack.enter_context(world(StartingPoint(zones=parameters.zones, seed=parameters.seed)))
        recursor = Recursor(here.resolver(), here.upstream.drive, here.loop.now_s)
        listener = Listener(here.loop, ("127.0.0.1", 0), recursor, Counter())
        stack.callback(listener.close)
        server = NameServer(ROOT, *listener.where)
        answer = ask(here.upstream, here.rng, server)
        return _report(parameters, answer, server, recursor.counts["upstream"], here.where)


def _report(
    parameters: Parameters, answer: stub.StubAnswer, server: NameServer, upstream: int | None, where: str | None
) -> Measurement:
    draft, reply = Draft(), answer.message
    rcode, asked = rcode_text(reply.rcode), reply.question
    draft.fact("status", rcode, "")
    draft.fact("id", reply.id, "")
    draft.fact("flags", " ".join(reply.flag_names()), "")
    draft.fact("server", shown((server.address, server.port)), "")
    draft.fact("own resolver", where or "", "")
    draft.fact("transport", answer.transport, "")
    draft.fact("rtt", answer.rtt_s, "s")
    draft.fact("sent", answer.sent_bytes, "B")
    draft.fact("received", reply.size, "B")
    draft.fact("tries", answer.tries, "1")
    draft.fact("replies ignored", answer.ignored, "1")
    draft.fact("udp size", reply.udp_size, "B", "EDNS, as the server offers it")
    draft.fact("upstream queries", upstream, "1", "what the resolver sent to find out")
    question = (to_text(asked.name), type_text(asked.rtype)) if asked else (parameters.name, parameters.type)
    draft.tables.append(table_of(QuestionRow, [QuestionRow(*question, rcode)]))
    text = "{name} {type}: {status}, in {rtt:.2f} ms."
    draft.answer = say(text, name=question[0], type=question[1], status=rcode, rtt=answer.rtt_s * 1e3)
    records = [
        *(ReplyRow("answer", *cells) for rrset in reply.answer for cells in record_cells(rrset)),
        *(ReplyRow("authority", *cells) for rrset in reply.authority for cells in record_cells(rrset)),
        *(ReplyRow("additional", *cells) for rrset in reply.additional for cells in record_cells(rrset)),
    ]
    draft.tables.append(table_of(ReplyRow, records))
    return draft.finish()


EXPERIMENT = Experiment(
    Parameters,
    measure,
    about="""Ask a resolver one recursive question, and show its answer as dig does.

    Exit codes: 0 NOERROR, 5 NXDOMAIN, 6 SERVFAIL, 7 another rcode, 4 no reply.
    """,
    examples=("netlab dns query my.xxsilence.net", "netlab dns query example.com MX --server 192.0.2.53"),
    plots=False,
    settle=_settle,
    exit_code=exit_code,
)
