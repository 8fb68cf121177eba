"""`netlab tcp-compare`: TCP modes side by side, with and without idle connections, and the table of UNP ch. 30."""

from __future__ import annotations

from dataclasses import dataclass, replace

from netlab.experiments.compare import (
    BASELINE,
    Cell,
    CompareParameters,
    Result,
    Results,
    cells_of,
    middle,
    relative,
    run_rounds,
    width,
)
from netlab.experiments.placement import place
from netlab.measure.progress import Progress
from netlab.measure.quantity import Chart, Column, Draft, Measurement, Table
from netlab.servers.limits import FD_SETSIZE
from netlab.servers.modes import find

UNP_AT_ONCE = 32
WORTH_SAYING = 1.05
"""A ratio within 5 % of 1 is no difference on a machine where rounds differ by as much."""


@dataclass(frozen=True, slots=True)
class Parameters(CompareParameters):
    """What can be set."""


def measure(parameters: Parameters, progress: Progress) -> Measurement:
    """Run the rounds and make the table. Ctrl-C gives the rounds so far. Raises NetlabError."""
    if parameters.unp_connections:
        return _unp(parameters, progress)
    cells = cells_of(parameters)
    results, interrupted = run_rounds("tcp", parameters, cells, progress)
    draft = Draft()
    _facts(draft, parameters)
    first = parameters.modes[0]
    baseline = BASELINE if BASELINE in parameters.modes else first
    for part in _parts(parameters):
        draft.tables.append(_table(part, results, baseline))
        draft.charts.extend(_charts(part))
    _overtaking(draft, parameters, results)
    _bounds(draft, results)
    common_checks(draft, results)
    draft.interrupted = interrupted
    return draft.finish()


def _facts(draft: Draft, parameters: Parameters) -> None:
    draft.fact("message size", parameters.size, "B")
    draft.fact("rounds", parameters.rounds, "1")
    draft.fact("each trial", parameters.duration_s, "s")
    draft.fact("placement", place(find("tcp", parameters.modes[0]), parameters.cpus).describe(), "")


def _parts(parameters: Parameters) -> list[Parameters]:
    """One table for all, or, where busy and idle connections both vary, one for each number of busy ones."""
    if len(parameters.connections) == 1 or len(parameters.idle) == 1:
        return [parameters]
    return [replace(parameters, connections=(connections,)) for connections in parameters.connections]


def _name(parameters: Parameters) -> str:
    if len(parameters.connections) > 1:
        return "modes"
    return f"modes with {busy(parameters.connections[0])}"


def busy(connections: int) -> str:
    """So many, in words."""
    return f"{connections:,} busy connection{'s' if connections != 1 else ''}"


def _table(parameters: Parameters, results: Results, baseline: str) -> Table:
    """A row a cell. A column of loads only where there is more than one of them."""
    lead = [Column("mode", "")]
    if len(parameters.connections) > 1:
        lead.append(Column("connections", "1"))
    if len(parameters.idle) > 1:
        lead.append(Column("idle", "1"))
    columns = (
        *lead,
        Column("messages/s", "1/s"),
        Column("±", "%"),
        Column(f"× {baseline}", "ratio"),
        Column("CPU/msg", "s"),
        Column("p50", "s"),
        Column("p99", "s"),
        Column("memory/conn", "B"),
        Column("fairness", "ratio"),
    )
    rows = []
    for cell in cells_of(parameters):
        found = results[cell]
        if not found:
            continue
        ground = results[replace(cell, mode=baseline)]
        row: list[float | int | str | None] = [cell.mode]
        if len(parameters.connections) > 1:
            row.append(cell.connections)
        if len(parameters.idle) > 1:
            row.append(cell.idle)
        spread = width(found, "rate")
        row += [
            middle(found, "rate"),
            None if spread is None else spread * 100,
            relative(found, ground, "rate"),
            middle(found, "cpu_per_message_s"),
            middle(found, "p50_s"),
            middle(found, "p99_s"),
            middle(found, "memory_per_connection"),
            middle(found, "fairness"),
        ]
        rows.append(tuple(row))
    return Table(_name(parameters), columns, tuple(rows))


def _charts(parameters: Parameters) -> list[Chart]:
    name = _name(parameters)
    if len(parameters.idle) > 1:
        beside = busy(parameters.connections[0])
        return [
            Chart(
                "line",
                f"CPU time a message: {beside}, idle ones beside them",
                name,
                "idle",
                "CPU/msg",
                "mode",
                log_y=True,
            ),
            Chart("line", f"messages per second: {beside}, idle ones beside them", name, "idle", "messages/s", "mode"),
        ]
    if len(parameters.connections) > 1:
        return [
            Chart("line", "messages per second, by connections", name, "connections", "messages/s", "mode", log_x=True)
        ]
    return [Chart("bar", "messages per second", name, "mode", "messages/s")]


