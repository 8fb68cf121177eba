"""What tcp-client and udp-client have in common: the load without the server."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import Annotated, TypeVar

from netlab.experiments.options import Seed
from netlab.experiments.servers.options import LOAD_PROCESSES, Cpus, Load, Timestamps, refuse_two_ends
from netlab.experiments.servers.server_report import (
    FAIRNESS,
    client_checks,
    error_table,
    late_sends,
    load_samples,
    schedule_facts,
    share_facts,
    unrecorded,
)
from netlab.experiments.servers.trial import connections_failed, watcher
from netlab.load.generator import LoadGenerator
from netlab.load.outcome import CORRUPT, UNANSWERED
from netlab.notation import Address, address
from netlab.option import Argument
from netlab.progress import Progress
from netlab.report.phrase import say
from netlab.report.quantity import Draft, Measurement
from netlab.report.stats import jain_index, ratio
from netlab.servers.placement import FREE, parse_cpus


@dataclass(frozen=True, slots=True)
class ClientParameters:
    """A load and where it goes. Sizes in bytes, times in seconds."""

    target: Annotated[Address, Argument("The server: 127.0.0.1:7007, [::1]:7007.", "HOST:PORT", parse=address)]
    load: Load = field(default_factory=Load)
    workers: Annotated[int, LOAD_PROCESSES] = 1
    timestamps: Timestamps = False
    cpus: Cpus = None
    seed: Seed = 0


Client = TypeVar("Client", bound=ClientParameters)


def settle(parameters: Client, written: frozenset[str]) -> Client:
    """Raise UsageError where two options would end the run."""
    refuse_two_ends(parameters.load, written)
    return parameters


def measure(transport: str, parameters: ClientParameters, progress: Progress) -> Measurement:
    """Drive the load and report it. Ctrl-C gives the report so far."""
    target = parameters.target
    plan = parameters.load.plan(workers=parameters.workers, timestamps=parameters.timestamps, seed=parameters.seed)
    cpus = () if parameters.cpus in (None, FREE) else parse_cpus(parameters.cpus or "")
    draft = Draft()
    with LoadGenerator(target.host, target.port, plan, cpus=cpus, transport=transport) as load:
        total = plan.connections + plan.idle
        connected = load.connect(lambda count: progress(0.1 * count / total, f"connecting: {count:,} of {total:,}"))
        show = watcher(load, plan, progress, load.go())

        def watch() -> None:
            show()
            time.sleep(0.01)

        try:
            result = load.collect(watch)
        except KeyboardInterrupt:
            draft.interrupted = True
            load.interrupt()
            result = load.collect()
            if not result.window_messages:
                raise

    window_s = result.window_ns / 1e9
    rate = ratio(result.window_messages, window_s)
    host = f"[{target.host}]" if ":" in target.host else target.host
    draft.fact("server", f"{host}:{target.port}", "")
    draft.fact("messages per second", rate, "1/s")
    if rate is not None:
        draft.answer = say("The server echoed {rate:,.0f} messages per second.", rate=rate)
    draft.fact("throughput", None if rate is None else rate * plan.size, "B/s", "one way; the echo is as much again")
    draft.fact("window", window_s, "s")
    draft.fact("fairness", jain_index(result.per_connection), "ratio", FAIRNESS)
    draft.fact("load messages", result.messages, "1")
    draft.fact("load messages in window", result.window_messages, "1")
    draft.fact("load connections", result.connections, "1")
    draft.fact("load idle connections", connected.idle, "1")
    draft.fact("load CPUs busy", result.busy_share if result.window_ns else None, "ratio")
    share_facts(draft, result)
    schedule_facts(draft, plan, result)
    for name, count in result.datagrams.items():
        draft.fact(f"datagrams {name}", count, "1")
    load_samples(draft, result)
    error_table(draft, result)
    unanswered, corrupt = result.errors.get(UNANSWERED, 0), result.errors.get(CORRUPT, 0)
    draft.checks.extend(client_checks(transport, result, unanswered, corrupt, connections_failed(result.errors)))
    if result.busy_share >= 0.9 and plan.rate is None:
        text = (
            "This load generator used its CPU to {share:.0%}: it may be the limit, not the server. Try more --workers."
        )
        draft.warnings.append(say(text, share=result.busy_share))
    late_sends(draft, plan, result)
    unrecorded(draft, result)
    return draft.finish()
