"""What tcp-compare and udp-compare have in common: many trials in interleaved rounds, and the table of their medians.

One after the other, A A A B B B, would compare the machine's morning with its afternoon. Rounds A B C A B C let what
disturbs the machine disturb all modes alike; and a ratio is taken within its round, before the median over rounds
(the method of UNP ch. 30: same load, only the server differs).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Annotated, Literal, cast

from netlab.errors import UsageError
from netlab.experiments.options import COMPARISON, LOAD, Rounds, Seed, Size
from netlab.experiments.servers.options import Cpus, Workers, complete_modes
from netlab.experiments.servers.server_trial import DEFAULT_MAX_CONNECTIONS, LARGEST_POOL
from netlab.experiments.servers.trial import Setup, Trial, run
from netlab.load.plan import Plan
from netlab.notation import counts, names
from netlab.option import Option
from netlab.progress import Progress
from netlab.report.phrase import say
from netlab.report.quantity import Draft
from netlab.report.stats import median, percentile, ratio, spread
from netlab.servers.counters import Count
from netlab.servers.limits import Limits
from netlab.servers.modes import MODES, Mode, find
from netlab.servers.placement import place

BASELINE = "iterative"
ALL = "all"

Connections = Annotated[tuple[int, ...], Option("Busy connections: 1,100,1000.", "LIST", panel=LOAD, parse=counts)]


@dataclass(frozen=True, slots=True)
class CompareParameters:
    """What to compare. Sizes in bytes, times in seconds; `duration_s` is of one trial."""

    modes: tuple[str, ...] = ("iterative", "fork", "thread", "select", "epoll")
    connections: Connections = (10,)
    idle: tuple[int, ...] = (0,)
    size: Size = 64
    duration_s: Annotated[float, Option("Measure each so long.", "S", 0.05, panel=LOAD)] = 0.5
    rounds: Rounds = 3
    unp_connections: int | None = None
    workers: Workers = None
    max_connections: int | None = None
    cpus: Cpus = None
    seed: Seed = 0


@dataclass(frozen=True, slots=True)
class Cell:
    """One point of the comparison: a mode under a load."""

    mode: str
    connections: int
    idle: int


Figure = Literal[
    "rate", "cpu_per_message_s", "p50_s", "p99_s", "memory_per_connection", "fairness", "server_cpu_s", "lost"
]


@dataclass(frozen=True, slots=True)
class Result:
    """What a trial came to, once its raw samples can go."""

    rate: float | None
    cpu_per_message_s: float | None
    p50_s: float | None
    p99_s: float | None
    memory_per_connection: float | None
    fairness: float | None
    server_cpu_s: float | None
    lost: float | None
    unanswered: int
    corrupt: int
    other_errors: int
    shed: int
    out_of_fd_set: int
    exit_code: int | None
    limit: str | None
    others_busy: float | None = None

    def figure(self, name: Figure) -> float | None:
        return cast("float | None", getattr(self, name))


Results = dict[Cell, list[Result]]


def modes_of(transport: str, text: str) -> tuple[str, ...]:
    """The modes of --modes, each once and by its full name. Raises UsageError."""
    wanted = names(text)
    found = (
        [mode.name for mode in MODES[transport]]
        if wanted == (ALL,)
        else [find(transport, name).name for name in wanted]
    )
    if not found:
        raise UsageError("--modes: none given", "netlab modes lists them")
    return tuple(dict.fromkeys(found, True))


def modes_option(transport: str, shown: str | None = None) -> Option:
    """--modes of this transport."""
    return Option(
        "Modes to compare, or 'all'.",
        "LIST",
        panel=COMPARISON,
        parse=partial(modes_of, transport),
        complete=complete_modes,
        shown=shown,
    )


def cells_of(parameters: CompareParameters) -> list[Cell]:
    """Every combination, mode by mode within each load."""
    return [
        Cell(mode, connections, idle)
        for connections in parameters.connections
        for idle in parameters.idle
        for mode in parameters.modes
    ]


def run_rounds(
    transport: str, parameters: CompareParameters, cells: list[Cell], progress: Progress
) -> tuple[Results, bool]:
    """Run every cell once a round. The results by cell, and whether Ctrl-C ended it early."""
    setups = {cell: _setup(transport, parameters, cell) for cell in cells}  # all of them checked before the first runs
    results: Results = {cell: [] for cell in cells}
    total = parameters.rounds * len(cells)
    step = 0
    for number in range(parameters.rounds):
        for cell in cells:
            where = f"round {number + 1} of {parameters.rounds}: {cell.mode}, {cell.connections:,} connections"
            if cell.idle:
                where += f" + {cell.idle:,} idle"
            progress(step / total, where)
            try:
                trial = run(setups[cell], _part_of(progress, step, total, where))
            except KeyboardInterrupt:
                return results, True
            if trial.interrupted:
                return results, True
            results[cell].append(result_of(trial))
            step += 1
    return results, False


def _part_of(progress: Progress, step: int, total: int, where: str) -> Progress:
    """The progress of one step of several."""

    def report(done: float, text: str) -> None:
        progress((step + done) / total, where)

    return report


def _setup(transport: str, parameters: CompareParameters, cell: Cell) -> Setup:
    mode = find(transport, cell.mode)
    churn = parameters.unp_connections
    plan = Plan(
        connections=cell.connections,
        idle=cell.idle,
        size=parameters.size,
        duration_s=None if churn else parameters.duration_s,
        messages=max(1, churn // cell.connections) if churn else None,
        per_connection=1 if churn else None,
        warmup_s=min(0.2, parameters.duration_s / 4),
        seed=parameters.seed,
    )
    placement = place(mode, parameters.cpus)
    return Setup(transport, mode, plan, _limits(parameters, mode, cell, len(placement.server)), placement)


def _limits(parameters: CompareParameters, mode: Mode, cell: Cell, cpu_count: int) -> Limits:
    workers = parameters.workers
    if workers is None:
        workers = max(cpu_count, 2) if mode.reuse_port else min(cell.connections + cell.idle, LARGEST_POOL)
    return Limits(parameters.max_connections or mode.per_connection or DEFAULT_MAX_CONNECTIONS, workers=workers)


def result_of(trial: Trial) -> Result:
    """The figures of a trial. Sorts its latencies, and lets them go."""
    ordered = sorted(trial.load.latency_ns)
    p50, p99 = percentile(ordered, 50), percentile(ordered, 99)
    outcome = trial.outcome
    whole_life = None if outcome.user_s is None or outcome.system_s is None else outcome.user_s + outcome.system_s
    datagrams = trial.load.datagrams
    return Result(
        rate=trial.rate,
        cpu_per_message_s=trial.cpu_per_message_s,
        p50_s=None if p50 is None else p50 / 1e9,
        p99_s=None if p99 is None else p99 / 1e9,
        memory_per_connection=trial.memory_per_connection,
        fairness=trial.fairness,
        server_cpu_s=whole_life,
        lost=ratio(datagrams.get("lost"), datagrams.get("sent")),
        unanswered=trial.unanswered,
        corrupt=trial.corrupt,
        other_errors=trial.other_errors,
        shed=outcome.counts[Count.SHED],
        out_of_fd_set=outcome.counts[Count.OUT_OF_FD_SET],
        exit_code=outcome.exit_code,
        limit=trial.bottleneck(),
        others_busy=trial.others_busy,
    )


def middle(results: list[Result], name: Figure) -> float | None:
    """The median over the rounds of one figure; None if no round has it."""
    return median([value for result in results if (value := result.figure(name)) is not None])


def width(results: list[Result], name: Figure) -> float | None:
    """Its spread over the rounds."""
    return spread([value for result in results if (value := result.figure(name)) is not None])


def relative(results: list[Result], to: list[Result], name: Figure) -> float | None:
    """The median of the ratios, each taken within its round."""
    return median(quotients(results, to, name))


def quotients(results: list[Result], to: list[Result], name: Figure) -> list[float]:
    """The ratio of one figure within each round that has both."""
    found = (ratio(one.figure(name), other.figure(name)) for one, other in zip(results, to, strict=False))
    return [quotient for quotient in found if quotient is not None]


def rounds_fact(draft: Draft, parameters: CompareParameters, results: Results, interrupted: bool) -> None:
    """How many rounds there were, and what the columns make of them."""
    if interrupted and not any(results.values()):
        raise KeyboardInterrupt  # nothing to report
    done = min(len(found) for found in results.values())
    note = say("complete, of {rounds}", rounds=parameters.rounds) if interrupted else ""
    draft.fact("rounds", done, "1", note)


def limited_by_load(results: Results) -> str:
    """The modes that could do more than the load asked of them."""
    limited = {cell.mode for cell, found in results.items() if any(result.limit == "load" for result in found)}
    return ", ".join(sorted(limited))


def how_to_read(draft: Draft) -> None:
    """What the columns of the table make of several rounds."""
    draft.findings.append(
        "The table shows medians over the rounds; ± is half their range. A ratio (×) is the median of the ratios "
        "within each round, so it need not be the ratio of the medians. What lies within ± is no difference."
    )
