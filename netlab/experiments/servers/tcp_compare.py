"""`netlab tcp-compare`: TCP modes side by side, with and without idle connections, and the table of UNP ch. 30."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Annotated

from netlab.experiment import Experiment
from netlab.experiments.options import COMPARISON, LOAD
from netlab.experiments.servers.compare import (
    BASELINE,
    Cell,
    CompareParameters,
    Result,
    Results,
    cells_of,
    how_to_read,
    limited_by_load,
    middle,
    modes_option,
    quotients,
    relative,
    rounds_fact,
    run_rounds,
    width,
)
from netlab.experiments.servers.options import MaxConnections
from netlab.experiments.servers.server_report import DISTURBED
from netlab.experiments.servers.tcp_compare_rows import ShortConnectionsRow, TcpModeRow
from netlab.notation import counts
from netlab.option import Option
from netlab.progress import Progress
from netlab.report.phrase import count, listed, say
from netlab.report.quantity import Chart, Draft, Evidence, Measurement, Table
from netlab.report.rows import table_of
from netlab.report.stats import clearly_more, median
from netlab.servers.limits import FD_SETSIZE
from netlab.servers.modes import find
from netlab.servers.placement import place

UNP_AT_ONCE = 32


@dataclass(frozen=True, slots=True)
class Parameters(CompareParameters):
    modes: Annotated[tuple[str, ...], modes_option("tcp")] = ("iterative", "fork", "thread", "select", "epoll")
    idle: Annotated[tuple[int, ...], Option("Silent ones beside them: 0,900.", "LIST", panel=LOAD, parse=counts)] = (
        0,
        900,
    )
    unp_connections: Annotated[
        int | None,
        Option("Instead: CPU time for N short connections.", "N", 10, panel=COMPARISON, name="--unp"),
    ] = None
    max_connections: MaxConnections = None


def measure(parameters: Parameters, progress: Progress) -> Measurement:
    """Run the rounds and make the table. Ctrl-C gives the rounds so far. Raises NetlabError."""
    if parameters.unp_connections:
        return _unp(parameters, progress)
    cells = cells_of(parameters)
    results, interrupted = run_rounds("tcp", parameters, cells, progress)
    draft = Draft()
    draft.fact("message size", parameters.size, "B")
    rounds_fact(draft, parameters, results, interrupted)
    draft.fact("each trial", parameters.duration_s, "s")
    draft.fact("placement", place(find("tcp", parameters.modes[0]), parameters.cpus).describe(), "")
    baseline = BASELINE if BASELINE in parameters.modes else parameters.modes[0]
    for part in _parts(parameters):
        draft.tables.append(_table(part, results, baseline))
        draft.charts.extend(_charts(part))
    draft.answer = most_messages(results, busy)
    _overtaking(draft, parameters, results)
    _bounds(draft, results)
    how_to_read(draft)
    common_checks(draft, results)
    draft.interrupted = interrupted
    return draft.finish()


def _parts(parameters: Parameters) -> list[Parameters]:
    """One table for all, or, where busy and idle connections both vary, one for each number of busy ones."""
    if len(parameters.connections) == 1 or len(parameters.idle) == 1:
        return [parameters]
    return [replace(parameters, connections=(connections,)) for connections in parameters.connections]


def _title(parameters: Parameters) -> str:
    return "" if len(parameters.connections) > 1 else say("modes with {busy}", busy=busy(parameters.connections[0]))


def busy(connections: int) -> str:
    return count(connections, "{n:,} busy connection", "{n:,} busy connections")


def _table(parameters: Parameters, results: Results, baseline: str) -> Table:
    """A row a cell. A column of loads only where there is more than one of them."""
    cells = [cell for cell in cells_of(parameters) if results[cell]]
    rows = [_row(cell, results[cell], results[replace(cell, mode=baseline)]) for cell in cells]
    varies = {"connections": len(parameters.connections) > 1, "idle": len(parameters.idle) > 1}
    without = [name for name, several in varies.items() if not several]
    named = {"relative": f"× {baseline}"}
    return table_of(TcpModeRow, rows, title=_title(parameters), without=without, named=named)


def _row(cell: Cell, found: list[Result], ground: list[Result]) -> TcpModeRow:
    spread = width(found, "rate")
    return TcpModeRow(
        mode=cell.mode,
        connections=cell.connections,
        idle=cell.idle,
        messages_per_s=middle(found, "rate"),
        spread=spread and spread * 100,
        relative=relative(found, ground, "rate"),
        cpu_per_message=middle(found, "cpu_per_message_s"),
        memory_per_connection=middle(found, "memory_per_connection"),
        p50=middle(found, "p50_s"),
        fairness=middle(found, "fairness"),
        p99=middle(found, "p99_s"),
    )


def _charts(parameters: Parameters) -> list[Chart]:
    title, rate = _title(parameters) or "modes", "messages per second"
    if len(parameters.idle) > 1:
        load = say("{busy}, idle ones beside them", busy=busy(parameters.connections[0]))
        return [
            Chart("line", say("CPU time a message: {load}", load=load), title, "idle", "CPU/msg", "mode", log_y=True),
            Chart("line", say("{rate}: {load}", rate=rate, load=load), title, "idle", "messages/s", "mode"),
        ]
    if len(parameters.connections) > 1:
        text = "{rate}, by connections"
        return [Chart("line", say(text, rate=rate), title, "connections", "messages/s", "mode", log_x=True)]
    return [Chart("bar", rate, title, "mode", "messages/s")]


def _overtaking(draft: Draft, parameters: Parameters, results: Results) -> None:
    """Where epoll overtakes select as idle connections grow; said as it was measured, also where it does not."""
    if not {"select", "epoll"} <= set(parameters.modes) or len(parameters.idle) < 2:
        return
    for connections in parameters.connections:
        seen: list[tuple[int, list[float], list[float]]] = []  # idle; per round: messages and CPU time, epoll's better
        for idle in sorted(parameters.idle):
            epoll, select = results[Cell("epoll", connections, idle)], results[Cell("select", connections, idle)]
            if any(result.out_of_fd_set for result in select):
                continue  # select did not have all the connections that epoll had
            faster, cheaper = quotients(epoll, select, "rate"), quotients(select, epoll, "cpu_per_message_s")
            if faster and cheaper:
                seen.append((idle, faster, cheaper))
        if seen:
            verdict = _verdict([(idle, clearly_more(cheaper)) for idle, _, cheaper in seen])
            said = listed([_beside(*each) for each in seen])
            text = "With {busy} {verdict}. Epoll against select: {said}."
            draft.finding(say(text, busy=busy(connections), verdict=verdict, said=said))


def _beside(idle: int, faster: list[float], cheaper: list[float]) -> str:
    text = "beside {idle:,} idle it makes {faster:.2f} × the messages for {cpu:.2f} × the CPU time each"
    one = say(text, idle=idle, faster=median(faster), cpu=1 / (median(cheaper) or 1))
    return one if _decided(cheaper) else say("{one} (undecided)", one=one)


def _decided(cheaper: list[float]) -> bool:
    """Whether all rounds say the same of who is cheaper."""
    return clearly_more(cheaper) or clearly_more([1 / quotient for quotient in cheaper])


def _verdict(cheaper: list[tuple[int, bool]]) -> str:
    """From where on epoll is cheaper than select, in words; `cheaper` is by growing number of idle connections."""
    first = next((place for place, (_, clearly) in enumerate(cheaper) if clearly), None)
    if first is None:
        return "epoll does not clearly overtake select here: no difference beyond what the rounds differ by"
    if first == 0:
        return say("epoll is ahead of select from the start ({idle:,} idle)", idle=cheaper[0][0])
    text = "epoll overtakes select between {below:,} and {idle:,} idle connections"
    return say(text, below=cheaper[first - 1][0], idle=cheaper[first][0])


def _bounds(draft: Draft, results: Results) -> None:
    for cell, found in results.items():
        load = say(
            "{mode}, {connections:,} + {idle:,} idle", mode=cell.mode, connections=cell.connections, idle=cell.idle
        )
        if most := max((result.out_of_fd_set for result in found), default=0):
            text = (
                "{load}: FD_SETSIZE reached. select(2) cannot watch descriptors from {fd_setsize} up; {most:,} "
                "connections were closed unserved."
            )
            draft.finding(say(text, load=load, fd_setsize=FD_SETSIZE, most=most))
        elif most := max((result.shed for result in found), default=0):
            text = "{load}: {most:,} connections over its limit were closed unserved."
            draft.finding(say(text, load=load, most=most))
    if limited := limited_by_load(results):
        more = "they could do more than the table says. Compare their CPU time a message."
        draft.warnings.append(say("The load generator was the limit for {limited}: {more}", limited=limited, more=more))


def most_messages(results: Results, load: Callable[[int], str]) -> str:
    """Which mode echoed the most, under which `load` in words; empty where nothing was measured."""
    rates = {cell: rate for cell, found in results.items() if (rate := middle(found, "rate")) is not None}
    if not rates:
        return ""
    best = max(rates, key=lambda cell: rates[cell])
    text = "{mode} echoed the most: {rate:,.0f} messages per second with {load}."
    return say(text, mode=best.mode, rate=rates[best], load=load(best.connections))


def common_checks(draft: Draft, results: Results) -> None:
    """Claims over all trials. A connection that was shed by a limit is a finding, not a failure."""
    every = [result for found in results.values() for result in found]
    modes, measured = Evidence(table="modes"), "yes" if any(result.rate for result in every) else "no"
    draft.check("something was measured", "netlab", "yes", measured, modes)
    draft.check("no echo differs from what was sent", "RFC 862", 0, sum(result.corrupt for result in every), modes)
    unserved = sum(result.unanswered for result in every if not result.shed)
    draft.check("no message is without an echo", "RFC 862", 0, unserved, modes)
    unexpected = sum(max(0, result.other_errors) for result in every)
    draft.check("no connection failed, but those that the server shed", "RFC 9293 §3.10", 0, unexpected, modes)
    most = max((result.others_busy or 0 for result in every), default=0)
    if most > DISTURBED:
        text = (
            "Other processes kept up to {most:.1f} CPUs busy meanwhile. Rounds make that fair, not harmless: trust "
            "ratios more than rates, and repeat it on a quiet machine."
        )
        draft.warnings.append(say(text, most=most))
    draft.check("every server ended in order", "netlab", 0, sum(result.exit_code != 0 for result in every), modes)


def _unp(parameters: Parameters, progress: Progress) -> Measurement:
    """The table of UNP ch. 30: CPU time for so many short connections, over that of the iterative server."""
    number = parameters.unp_connections
    assert number
    modes = tuple(dict.fromkeys((BASELINE, *parameters.modes), True))
    # So many at once that each client makes the same number of them.
    at_once = next(n for n in range(min(UNP_AT_ONCE, number), 0, -1) if number % n == 0)
    parameters = replace(parameters, modes=modes, connections=(at_once,), idle=(0,))
    cells = cells_of(parameters)
    results, interrupted = run_rounds("tcp", parameters, cells, progress)
    draft = Draft()
    draft.fact("connections", number, "1", "each: connect, one message, close")
    draft.fact("at once", at_once, "1")
    draft.fact("message size", parameters.size, "B")
    rounds_fact(draft, parameters, results, interrupted)
    draft.fact("placement", place(find("tcp", modes[0]), parameters.cpus).describe(), "")
    ground = results[cells[0]]
    rows = [_short_row(cell.mode, results[cell], ground, number) for cell in cells if results[cell]]
    draft.tables.append(table_of(ShortConnectionsRow, rows))
    draft.charts.append(Chart("bar", "server CPU time a connection", "modes", "mode", "CPU/connection"))
    draft.findings.append(
        "Over iterative: what the mode costs beyond doing the work, its process control (UNP ch. 30). It may be "
        "negative: a loop that takes several connections at a wake-up saves some of the waiting. All of a server's "
        "life counts, the starting of a pool, too: few connections make that dear."
    )
    common_checks(draft, results)
    draft.interrupted = interrupted
    return draft.finish()


def _short_row(mode: str, found: list[Result], ground: list[Result], number: int) -> ShortConnectionsRow:
    cpu_s, baseline_s = middle(found, "server_cpu_s"), middle(ground, "server_cpu_s")
    over_s = None if cpu_s is None or baseline_s is None else cpu_s - baseline_s
    each_s = None if cpu_s is None else cpu_s / number
    return ShortConnectionsRow(mode, cpu_s, over_s, each_s, middle(found, "rate"), middle(found, "p99_s"))


EXPERIMENT = Experiment(
    Parameters,
    measure,
    about="""Run TCP server modes side by side, in interleaved rounds, and compare them.

    Each round runs every mode once, so that what disturbs the machine disturbs all of them.
    """,
    examples=(
        "netlab tcp-compare",
        "netlab tcp-compare --modes select,poll,epoll --idle 0,100,900",
        "netlab tcp-compare --unp 2000",
    ),
)
