"""`netlab tcp-states`: all eleven states of RFC 9293 §3.3.2, each reached and seen in a real kernel.

Two connections are enough: one that ends in order has ten of them, and CLOSING takes both sides closing at once.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from netlab.experiment import Experiment
from netlab.experiments.tcp import teardown
from netlab.experiments.tcp.states_rows import StateRow
from netlab.experiments.wire.options import Delay, Pcap, Seed
from netlab.experiments.wire.trace import Trace
from netlab.linux.tcp_states import ELEVEN
from netlab.network.conditions import Conditions
from netlab.network.two_hosts import TwoHostsPlan
from netlab.progress import Progress, silent
from netlab.report.phrase import say
from netlab.report.quantity import Draft, Evidence, Measurement
from netlab.report.rows import table_of

_MEANINGS = {
    "CLOSED": "socket() made it, and no connection yet",
    "LISTEN": "listen(): waiting for anybody",
    "SYN-SENT": "connect() has sent a SYN, and nothing has come back",
    "SYN-RECEIVED": "a SYN came, SYN+ACK was sent, its ACK is not here: half-open",
    "ESTABLISHED": "both know that both know",
    "FIN-WAIT-1": "closed here, and the FIN is not acknowledged yet",
    "FIN-WAIT-2": "the FIN is acknowledged, and the other side goes on",
    "CLOSE-WAIT": "the other side has closed; this application has not",
    "CLOSING": "both have sent a FIN, and neither knew of the other's",
    "LAST-ACK": "closed after the other side; waiting for the last ACK",
    "TIME-WAIT": "done, but old segments may still be on their way",
}
# Those that an application ends, or a timer; the others end with the next segment, on loopback before one can look.
_LASTING = ("CLOSED", "LISTEN", "ESTABLISHED", "FIN-WAIT-2", "CLOSE-WAIT", "TIME-WAIT")


@dataclass(frozen=True, slots=True)
class Parameters:
    """`delay_s` is one way."""

    delay_s: Delay = 0.03
    pcap: Pcap = None
    seed: Seed = 1


def measure(parameters: Parameters, progress: Progress) -> Measurement:
    """Play both connections. Raises MachineLacks, UsageError."""
    hosts = TwoHostsPlan.alike(Conditions(delay_s=parameters.delay_s), parameters.seed)
    traces: dict[str, Trace] = {}
    for number, (name, pcap) in enumerate((("orderly", parameters.pcap), ("simultaneous", None))):
        progress(number / 2, f"{name} close")
        _, traces[name] = teardown.play(teardown.find(name), hosts, silent, pcap)
        if traces[name].lacking:
            break  # without a wire there is no closing at the same time
    return judged(traces)


def judged(traces: Mapping[str, Trace]) -> Measurement:
    """The states that were seen, by the name of the teardown's variant."""
    draft = Draft(lacking=traces["orderly"].lacking)
    rows = [_first_seen(state, traces) for state in ELEVEN]
    draft.tables.append(table_of(StateRow, rows))
    found = [each.state for each in rows if each.at is not None]
    draft.fact("states seen", len(found), "1")
    draft.answer = say("{seen} of TCP's {all} states were seen in the kernel.", seen=len(found), all=len(ELEVEN))
    wanted: Sequence[str] = _LASTING if draft.lacking else ELEVEN
    which = "every state that lasts was" if draft.lacking else "all eleven states were"
    seen = ", ".join(state for state in found if state in wanted)
    claim, table = say("{which} reached, and seen", which=which), Evidence(table="states")
    draft.check(claim, "RFC 9293 §3.3.2", ", ".join(wanted), seen, table)
    for name, trace in traces.items():
        own = Draft()
        teardown.check(own, teardown.find(name), trace)
        # The packets and times of the two traces are not in this record; the table of states is.
        draft.checks += [replace(each, evidence=(table,)) for each in own.checks]
    draft.findings.append(
        "SYN-RECEIVED is no socket yet: accept() knows nothing of it, and only the kernel can show it."
    )
    return draft.finish()


def _first_seen(state: str, traces: Mapping[str, Trace]) -> StateRow:
    """Where and when a state was first seen, in which of the two connections."""
    for way, trace in traces.items():
        first_ns = min(event.at_ns for event in trace.observation.events)
        for host in ("client", "server"):
            for event in trace.everything(host):
                if (event.kind, event.what) == ("state", state):
                    return StateRow(state, host, (event.at_ns - first_ns) / 1e9, _MEANINGS[state], way)
    return StateRow(state, None, None, _MEANINGS[state], None)


EXPERIMENT = Experiment(
    Parameters,
    measure,
    about="Reach all eleven states of a TCP connection, and see each in the kernel.",
    examples=("netlab tcp-states", "netlab tcp-states --json"),
)
