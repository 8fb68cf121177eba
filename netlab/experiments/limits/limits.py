"""`netlab tcp-limits`: how many connections can there be? Ports, descriptors, memory, and N of them held (lecture 13).

The course's formula is client addresses × client ports; "of course it does not get that far". What comes first is
shown one by one: ports.py, descriptors.py, and hold.py with hold_report.py.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from netlab.errors import MachineLacks, NetlabError
from netlab.experiment import Experiment
from netlab.experiments.limits import descriptors, hold_report, ports
from netlab.experiments.limits.hold import hold
from netlab.experiments.limits.hold_plan import limits, plan_of
from netlab.experiments.limits.limits_rows import LimitRow
from netlab.experiments.wire import trace
from netlab.experiments.wire.options import Pcap
from netlab.linux import machine
from netlab.notation import size_bytes
from netlab.option import Option
from netlab.progress import Progress, part
from netlab.report.phrase import say
from netlab.report.quantity import Draft, Lack, Measurement
from netlab.report.rows import table_of

KEEP_FREE = 0.1  # of the machine's memory
HOLD = "Holding"


@dataclass(frozen=True, slots=True)
class Parameters:
    """`hold` connections (0: leave that out); `ports` in the small range; growing stops when less than
    `keep_free_bytes` of memory would be available, None: a tenth of the machine's."""

    hold: Annotated[int, Option("Connections to hold at once; 0: none.", "N", 0, 1_000_000, panel=HOLD)] = 10_000
    ports: Annotated[int, Option("Ports of the client that runs out of them.", "N", 10, 1000)] = 100
    keep_free_bytes: Annotated[
        int | None,
        Option("Memory that is not to be touched: 2G. By default a tenth.", "BYTES", panel=HOLD, parse=size_bytes),
    ] = None
    pcap: Pcap = None
    seed: Annotated[int, Option("Which of them are asked for an echo.", "N", 0, panel=HOLD)] = 1


def measure(parameters: Parameters, progress: Progress) -> Measurement:
    """All of it; where nobody may build networks, what needs none. Raises NetlabError.

    Ctrl-C: what there is by then, with what was held by then.
    """
    trace.check_path(parameters.pcap)
    plan = plan_of(parameters.hold) if parameters.hold else None
    keep_free = _keep_free(parameters)
    draft = Draft()
    until = 0.2 if plan else 1.0
    try:
        _ports(draft, parameters, part(progress, 0.0, until))
        descriptors.measure(draft)
        if plan:
            held = hold(plan, keep_free, parameters.seed, part(progress, until, 1.0))
            hold_report.report(draft, held, keep_free)
    except KeyboardInterrupt:
        if not draft.checks:
            raise
        draft.interrupted = True
    draft.tables.append(table_of(LimitRow, limits()))
    return draft.finish()


def _ports(draft: Draft, parameters: Parameters, progress: Progress) -> None:
    try:
        ports.measure(draft, parameters.ports, parameters.pcap, progress)
    except NetlabError as error:
        if error.exit_code != MachineLacks.exit_code or parameters.pcap:
            raise
        draft.lacking = Lack(say("{message}; so no ports could be used up", message=error.message), error.hint or "")


def _keep_free(parameters: Parameters) -> int:
    if parameters.keep_free_bytes is not None:
        return parameters.keep_free_bytes
    total, _ = machine.memory()
    return int((total or 0) * KEEP_FREE)


EXPERIMENT = Experiment(
    Parameters,
    measure,
    about="""See how many connections there can be, and hold ten thousand, or a million.

    Ports used up, and used again towards another destination; descriptors used
    up; and N connections held: set-up time, memory, and the echo among them.
    """,
    examples=("netlab tcp-limits", "netlab tcp-limits --hold 100000 --plot held.svg"),
)
