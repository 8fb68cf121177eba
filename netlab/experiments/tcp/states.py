"""`netlab tcp-states`: all eleven states of RFC 9293 §3.3.2, each reached and seen in a real kernel.

Two connections are enough: one that ends in order has ten of them, and CLOSING takes both sides closing at once.
"""

from __future__ import annotations

from dataclasses import dataclass

from netlab.experiment import Experiment
from netlab.experiments.tcp import teardown
from netlab.experiments.wire import trace
from netlab.experiments.wire.options import Delay, Pcap, Seed
from netlab.experiments.wire.trace import Trace
from netlab.linux.tcp_states import ELEVEN
from netlab.progress import Progress
from netlab.report.quantity import Column, Draft, Measurement, Table, Value

_HOW = {
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
    trace.check_path(parameters.pcap)
    orders = teardown.Parameters(delay_s=parameters.delay_s, seed=parameters.seed)
    tours: dict[str, Trace] = {}
    for number, variant in enumerate(("orderly", "simultaneous")):
        progress(number / 2, f"{variant} close")
        tours[variant] = teardown.play(variant, orders, lambda done, text: None)
        if tours[variant].lacking:
            break  # without a wire there is no closing at the same time
    trace.save(tours["orderly"], parameters.pcap)
    draft = Draft()
    draft.lacking = tours["orderly"].lacking
    rows = [_seen(state, tours) for state in ELEVEN]
    columns = (
        Column("state", ""),
        Column("at", ""),
        Column("seen after", "s"),
        Column("what it means", ""),
        Column("way", ""),
    )
    draft.tables.append(Table("states", columns, tuple(rows)))
    found = [str(row[0]) for row in rows if row[1] is not None]
    draft.fact("states seen", len(found), "1")
    if draft.lacking:
        lasting = [state for state in found if state in _LASTING]
        draft.check(
            "every state that lasts was reached, and seen", "RFC 9293 §3.3.2", ", ".join(_LASTING), ", ".join(lasting)
        )
    else:
        draft.check("all eleven states were reached, and seen", "RFC 9293 §3.3.2", ", ".join(ELEVEN), ", ".join(found))
    for told, seen in zip(teardown.VARIANTS, tours.values(), strict=False):
        ending = [each for each in seen.marked() if each.tcp.fin or each.tcp.rst]
        teardown.check(draft, told, seen, ending)
    draft.findings.append(
        "SYN-RECEIVED is no socket yet: accept() knows nothing of it, and only the kernel can show it."
    )
    return draft.finish()


def _seen(state: str, tours: dict[str, Trace]) -> tuple[Value, ...]:
    """Where and when a state was first seen, in which of the two connections."""
    for way, seen in tours.items():
        for host in ("client", "server"):
            for event in seen.everything(host):
                if event["kind"] == "state" and event["what"] == state:
                    first_ns = min(each["at_ns"] for each in seen.observation.events)
                    return state, host, (event["at_ns"] - first_ns) / 1e9, _HOW[state], way
    return state, None, None, _HOW[state], None


EXPERIMENT = Experiment(
    Parameters,
    measure,
    about="Reach all eleven states of a TCP connection, and see each in the kernel.",
    examples=("netlab tcp-states", "netlab tcp-states --json"),
)
