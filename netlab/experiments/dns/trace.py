"""`netlab dns trace`: resolve from the root and show every step, every reply, and why the resolver went there next.

In the miniature Internet a single question is asked as in the course: a host sends it to its local name server (a UDP
socket in this process), which iterates. Otherwise this process iterates itself.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Annotated

from netlab.dns import stub
from netlab.dns.exchange import NameServer
from netlab.dns.iterate import Resolution
from netlab.dns.names import Name, from_text, reverse, to_text
from netlab.dns.records import NOERROR, rcode_text, type_from_text
from netlab.dns.recursor import Recursor
from netlab.dns.steps import TracedAnswer
from netlab.dns.transport import Listener, shown
from netlab.errors import UsageError
from netlab.experiment import Experiment
from netlab.experiments.dns import batch
from netlab.experiments.dns.exit_codes import exit_code
from netlab.experiments.dns.options import HOW, NAME, TYPE
from netlab.experiments.dns.resolution_tables import ResolutionTables
from netlab.experiments.dns.trace_rows import HostRow
from netlab.experiments.dns.world import StartingPoint, World, question_name, world
from netlab.option import Argument, Option
from netlab.progress import Progress
from netlab.report.phrase import count, say
from netlab.report.quantity import Draft, Evidence, Measurement

COURSE_NAME = "my.xxsilence.net"
COURSE = ("my.xxsilence.net.", "A")
COURSE_STEPS = 8
MOST_NAMES = 10_000


@dataclass(frozen=True, slots=True)
class Questions(StartingPoint):
    """`questions`: "NAME TYPE" each. `cache`: keep the cache from one question to the next."""

    questions: tuple[str, ...] = (f"{COURSE_NAME} A",)
    cache: bool = False


@dataclass(frozen=True, slots=True)
class Parameters(Questions):
    """As one asks: a name, the name of an address, or a file of them, which come to `questions`."""

    cache: Annotated[bool, Option("Keep the cache between names.", panel=HOW)] = False
    name: Annotated[str, replace(NAME, recorded=False)] = COURSE_NAME
    type: Annotated[str, replace(TYPE, recorded=False)] = "A"
    reverse_of: Annotated[str | None, Option("The name of an address, instead.", "IP", name="-x", recorded=False)] = (
        None
    )
    batch: Annotated[
        Path | None, Option("Names from a file: NAME [TYPE] a line; - is stdin.", "FILE", recorded=False)
    ] = None


@dataclass(frozen=True, slots=True)
class ReverseParameters(Questions):
    address: Annotated[str, Argument("An IPv4 or IPv6 address.", "IP", recorded=False)] = field(kw_only=True)


def wanted(questions: tuple[str, ...]) -> list[tuple[Name, int]]:
    """The questions, read. UsageError."""
    if len(questions) > MOST_NAMES:
        raise UsageError(
            f"{len(questions):,} names are too many for one run: at most {MOST_NAMES:,}, as every step is kept",
            f"split -l {MOST_NAMES} FILE",
        )
    found = []
    for question in questions:
        name, _, rtype = question.rpartition(" ")
        found.append((question_name(name), type_from_text(rtype)))
    return found


def ptr_question(address: str) -> str:
    """What is asked to find the name of an IP address. UsageError."""
    return f"{to_text(reverse(address))} PTR"


def _settle(parameters: Parameters, written: frozenset[str]) -> Parameters:
    if parameters.reverse_of is not None and (parameters.batch is not None or parameters.name != COURSE_NAME):
        raise UsageError(f"-x and {'--batch' if parameters.batch is not None else 'NAME'} exclude each other")
    if parameters.batch is not None and parameters.name != COURSE_NAME:
        raise UsageError("--batch and NAME exclude each other: the names are in the file")
    questions: tuple[str, ...] = (f"{parameters.name} {parameters.type}",)
    if parameters.batch is not None:
        questions = batch.read(parameters.batch, parameters.type)
    elif parameters.reverse_of is not None:
        questions = (ptr_question(parameters.reverse_of),)
    return replace(parameters, questions=questions, roots=parameters.roots_apart())


def _settle_reverse(parameters: ReverseParameters, written: frozenset[str]) -> ReverseParameters:
    questions = (ptr_question(parameters.address),)
    return replace(parameters, questions=questions, roots=parameters.roots_apart())


def measure(parameters: Questions, progress: Progress) -> Measurement:
    """Resolve every question. Ctrl-C gives those that are done. Raises NetlabError."""
    questions = wanted(parameters.questions)
    draft, tables = Draft(), ResolutionTables()
    with world(parameters) as here:
        draft.fact("from", here.where, "")
        resolver = here.resolver()
        try:
            for number, (name, rtype) in enumerate(questions):
                progress(number / len(questions), f"resolving {to_text(name)}")
                if not parameters.cache:
                    resolver = here.resolver()
                if here.net is not None and len(questions) == 1:
                    _ask_as_a_host(here, name, rtype, tables, draft)
                    continue
                resolution = Resolution(resolver, name, rtype, here.loop.now_s())
                started_s = here.loop.now_s()
                answer = here.upstream.resolve(resolution.run())
                tables.add(resolution, answer, started_s, here.loop.now_s())
                draft.findings += resolution.differences
        except KeyboardInterrupt:
            draft.interrupted = True
    return _report(draft, tables, parameters)


def _ask_as_a_host(here: World, name: Name, rtype: int, tables: ResolutionTables, draft: Draft) -> None:
    """The course's way: a stub asks, the local name server iterates and answers."""
    ended: list[tuple[Resolution, TracedAnswer, float]] = []

    def resolved(resolution: Resolution, answer: TracedAnswer) -> None:
        ended.append((resolution, answer, here.loop.now_s()))

    recursor = Recursor(here.resolver(), here.upstream.drive, here.loop.now_s, resolved)
    listener = Listener(here.loop, ("127.0.0.1", 0), recursor, Counter())
    try:
        started_s = here.loop.now_s()
        local = NameServer(from_text("local-name-server"), *listener.where)
        reply = stub.ask(here.upstream, here.rng, local, name, rtype, timeout_s=here.limits.total_s + 1.0, tries=1)
    finally:
        listener.close()
    resolution, answer, ended_s = ended[0]
    number = tables.add(resolution, answer, started_s, ended_s)
    draft.findings += resolution.differences
    message, server = reply.message, f"local name server, {shown(listener.where)}"
    sizes, flags, rcode = (reply.sent_bytes, message.size), " ".join(message.flag_names()), rcode_text(message.rcode)
    tables.host.append(HostRow(number, "host", server, reply.transport, *sizes, flags, rcode, reply.rtt_s))
    claim = "the host is told what the local name server found out"
    draft.check(claim, "RFC 1034 §4.3.1", rcode_text(answer.rcode), rcode, Evidence(table="host"))
    plain = not (here.policy.qmin or here.policy.all_paths or here.own_zones)
    if plain and answer.rcode == NOERROR and (to_text(name), rtype) == (COURSE[0], type_from_text(COURSE[1])):
        sent = 2 + 2 * resolution.sent
        claim, seen = "messages from the question to the answer", (Evidence(table="host"), Evidence(table="steps"))
        draft.check(claim, "course, lecture 1", COURSE_STEPS, sent, *seen)