def _overtaking(draft: Draft, parameters: Parameters, results: Results) -> None:
    """Where epoll overtakes select as idle connections grow; said as it was measured, also where it does not."""
    if not {"select", "epoll"} <= set(parameters.modes) or len(parameters.idle) < 2:
        return
    for connections in parameters.connections:
        quotients: list[tuple[int, float, float]] = []
        for idle in sorted(parameters.idle):
            epoll, select = results[Cell("epoll", connections, idle)], results[Cell("select", connections, idle)]
            if any(result.out_of_fd_set for result in select):
                continue  # select did not have all the connections that epoll had
            faster = relative(epoll, select, "rate")
            cheaper = relative(select, epoll, "cpu_per_message_s")
            if faster is not None and cheaper is not None:
                quotients.append((idle, faster, cheaper))
        if not quotients:
            continue
        overtaken = next((item for item in quotients if item[2] > WORTH_SAYING and item[1] > 1), None)
        said = "; ".join(
            f"beside {idle:,} idle it makes {faster:.2f} × the messages for {1 / cheaper:.2f} × the CPU time each"
            for idle, faster, cheaper in quotients
        )
        if overtaken is None:
            verdict = "epoll does not overtake select here"
        elif overtaken[0] == quotients[0][0]:
            verdict = f"epoll is ahead of select from the start ({overtaken[0]:,} idle)"
        else:
            below = _before(quotients, overtaken[0])
            verdict = f"epoll overtakes select between {below:,} and {overtaken[0]:,} idle connections"
        draft.findings.append(f"With {busy(connections)} {verdict}. Epoll against select: {said}.")


def _before(quotients: list[tuple[int, float, float]], idle: int) -> int:
    return max(number for number, _, _ in quotients if number < idle)


def _bounds(draft: Draft, results: Results) -> None:
    for cell, found in results.items():
        if any(result.out_of_fd_set for result in found):
            most = max(result.out_of_fd_set for result in found)
            draft.findings.append(
                f"{cell.mode}, {cell.connections:,} + {cell.idle:,} idle: FD_SETSIZE reached. select(2) cannot watch "
                f"descriptors from {FD_SETSIZE} up; {most:,} connections were closed unserved."
            )
        elif any(result.shed for result in found):
            most = max(result.shed for result in found)
            draft.findings.append(
                f"{cell.mode}, {cell.connections:,} + {cell.idle:,} idle: {most:,} connections over its limit "
                "were closed unserved."
            )
    limited = {cell.mode for cell, found in results.items() if any(result.limit == "load" for result in found)}
    if limited:
        draft.warnings.append(
            f"The load generator was the limit for {', '.join(sorted(limited))}: these could do more. "
            "Compare their CPU time a message."
        )


def common_checks(draft: Draft, results: Results) -> None:
    """Claims over all trials. A connection that was shed by a limit is a finding, not a failure."""
    every = [result for found in results.values() for result in found]
    draft.check("something was measured", "netlab", "yes", "yes" if any(result.rate for result in every) else "no")
    draft.check("echoes that differ from what was sent", "RFC 862", 0, sum(result.corrupt for result in every))
    unserved = sum(result.unanswered for result in every if not result.shed)
    draft.check("messages without an echo", "RFC 862", 0, unserved)
    unexpected = sum(max(0, result.other_errors) for result in every)
    draft.check("connections that failed, beyond those that were shed", "RFC 9293 §3.10", 0, unexpected)
    draft.check("servers that did not end in order", "netlab", 0, sum(result.exit_code != 0 for result in every))


def _unp(parameters: Parameters, progress: Progress) -> Measurement:
    """The table of UNP ch. 30: CPU time for so many short connections, over that of the iterative server."""
    assert parameters.unp_connections
    modes = tuple(dict.fromkeys((BASELINE, *parameters.modes)))
    at_once = min(UNP_AT_ONCE, parameters.unp_connections)
    number = parameters.unp_connections // at_once * at_once
    parameters = replace(parameters, modes=modes, connections=(at_once,), idle=(0,), unp_connections=number)
    cells = cells_of(parameters)
    results, interrupted = run_rounds("tcp", parameters, cells, progress)
    draft = Draft()
    draft.fact("connections", number, "1", "each: connect, one message, close")
    draft.fact("at once", at_once, "1")
    draft.fact("message size", parameters.size, "B")
    draft.fact("rounds", parameters.rounds, "1")
    draft.fact("placement", place(find("tcp", modes[0]), parameters.cpus).describe(), "")
    ground = results[cells[0]]
    rows = []
    for cell in cells:
        found = results[cell]
        if not found:
            continue
        cpu_s = middle(found, "server_cpu_s")
        each_s = None if cpu_s is None else cpu_s / number
        rows.append((cell.mode, cpu_s, _over(found, ground), each_s, middle(found, "rate"), middle(found, "p99_s")))
    columns = (
        Column("mode", ""),
        Column("server CPU", "s"),
        Column("over iterative", "s"),
        Column("CPU/connection", "s"),
        Column("connections/s", "1/s"),
        Column("p99", "s"),
    )
    draft.tables.append(Table("modes", columns, tuple(rows)))
    draft.charts.append(Chart("bar", "server CPU time a connection", "modes", "mode", "CPU/connection"))
    draft.findings.append(
        "Over iterative: what the mode costs beyond doing the work, its process control (UNP ch. 30). "
        "It may be negative: a loop that takes several connections at a wake-up saves some of the waiting."
    )
    common_checks(draft, results)
    draft.interrupted = interrupted
    return draft.finish()


def _over(found: list[Result], ground: list[Result]) -> float | None:
    """CPU seconds beyond the baseline's, as the difference of medians."""
    mine, its = middle(found, "server_cpu_s"), middle(ground, "server_cpu_s")
    return None if mine is None or its is None else mine - its
