"""`netlab dns query`: one recursive question, as a stub asks it; the answer as dig shows it.

Without a server, netlab's own resolver is started for the call: it iterates in the miniature Internet.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
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
from netlab.experiments.dns.options import NAME, Tcp, Timeout, Type, Zones, ip_and_port
from netlab.experiments.dns.story import exit_code
from netlab.experiments.dns.world import StartingPoint, question_name, rng, world
from netlab.experiments.options import AnySeed
from netlab.option import Option
from netlab.progress import Progress
from netlab.report.quantity import Column, Draft, Measurement, Table


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
    if parameters.server is not None:
        loop = Loop()
        upstream = Upstream(loop)
        try:
            server = NameServer(ROOT, parameters.server, parameters.port or 53)
            told = stub.ask(
                upstream, rng(parameters.seed), server, name, rtype, tcp=parameters.tcp, timeout_s=parameters.timeout_s
            )
        finally:
            upstream.close()
            loop.close()
        return _report(parameters, told, server, None, None)
    with world(StartingPoint(zones=parameters.zones, seed=parameters.seed)) as here:
        recursor = Recursor(here.resolver(), here.upstream.drive, here.loop.now_s)
        listener = Listener(here.loop, ("127.0.0.1", 0), recursor, Counter())
        try:
            server = NameServer(ROOT, *listener.where)
            told = stub.ask(
                here.upstream, here.rng, server, name, rtype, tcp=parameters.tcp, timeout_s=parameters.timeout_s
            )
        finally:
            listener.close()
        return _report(parameters, told, server, recursor.counts["upstream"], here.where)


def _report(
    parameters: Parameters, told: stub.StubAnswer, server: NameServer, upstream: int | None, where: str | None
) -> Measurement:
    draft, reply = Draft(), told.message
    draft.fact("status", rcode_text(reply.rcode), "")
    draft.fact("id", reply.id, "")
    draft.fact("flags", " ".join(reply.flag_names()), "")
    draft.fact("server", shown((server.address, server.port)), "")
    draft.fact("own resolver", where or "", "")
    draft.fact("transport", told.transport, "")
    draft.fact("rtt", told.rtt_s, "s")
    draft.fact("sent", told.sent_bytes, "B")
    draft.fact("received", reply.size, "B")
    draft.fact("tries", told.tries, "1")
    draft.fact("replies ignored", told.ignored, "1")
    draft.fact("udp size", reply.udp_size, "B", "EDNS, as the server offers it")
    draft.fact("upstream queries", upstream, "1", "what the resolver sent to find out")
    asked = reply.question
    draft.tables.append(
        Table(
            "questions",
            (Column("name", ""), Column("type", ""), Column("rcode", "")),
            (
                (
                    to_text(asked.name) if asked else parameters.name,
                    type_text(asked.rtype) if asked else parameters.type,
                    rcode_text(reply.rcode),
                ),
            ),
        )
    )
    rows = [
        (section, to_text(rrset.owner), rrset.ttl, type_text(rrset.rtype), text)
        for section, sets in (
            ("answer", reply.answer),
            ("authority", reply.authority),
            ("additional", reply.additional),
        )
        for rrset in sets
        for text in rrset.texts()
    ]
    columns = (Column("section", ""), Column("name", ""), Column("ttl", "s"), Column("type", ""), Column("data", ""))
    draft.tables.append(Table("records", columns, tuple(rows)))
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