def _answer(tables: ResolutionTables) -> str:
    """Of one question."""
    (asked,) = tables.questions
    found = [each.data for each in tables.answers if each.type == asked.type]
    text = "{name} {type}: {answer}, found with {queries}."
    queries = count(asked.queries, "one query", "{n} queries")
    return say(text, name=asked.name, type=asked.type, answer=", ".join(found) or asked.rcode, queries=queries)


def _report(draft: Draft, tables: ResolutionTables, parameters: Questions) -> Measurement:
    questions = tables.questions
    draft.fact("questions", len(questions), "1")
    draft.fact("queries sent", sum(each.queries for each in questions), "1")
    draft.fact("cache hits", sum(each.cache_hits for each in questions), "1")
    draft.fact("replies ignored", sum(each.ignored for each in questions), "1")
    draft.fact("record sets dropped", sum(each.dropped for each in questions), "1")
    draft.fact("time", sum(each.time for each in questions), "s")
    if len(questions) == 1:
        draft.fact("rcode", questions[0].rcode, "")
        draft.answer = _answer(tables)
    draft.tables += tables.tables()
    asked = len(parameters.questions)
    if missing := asked - len(questions):
        several = say("{missing} of {asked} questions were not answered by then.", missing=missing, asked=asked)
        draft.warnings.append(several if asked > 1 else "The question was not answered by then.")
    return draft.finish()


EXPERIMENT = Experiment(
    Parameters,
    measure,
    about="""Resolve a name from the root, and show every step and why it was taken.

    Exit codes: 0 NOERROR, 5 NXDOMAIN, 6 SERVFAIL, 7 another rcode.
    """,
    examples=(
        "netlab dns trace",
        "netlab dns trace www.deep.test --qmin",
        "netlab dns trace example.com --live",
    ),
    plots=False,
    settle=_settle,
    exit_code=exit_code,
)

REVERSE = Experiment(
    ReverseParameters,
    measure,
    about="""Find the name of an IP address: PTR through in-addr.arpa or ip6.arpa, traced.

    Exit codes: 0 NOERROR, 5 NXDOMAIN, 6 SERVFAIL, 7 another rcode.
    """,
    examples=("netlab dns reverse 192.0.2.80", "netlab dns reverse 2001:db8::80 --json"),
    plots=False,
    settle=_settle_reverse,
    exit_code=exit_code,
)
