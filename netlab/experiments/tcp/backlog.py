"""`netlab tcp-backlog`: the two queues of a listening socket, filled until somebody is turned away (lecture 13)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Annotated

from netlab.errors import UsageError
from netlab.experiment import Experiment
from netlab.experiments.tcp.backlog_rows import AttemptRow, QueueRow
from netlab.experiments.tcp.backlog_scene import BacklogPlan, BacklogResult, fill_accept_queue, fill_half_open_queue
from netlab.experiments.wire.options import Delay, Pcap, Seed, Timeline
from netlab.experiments.wire.trace import Trace, observe, recorded
from netlab.experiments.wire.trace_tables import report
from netlab.network.conditions import Conditions
from netlab.network.scene import Scene
from netlab.network.two_hosts import TwoHostsPlan
from netlab.option import Option
from netlab.progress import Progress, silent
from netlab.report.phrase import say
from netlab.report.quantity import Chart, Draft, Evidence, Measurement
from netlab.report.rows import table_of

SOMAXCONN = 2  # of the case that shows its limit
ACCEPT_QUEUE, CAPPED = "accept queue", f"somaxconn {SOMAXCONN}"
NO_COOKIES, COOKIES = "half-open, no cookies", "half-open, SYN cookies"
_CASES: dict[str, tuple[Scene[BacklogPlan, BacklogResult], dict[str, int]]] = {  # with sysctls of the server
    ACCEPT_QUEUE: (fill_accept_queue, {}),
    NO_COOKIES: (fill_half_open_queue, {"net.ipv4.tcp_syncookies": 0}),
    COOKIES: (fill_half_open_queue, {"net.ipv4.tcp_syncookies": 1}),
    CAPPED: (fill_accept_queue, {"net.core.somaxconn": SOMAXCONN}),
}


@dataclass(frozen=True, slots=True)
class Parameters:
    """listen(`backlog`), and `clients` that want in. `delay_s` is one way. `timeline`: show that of the first case."""

    backlog: Annotated[int, Option("What listen() is given.", "N", 1, 50)] = 3
    clients: Annotated[int, Option("How many want in.", "N", 4, 60)] = 7
    delay_s: Delay = 0.005
    timeline: Timeline = False
    pcap: Pcap = None
    seed: Seed = 1


def measure(parameters: Parameters, progress: Progress) -> Measurement:
    """Play four cases, each on a network of its own. Raises MachineLacks, UsageError."""
    least = parameters.backlog + 3
    if parameters.clients < least:
        what = f"{parameters.clients} clients do not fill a queue of {parameters.backlog}"
        raise UsageError(what, f"--clients {least}, or more")
    hosts = TwoHostsPlan.alike(Conditions(delay_s=parameters.delay_s), parameters.seed)
    runs: dict[str, tuple[BacklogResult, Trace]] = {}
    for number, (name, (scene, sysctls)) in enumerate(_CASES.items()):
        progress(number / len(_CASES), name)
        plan = BacklogPlan(hosts, parameters.backlog, parameters.clients, sysctls)
        if number == 0:
            here = replace(plan, hosts=hosts.on_loopback())
            runs[name] = recorded(scene, plan, silent, parameters.pcap, on_loopback=here)
            if runs[name][1].lacking:
                break  # the other cases turn sysctls: those of this machine are not ours to turn
        else:
            runs[name] = observe(scene, plan, silent)
    return judged(parameters, runs)


def judged(parameters: Parameters, runs: Mapping[str, tuple[BacklogResult, Trace]]) -> Measurement:
    """What was seen of each queue, and whether it is as long as the kernel is said to have it."""
    draft = Draft()
    queue, trace = runs[ACCEPT_QUEUE]
    _check_accept_queue(draft, parameters, queue)
    if not trace.lacking:
        _check_half_open(draft, parameters, runs)
    draft.show(timeline=parameters.timeline)
    queues = [_queue(name, result) for name, (result, _) in runs.items()]
    draft.tables += [table_of(AttemptRow, queue.attempts), table_of(QueueRow, queues)]
    report(draft, trace)
    draft.charts.append(Chart("bar", "Who waits for accept(), attempt by attempt", "attempts", "attempt", "waiting"))
    return draft.finish()


def _queue(case: str, result: BacklogResult) -> QueueRow:
    waiting = max((each.waiting for each in result.attempts), default=0)
    return QueueRow(case, result.limit, waiting, result.half_open, result.drops, result.cookies)


def _check_accept_queue(draft: Draft, parameters: Parameters, queue: BacklogResult) -> None:
    n, fit = parameters.backlog, sum(each.client_is == "ESTABLISHED" for each in queue.attempts)
    away = parameters.clients - fit
    draft.fact("listen()", n, "1", "the backlog that the application asked for")
    draft.fact("fit into the accept queue", fit, "1")
    draft.fact("turned away", away, "1", "their SYN was dropped; they are in SYN-SENT and try again")
    draft.fact("got in after one accept()", queue.got_in, "1", "by trying again, as the server counts them")
    draft.fact("ESTABLISHED at their own end", queue.established, "1", "of those who tried again, at that moment")
    draft.answer = say("listen({n}) let {fit} connections wait and turned {away} away.", n=n, fit=fit, away=away)
    source = "listen(2); sk_acceptq_is_full() of <net/sock.h>"
    attempts, row = Evidence(table="attempts"), Evidence(table="queues", row=0)
    draft.check("the queue takes one more than listen() says", source, n + 1, fit, attempts, row)
    counted = queue.overflows >= away
    draft.check("the kernel counts every SYN it drops for it", "ListenOverflows, nstat(8)", True, counted, attempts)
    claim, got_in = "who was turned away gets in by trying again", Evidence(fact="got in after one accept()")
    draft.check(claim, "RFC 9293 §3.8.1", True, queue.got_in >= 1, got_in)
    claim, first = "whom nobody has accepted is ESTABLISHED all the same", queue.attempts[0]
    draft.check(claim, "course, lecture 13", "ESTABLISHED", first.client_is, Evidence(table="attempts", row=0))
    text = (
        "listen({n}) let {fit} connections wait. The {next} got no answer at all, not even a reset: to it the "
        "server looks slow, not full."
    )
    draft.finding(say(text, n=n, fit=fit, next=_ordinal(fit + 1)), attempts)
    if queue.established > queue.got_in:
        text = (
            "One accept() made room for one, and {established} clients are ESTABLISHED by it: a SYN is answered while "
            "there is room, but the place is taken only by the ACK. Whose ACK comes too late is not told; its server "
            "keeps it half-open, and sends the SYN+ACK again."
        )
        draft.finding(say(text, established=queue.established), Evidence(fact="ESTABLISHED at their own end"))


def _check_half_open(draft: Draft, parameters: Parameters, runs: Mapping[str, tuple[BacklogResult, Trace]]) -> None:
    n, clients = parameters.backlog, parameters.clients
    plain, (cookies, trace), limit = runs[NO_COOKIES][0], runs[COOKIES], runs[CAPPED][0].limit
    row = {name: Evidence(table="queues", row=number) for number, name in enumerate(runs)}
    claim = "half-open ones have a queue of their own, of this length or one more"
    draft.check(claim, "course, lecture 13", True, n <= plain.half_open <= n + 1, row[NO_COOKIES])
    claim = "beyond it, without SYN cookies, SYNs are dropped"
    draft.check(claim, "TCPReqQFullDrop", clients - plain.half_open, plain.requests_dropped, row[NO_COOKIES])
    claim = "with SYN cookies they are answered, and nothing is kept"
    draft.check(claim, "RFC 4987 §3.6", clients - cookies.half_open, cookies.cookies, row[COOKIES])
    answered = {each.tcp.destination_port for each in trace.segments if each.sender == "server"}
    draft.check("so every client gets its SYN+ACK", "RFC 4987 §3.6", clients, len(answered), row[COOKIES])
    claim = "net.core.somaxconn cuts listen() short, silently"
    draft.check(claim, "listen(2)", min(n, SOMAXCONN), limit, row[CAPPED])


def _ordinal(number: int) -> str:
    ending = "th" if 10 < number % 100 < 14 else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{ending}"


EXPERIMENT = Experiment(
    Parameters,
    measure,
    about="""Fill the two queues of a listening socket, and see who is turned away.

    Connections that nobody accepts; half-open ones, with and without SYN
    cookies; and what listen() really allows.
    """,
    examples=("netlab tcp-backlog", "netlab tcp-backlog --backlog 1 --clients 4 --timeline --pcap queue.pcap"),
)
