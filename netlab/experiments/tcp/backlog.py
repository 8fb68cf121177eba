"""`netlab tcp-backlog`: the two queues of a listening socket, filled until somebody is turned away (lecture 13)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from netlab.errors import UsageError
from netlab.experiment import Experiment
from netlab.experiments.tcp import backlog_scene
from netlab.experiments.tcp.backlog_rows import AttemptRow, QueueRow
from netlab.experiments.tcp.backlog_scene import AcceptQueueResult, BacklogPlan, HalfOpenResult
from netlab.experiments.wire.options import Delay, Pcap, Seed, Timeline
from netlab.experiments.wire.trace import Trace, check_path, observe, report, save
from netlab.network.conditions import Conditions
from netlab.network.two_hosts import TwoHostsPlan
from netlab.option import Option
from netlab.progress import Progress, silent
from netlab.report.quantity import Chart, Draft, Measurement
from netlab.report.rows import table_of

SOMAXCONN = 2  # of the case that shows its limit
_COOKIES = "net.ipv4.tcp_syncookies"


@dataclass(frozen=True, slots=True)
class Parameters:
    """listen(`backlog`), and `clients` that want in. `delay_s` is one way. `timeline`: show that of the first case."""

    backlog: Annotated[int, Option("What listen() is given.", "N", 1, 50)] = 3
    clients: Annotated[int, Option("How many want in.", "N", 4, 60)] = 7
    delay_s: Delay = 0.005
    timeline: Timeline = False
    pcap: Pcap = None
    seed: Seed = 1


@dataclass(frozen=True, slots=True)
class TurnedCases:
    """What takes sysctls of our own: SYNs alone, without SYN cookies and with them, and a smaller somaxconn."""

    no_cookies: HalfOpenResult
    cookies: HalfOpenResult
    cookies_trace: Trace
    somaxconn: AcceptQueueResult


def measure(parameters: Parameters, progress: Progress) -> Measurement:
    """Play four cases, each on a network of its own. Raises MachineLacks, UsageError."""
    least = parameters.backlog + 3
    if parameters.clients < least:
        what = f"{parameters.clients} clients do not fill a queue of {parameters.backlog}"
        raise UsageError(what, f"--clients {least}, or more")
    check_path(parameters.pcap)
    progress(0.0, "accept queue")
    here = _plan(parameters, {}, on_loopback=True) if parameters.pcap is None else None
    queue, trace = observe(backlog_scene.fill_accept_queue, _plan(parameters, {}), silent, on_loopback=here)
    # The other cases turn sysctls: those of this machine are not ours to turn.
    turned = None if trace.lacking else _play_turned(parameters, progress)
    save(trace, parameters.pcap)
    return judged(parameters, queue, trace, turned)


def _play_turned(parameters: Parameters, progress: Progress) -> TurnedCases:
    progress(0.25, "half-open, no cookies")
    no_cookies, _ = observe(backlog_scene.fill_half_open_queue, _plan(parameters, {_COOKIES: 0}), silent)
    progress(0.5, "half-open, SYN cookies")
    cookies, trace = observe(backlog_scene.fill_half_open_queue, _plan(parameters, {_COOKIES: 1}), silent)
    progress(0.75, f"somaxconn {SOMAXCONN}")
    plan = _plan(parameters, {"net.core.somaxconn": SOMAXCONN})
    somaxconn, _ = observe(backlog_scene.fill_accept_queue, plan, silent)
    return TurnedCases(no_cookies, cookies, trace, somaxconn)


def _plan(parameters: Parameters, sysctls: dict[str, int], *, on_loopback: bool = False) -> BacklogPlan:
    hosts = TwoHostsPlan.alike(Conditions(delay_s=parameters.delay_s), parameters.seed)
    hosts = hosts.on_loopback() if on_loopback else hosts
    return BacklogPlan(hosts, parameters.backlog, parameters.clients, sysctls)


def judged(parameters: Parameters, queue: AcceptQueueResult, trace: Trace, turned: TurnedCases | None) -> Measurement:
    """What was seen of each queue, and whether it is as long as the kernel is said to have it."""
    draft = Draft()
    _check_accept_queue(draft, parameters, queue)
    rows = [_accept_row("accept queue", queue)]
    if turned is not None:
        _check_turned(draft, parameters, turned)
        rows.append(_half_open_row("half-open, no cookies", turned.no_cookies))
        rows.append(_half_open_row("half-open, SYN cookies", turned.cookies))
        rows.append(_accept_row(f"somaxconn {SOMAXCONN}", turned.somaxconn))
    draft.fact("show the timeline", parameters.timeline, "")
    draft.tables += [table_of(AttemptRow, queue.attempts), table_of(QueueRow, rows)]
    report(draft, trace)
    draft.charts.append(Chart("bar", "Who waits for accept(), attempt by attempt", "attempts", "attempt", "waiting"))
    return draft.finish()


def _accept_row(name: str, result: AcceptQueueResult) -> QueueRow:
    waiting = max(each.waiting for each in result.attempts)
    return QueueRow(name, result.limit, waiting, 0, result.counters.drops, result.counters.cookies)


def _half_open_row(name: str, result: HalfOpenResult) -> QueueRow:
    return QueueRow(name, result.limit, 0, result.half_open, result.counters.drops, result.counters.cookies)


def _check_accept_queue(draft: Draft, parameters: Parameters, queue: AcceptQueueResult) -> None:
    n, fit = parameters.backlog, sum(each.client_is == "ESTABLISHED" for each in queue.attempts)
    away = parameters.clients - fit
    draft.fact("listen()", n, "1", "the backlog that the application asked for")
    draft.fact("fit into the accept queue", fit, "1")
    draft.fact("turned away", away, "1", "their SYN was dropped; they are in SYN-SENT and try again")
    draft.fact("got in after one accept()", queue.got_in, "1", "by trying again, as the server counts them")
    draft.fact("ESTABLISHED at their own end", queue.established, "1", "of those who tried again, at that moment")
    source = "listen(2); sk_acceptq_is_full() of <net/sock.h>"
    draft.check("the queue takes one more than listen() says", source, n + 1, fit)
    counted = queue.counters.overflows >= away
    draft.check("the kernel counts every SYN it drops for it", "ListenOverflows, nstat(8)", True, counted)
    draft.check("who was turned away gets in by trying again", "RFC 9293 §3.8.1", True, queue.got_in >= 1)
    claim, first = "whom nobody has accepted is ESTABLISHED all the same", queue.attempts[0]
    draft.check(claim, "course, lecture 13", "ESTABLISHED", first.client_is)
    draft.findings.append(
        f"listen({n}) let {fit} connections wait. The {_ordinal(fit + 1)} got no answer at all, not even a reset: "
        "to it the server looks slow, not full."
    )
    if queue.established > queue.got_in:
        draft.findings.append(
            f"One accept() made room for one, and {queue.established} clients are ESTABLISHED by it: a SYN is answered "
            "while there is room, but the place is taken only by the ACK. Whose ACK comes too late is not told; its "
            "server keeps it half-open, and sends the SYN+ACK again."
        )


def _check_turned(draft: Draft, parameters: Parameters, cases: TurnedCases) -> None:
    n, clients, half = parameters.backlog, parameters.clients, cases.no_cookies.half_open
    claim = "half-open ones have a queue of their own, of this length or one more"
    draft.check(claim, "course, lecture 13", True, n <= half <= n + 1)
    dropped = cases.no_cookies.counters.requests_dropped
    draft.check("beyond it, without SYN cookies, SYNs are dropped", "TCPReqQFullDrop", clients - half, dropped)
    beyond, sent = clients - cases.cookies.half_open, cases.cookies.counters.cookies
    draft.check("with SYN cookies they are answered, and nothing is kept", "RFC 4987 §3.6", beyond, sent)
    answers = {each.tcp.destination_port for each in cases.cookies_trace.segments if each.sender == "server"}
    draft.check("so every client gets its SYN+ACK", "RFC 4987 §3.6", clients, len(answers))
    limit = cases.somaxconn.limit
    draft.check("net.core.somaxconn cuts listen() short, silently", "listen(2)", min(n, SOMAXCONN), limit)


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
