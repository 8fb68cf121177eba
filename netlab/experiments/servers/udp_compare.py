"""`netlab udp-compare`: UDP server modes side by side."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Annotated

from netlab.experiment import Experiment
from netlab.experiments.servers.compare import (
    ALL,
    Cell,
    CompareParameters,
    Connections,
    Result,
    cells_of,
    how_to_read,
    limited_by_load,
    middle,
    modes_of,
    modes_option,
    relative,
    rounds_fact,
    run_rounds,
    width,
)
from netlab.experiments.servers.tcp_compare import common_checks, most_messages
from netlab.experiments.servers.udp_compare_rows import UdpModeRow
from netlab.progress import Progress
from netlab.report.phrase import count, say
from netlab.report.quantity import Chart, Draft, Measurement
from netlab.report.rows import table_of
from netlab.servers.modes import find
from netlab.servers.placement import place


@dataclass(frozen=True, slots=True)
class Parameters(CompareParameters):
    modes: Annotated[tuple[str, ...], modes_option("udp", shown=ALL)] = modes_of("udp", ALL)
    connections: Connections = (100,)


def measure(parameters: Parameters, progress: Progress) -> Measurement:
    """Run the rounds and make the table. Ctrl-C gives the rounds so far. Raises NetlabError."""
    parameters = replace(parameters, idle=(0,))
    cells = cells_of(parameters)
    results, interrupted = run_rounds("udp", parameters, cells, progress)
    draft = Draft()
    draft.fact("datagram size", parameters.size, "B")
    rounds_fact(draft, parameters, results, interrupted)
    draft.fact("each trial", parameters.duration_s, "s")
    draft.fact("placement", place(find("udp", parameters.modes[0]), parameters.cpus).describe(), "")
    baseline = parameters.modes[0]
    several = len(parameters.connections) > 1
    rows = [_row(cell, results[cell], results[replace(cell, mode=baseline)]) for cell in cells if results[cell]]
    without, named = () if several else ("clients",), {"relative": f"× {baseline}"}
    draft.tables.append(table_of(UdpModeRow, rows, without=without, named=named))
    if several:
        by_clients = "modes", "clients", "datagrams/s", "mode"
        draft.charts.append(Chart("line", "datagrams per second, by clients", *by_clients, log_x=True))
    else:
        draft.charts.append(Chart("bar", "datagrams per second", "modes", "mode", "datagrams/s"))
    if limited := limited_by_load(results):
        text = "The load generator was the limit for {limited}: they could do more than that."
        draft.warnings.append(say(text, limited=limited))
    draft.answer = most_messages(results, _clients)
    how_to_read(draft)
    common_checks(draft, results)
    draft.interrupted = interrupted
    return draft.finish()


def _clients(number: int) -> str:
    return count(number, "{n:,} client", "{n:,} clients")


def _row(cell: Cell, found: list[Result], ground: list[Result]) -> UdpModeRow:
    spread, cpu_s = width(found, "rate"), middle(found, "cpu_per_message_s")
    return UdpModeRow(
        mode=cell.mode,
        clients=cell.connections,
        datagrams_per_s=middle(found, "rate"),
        spread=spread and spread * 100,
        relative=relative(found, ground, "rate"),
        cpu_per_datagram=cpu_s,
        p50=middle(found, "p50_s"),
        p99=middle(found, "p99_s"),
        lost=middle(found, "lost"),
    )


EXPERIMENT = Experiment(
    Parameters,
    measure,
    about="Run UDP server modes side by side, in interleaved rounds, and compare them.",
    examples=("netlab udp-compare", "netlab udp-compare --modes iterative,batch --rounds 5"),
)
