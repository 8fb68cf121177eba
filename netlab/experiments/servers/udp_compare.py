"""`netlab udp-compare`: UDP server modes side by side."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Annotated

from netlab.experiment import Experiment
from netlab.experiments.servers.compare import (
    ALL,
    CompareParameters,
    Connections,
    cells_of,
    how_to_read,
    middle,
    modes_of,
    modes_option,
    relative,
    rounds_fact,
    run_rounds,
    width,
)
from netlab.experiments.servers.tcp_compare import common_checks
from netlab.progress import Progress
from netlab.report.quantity import Chart, Column, Draft, Measurement, Table
from netlab.servers.modes import find
from netlab.servers.placement import place


@dataclass(frozen=True, slots=True)
class Parameters(CompareParameters):
    """What can be set."""

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
    rows = []
    for cell in cells:
        found = results[cell]
        if not found:
            continue
        spread = width(found, "rate")
        rows.append(
            (
                cell.mode,
                *((cell.connections,) if several else ()),
                middle(found, "rate"),
                None if spread is None else spread * 100,
                relative(found, results[replace(cell, mode=baseline)], "rate"),
                middle(found, "cpu_per_message_s"),
                middle(found, "p50_s"),
                middle(found, "p99_s"),
                middle(found, "lost"),
            )
        )
    columns = (
        Column("mode", ""),
        *((Column("clients", "1"),) if several else ()),
        Column("datagrams/s", "1/s"),
        Column("±", "%"),
        Column(f"× {baseline}", "ratio"),
        Column("CPU/datagram", "s"),
        Column("p50", "s"),
        Column("p99", "s"),
        Column("lost", "ratio"),
    )
    draft.tables.append(Table("modes", columns, tuple(rows)))
    if several:
        draft.charts.append(
            Chart("line", "datagrams per second, by clients", "modes", "clients", "datagrams/s", "mode", log_x=True)
        )
    else:
        draft.charts.append(Chart("bar", "datagrams per second", "modes", "mode", "datagrams/s"))
    limited = {cell.mode for cell, found in results.items() if any(result.limit == "load" for result in found)}
    if limited:
        draft.warnings.append(
            f"The load generator was the limit for {', '.join(sorted(limited))}: they could do more than that."
        )
    how_to_read(draft)
    common_checks(draft, results)
    draft.interrupted = interrupted
    return draft.finish()


EXPERIMENT = Experiment(
    Parameters,
    measure,
    about="Run UDP server modes side by side, in interleaved rounds, and compare them.",
    examples=("netlab udp-compare", "netlab udp-compare --modes iterative,batch --rounds 5"),
)
