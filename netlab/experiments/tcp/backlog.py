"""`netlab tcp-backlog`: the two queues of a listening socket, filled until somebody is turned away (lecture 13)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any

from netlab.errors import UsageError
from netlab.experiment import Experiment
from netlab.experiments.tcp import backlog_scene
from netlab.experiments.wire import trace
from netlab.experiments.wire.options import Delay, Pcap, Seed, Timeline
from netlab.experiments.wire.trace import Trace
from netlab.network.conditions import Conditions
from netlab.option import Option
from netlab.progress import Progress
from netlab.report.quantity import Chart, Column, Draft, Measurement, Table, Value

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


def measure(parameters: Parameters, progress: Progress) -> Measurement:
    """Play four cases, each on a network of its own. Raises MachineLacks, UsageError."""
    if parameters.clients < parameters.backlog + 3:
        raise UsageError(
            f"{parameters.clients} clients do not fill a queue of {parameters.backlog}",
            f"--clients {parameters.backlog + 3}, or more",
        )
    trace.check_path(parameters.pcap)
    draft = Draft()
    runs: dict[str, Trace] = {}
    for number, (name, case, sysctls) in enumerate(_cases()):
        progress(number / 4, name)
        runs[name] = trace.run(
            backlog_scene.play,
            _config(parameters, case, sysctls),
            lambda done, text: None,
            on_loopback=not sysctls and parameters.pcap is None,
        )
        if runs[name].lacking:
            break  # the other cases turn sysctls: those of this machine are not ours to turn
    trace.save(runs["accept queue"], parameters.pcap)
    _checks(draft, parameters, {name: seen.result for name, seen in runs.items()}, runs)
    draft.fact("show the timeline", parameters.timeline, "")
    draft.tables += [_attempts(runs["accept queue"]), _queues(runs)]
    trace.report(draft, runs["accept queue"])
    draft.charts.append(Chart("bar", "Who waits for accept(), attempt by attempt", "attempts", "attempt", "waiting"))
    return draft.finish()


def _cases() -> tuple[tuple[str, str, dict[str, object]], ...]:
    """Name, case of the scenario, sysctls of the server."""
    return (
        ("accept queue", "accept-queue", {}),
        ("half-open, no cookies", "half-open", {_COOKIES: 0}),
        ("half-open, SYN cookies", "half-open", {_COOKIES: 1}),
        (f"somaxconn {SOMAXCONN}", "accept-queue", {"net.core.somaxconn": SOMAXCONN}),
    )


def _config(parameters: Parameters, case: str, sysctls: Mapping[str, object]) -> dict[str, Any]:
    return {
        "conditions": trace.both(Conditions(delay_s=parameters.delay_s)),
        "seed": parameters.seed,
        "case": case,
        "sysctls": dict(sysctls),
        "backlog": parameters.backlog,
        "clients": parameters.clients,
    }


def _checks(draft: Draft, parameters: Parameters, told: Mapping[str, Any], runs: Mapping[str, Trace]) -> None:
    n, clients, queue = parameters.backlog, parameters.clients, told["accept queue"]
    fit = sum(each["client"] == "ESTABLISHED" for each in queue["attempts"])
    away = clients - fit
    draft.fact("listen()", n, "1", "the backlog that the application asked for")
    draft.fact("fit into the accept queue", fit, "1")
    draft.fact("turned away", away, "1", "their SYN was dropped; they are in SYN-SENT and try again")
    draft.fact("got in after one accept()", queue["got_in"], "1", "by trying again, as the server counts them")
    draft.fact("ESTABLISHED at their own end", queue["believe"], "1", "of those who tried again, at that moment")
    draft.check(
        "the queue takes one more than listen() says", "listen(2); sk_acceptq_is_full() of <net/sock.h>", n + 1, fit
    )
    draft.check(
        "the kernel counts every SYN it drops for it",
        "ListenOverflows, nstat(8)",
        True,
        queue["counts"]["ListenOverflows"] >= away,
    )
    draft.check("who was turned away gets in by trying again", "RFC 9293 §3.8.1", True, queue["got_in"] >= 1)
    draft.check(
        "whom nobody has accepted is ESTABLISHED all the same",
        "course, lecture 13",
        "ESTABLISHED",
        queue["attempts"][0]["client"],
    )
    draft.findings.append(
        f"listen({n}) let {fit} connections wait. The {_ordinal(fit + 1)} got no answer at all, not even a reset: "
        "to it the server looks slow, not full."
    )
    if queue["believe"] > queue["got_in"]:
        draft.findings.append(
            f"One accept() made room for one, and {queue['believe']} clients are ESTABLISHED by it: a SYN is answered "
            "while there is room, but the place is taken only by the ACK. Whose ACK comes too late is not told; its "
            "server keeps it half-open, and sends the SYN+ACK again."
        )
    if not runs["accept queue"].lacking:
        _half_open(draft, n, clients, told, runs)


def _half_open(draft: Draft, n: int, clients: int, told: Mapping[str, Any], runs: Mapping[str, Trace]) -> None:
    plain, cookies, capped = (told[name] for name, _, _ in _cases()[1:])
    half = plain["half_open"]
    draft.check(
        "half-open ones have a queue of their own, of this length or one more",
        "course, lecture 13",
        True,
        n <= half <= n + 1,
    )
    draft.check(
        "beyond it, without SYN cookies, SYNs are dropped",
        "TCPReqQFullDrop",
        clients - half,
        plain["counts"]["TCPReqQFullDrop"],
    )
    draft.check(
        "with SYN cookies they are answered, and nothing is kept",
        "RFC 4987 §3.6",
        clients - cookies["half_open"],
        cookies["counts"]["SyncookiesSent"],
    )
    answered = {
        each.tcp.destination_port for each in runs["half-open, SYN cookies"].segments if each.sender == "server"
    }
    draft.check("so every client gets its SYN+ACK", "RFC 4987 §3.6", clients, len(answered))
    draft.check("net.core.somaxconn cuts listen() short, silently", "listen(2)", min(n, SOMAXCONN), capped["limit"])


def _ordinal(number: int) -> str:
    return f"{number}{ {1: 'st', 2: 'nd', 3: 'rd'}.get(number % 10, 'th') if not 10 < number % 100 < 14 else 'th' }"


def _attempts(seen: Trace) -> Table:
    rows: list[tuple[Value, ...]] = [
        (each["attempt"], each["client"], each["queue"], each["overflows"]) for each in seen.result["attempts"]
    ]
    columns = (Column("attempt", "1"), Column("client is", ""), Column("waiting", "1"), Column("ListenOverflows", "1"))
    return Table("attempts", columns, tuple(rows))


def _queues(runs: Mapping[str, Trace]) -> Table:
    rows: list[tuple[Value, ...]] = []
    for name, seen in runs.items():
        told = seen.result
        waiting = max((each["queue"] for each in told.get("attempts", ())), default=0)
        counts = told["counts"]
        rows.append(
            (name, told["limit"], waiting, told.get("half_open", 0), counts["ListenDrops"], counts["SyncookiesSent"])
        )
    columns = (
        Column("case", ""),
        Column("backlog", "1"),
        Column("waiting", "1"),
        Column("half-open", "1"),
        Column("SYNs dropped", "1"),
        Column("cookies", "1"),
    )
    return Table("queues", columns, tuple(rows))


EXPERIMENT = Experiment(
    Parameters,
    measure,
    about="""Fill the two queues of a listening socket, and see who is turned away.

    Connections that nobody accepts; half-open ones, with and without SYN
    cookies; and what listen() really allows.
    """,
    examples=("netlab tcp-backlog", "netlab tcp-backlog --backlog 1 --clients 4 --timeline --pcap queue.pcap"),
)
