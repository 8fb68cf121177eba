"""`netlab dns trace`: resolve from the root and show every step, every reply, and why the resolver went there next.

In the miniature Internet a single question is asked as in the course: a host sends it to its local name server (a UDP
socket in this process), which iterates. Otherwise this process iterates itself.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

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
from netlab.experiments.dns.story import ResolutionTables
from netlab.experiments.dns.world import StartingPoint, World, question_name, world
from netlab.progress import Progress
from netlab.report.quantity import Draft, Measurement

COURSE = ("my.xxsilence.net.", "A")
COURSE_STEPS = 8
MOST_NAMES = 10_000


@dataclass(frozen=True, slots=True)
class Parameters(StartingPoint):
    """`questions`: "NAME TYPE" each. `cache`: keep the cache from one question to the next."""

    questions: tuple[str, ...] = ("my.xxsilence.net A",)
    cache: bool = False


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


def measure(parameters: Parameters, progress: Progress) -> Measurement:
    """Resolve every question. Ctrl-C gives those that are done. Raises NetlabError."""
    questions = wanted(parameters.questions)
    draft, story = Draft(), ResolutionTables()
    with world(parameters) as here:
        draft.fact("from", here.where, "")
        resolver = here.resolver()
        try:
            for number, (name, rtype) in enumerate(questions):
                progress(number / len(questions), f"resolving {to_text(name)}")
                if not parameters.cache:
                    resolver = here.resolver()
                if here.net is not None and len(questions) == 1:
                    _as_a_host(here, name, rtype, story, draft)
                    continue
                resolution = Resolution(resolver, name, rtype, here.loop.now_s())
                started_s = here.loop.now_s()
                answer = here.upstream.resolve(resolution.run())
                story.add(resolution, answer, started_s, here.loop.now_s())
                draft.findings += resolution.differences
        except KeyboardInterrupt:
            draft.interrupted = True
    return _report(draft, story, parameters)


def _as_a_host(here: World, name: Name, rtype: int, story: ResolutionTables, draft: Draft) -> None:
    """The course's way: a stub asks, the local name server iterates and answers."""
    ended: list[tuple[Resolution, TracedAnswer, float]] = []
    recursor = Recursor(
        here.resolver(),
        here.upstream.drive,
        here.loop.now_s,
        lambda resolution, answer: ended.append((resolution, answer, here.loop.now_s())),
    )
    counts: Counter[str] = Counter()
    listener = Listener(here.loop, ("127.0.0.1", 0), recursor, counts)
    try:
        started_s = here.loop.now_s()
        local = NameServer(from_text("local-name-server"), *listener.where)
        told = stub.ask(here.upstream, here.rng, local, name, rtype, timeout_s=here.limits.total_s + 1.0, tries=1)
    finally:
        listener.close()
    resolution, answer, ended_s = ended[0]
    number = story.add(resolution, answer, started_s, ended_s)
    draft.findings += resolution.differences
    story.host.append(
        (
            number,
            "host",
            f"local name server, {shown(listener.where)}",
            told.transport,
            told.sent_bytes,
            told.message.size,
            " ".join(told.message.flag_names()),
            rcode_text(told.message.rcode),
            told.rtt_s,
        )
    )
    draft.check(
        "the host is told what the local name server found out",
        "RFC 1034 §4.3.1",
        rcode_text(answer.rcode),
        rcode_text(told.message.rcode),
    )
    plain = not (here.policy.qmin or here.policy.all_paths or here.own_zones)
    if plain and answer.rcode == NOERROR and (to_text(name), rtype) == (COURSE[0], type_from_text(COURSE[1])):
        draft.check(
            "messages from the question to the answer", "course, lecture 1", COURSE_STEPS, 2 + 2 * resolution.sent
        )


def _report(draft: Draft, story: ResolutionTables, parameters: Parameters) -> Measurement:
    rcode, time, queries = 3, 4, 5
    total = len(story.questions)
    draft.fact("questions", total, "1")
    draft.fact("queries sent", sum(int(row[queries] or 0) for row in story.questions), "1")
    draft.fact("cache hits", sum(int(row[8] or 0) for row in story.questions), "1")
    draft.fact("replies ignored", sum(int(row[9] or 0) for row in story.questions), "1")
    draft.fact("record sets dropped", sum(int(row[10] or 0) for row in story.questions), "1")
    draft.fact("time", sum(float(row[time] or 0) for row in story.questions), "s")
    if total == 1:
        draft.fact("rcode", story.questions[0][rcode], "")
    draft.tables += story.tables()
    asked = len(parameters.questions)
    if total < asked:
        left = f"{asked - total} of {asked} questions were" if asked > 1 else "The question was"
        draft.warnings.append(f"{left} not answered by then.")
    return draft.finish()


EXPERIMENT = Experiment(Parameters, measure)
