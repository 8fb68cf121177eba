"""A client's ports, used up, as facts and checks: the four-tuple, bind(2) before connect(2), and TIME-WAIT."""

from __future__ import annotations

from pathlib import Path

from netlab.errors import UsageError
from netlab.experiments.limits import ports_scene
from netlab.experiments.limits.limits_rows import PortsRow
from netlab.experiments.limits.ports_scene import PortsPlan, PortsResult, TimeWait
from netlab.experiments.wire.trace import write_pcap
from netlab.linux import machine
from netlab.network.scene import run_scene
from netlab.progress import Progress
from netlab.report.phrase import say
from netlab.report.quantity import Draft, Evidence
from netlab.report.rows import table_of

_REUSE_TIMEOUT_S = 30.0
_FOUR_TUPLE = "RFC 9293 §3.3.1, the four-tuple"
_BIND_LATE = "ip(7), IP_BIND_ADDRESS_NO_PORT"


def measure(draft: Draft, ports: int, file: Path | None, progress: Progress) -> None:
    """Use up `ports` ports on a network of their own; frames of the first case go into `file`. Raises NetlabError."""
    _, hard = machine.descriptors()
    if hard is not None and 4 * ports + 64 > hard:
        raise UsageError(
            f"--ports {ports}: {4 * ports} connections need more descriptors than a process may have, {hard}",
            "fewer --ports, or a higher limit: sudo prlimit --pid $$ --nofile=1048576",
        )
    plan = PortsPlan(ports, file is not None, _REUSE_TIMEOUT_S)
    result = run_scene(ports_scene.play, plan, progress, timeout_s=120.0)
    write_pcap(file, result.frames)
    draft.fact("ports of the client", ports, "1", "the ip_local_port_range of its namespace")
    draft.fact("ports of this machine", machine.ephemeral_ports(), "1", "its own ip_local_port_range")
    _four_tuple(draft, ports, result)
    _bound(draft, ports, result)
    draft.tables.append(table_of(PortsRow, [*result.destinations, result.bound_first, result.bound_late]))
    _time_wait(draft, ports, result.time_wait)


def _four_tuple(draft: Draft, ports: int, result: PortsResult) -> None:
    one, _, _, source = result.destinations
    claim = "to one destination there are as many connections as ports"
    rows = [Evidence(table="one client's ports", row=number) for number in range(6)]
    draft.check(claim, "ip(7), ip_local_port_range", ports, one.connections, rows[0])
    draft.check("one more fails", "connect(2)", "EADDRNOTAVAIL", one.then, rows[0])
    to_port, to_host = (f"{each.ports_used_again} of {each.connections}" for each in result.destinations[1:3])
    everything = f"{ports} of {ports}"
    claim = "the same ports carry as many to another port of the server"
    draft.check(claim, _FOUR_TUPLE, everything, to_port, rows[1])
    draft.check("and as many to another address", _FOUR_TUPLE, everything, to_host, rows[2])
    claim = "at one server address and port: client addresses × client ports"
    draft.check(claim, "course, lecture 13", 2 * ports, one.connections + source.connections, rows[0], rows[3])
    total = sum(each.connections for each in result.destinations)
    text = (
        "{ports} ports carried {total} connections at once: no two had all of {{source address, source port, "
        "destination address, destination port}} in common. A port is not used up; a four-tuple is."
    )
    draft.finding(say(text, ports=ports, total=total), *rows[:4])
    draft.answer = say("{ports} ports carried {total} connections at once.", ports=ports, total=total)


def _bound(draft: Draft, ports: int, result: PortsResult) -> None:
    first, late = (f"{each.connections}, {each.then}" for each in (result.bound_first, result.bound_late))
    claim = "bind() before connect() takes a port for all destinations"
    rows = [Evidence(table="one client's ports", row=number) for number in (4, 5)]
    draft.check(claim, _BIND_LATE, f"{ports}, EADDRINUSE", first, rows[0])
    draft.check("with IP_BIND_ADDRESS_NO_PORT it does not", _BIND_LATE, f"{2 * ports}, EADDRNOTAVAIL", late, rows[1])


def _time_wait(draft: Draft, ports: int, seen: TimeWait) -> None:
    lasts_s, reused_s, here = seen.lasts_s, seen.reused_after_s, machine.ephemeral_ports()
    draft.fact("ports in TIME-WAIT", seen.waiting, "1", "of connections that the client has closed first")
    draft.fact("ports stay there for", lasts_s, "s", "TCP_TIMEWAIT_LEN of Linux; RFC 9293 says four minutes")
    note = "with tcp_tw_reuse; Linux wants a second to have passed, so that timestamps differ"
    draft.fact("ports used again after", reused_s, "s", note)
    claim, held = "TIME-WAIT holds every port towards the same destination", f"{seen.waiting}, {seen.same}"
    draft.check(claim, "RFC 9293 §3.3.2", f"{ports}, EADDRNOTAVAIL", held, Evidence(fact="ports in TIME-WAIT"))
    draft.check("not towards another one", _FOUR_TUPLE, "connected", seen.other or "connected")
    delay_s = seen.delay_s if seen.delay_s is not None else 1.0
    claim = "with tcp_tw_reuse a port is used again before TIME-WAIT is over"
    sooner = lasts_s is not None and delay_s / 2 < reused_s < lasts_s
    draft.check(claim, "tcp(7), tcp_tw_reuse", True, sooner, Evidence(fact="ports used again after"))
    if lasts_s and here:
        text = (
            "From one address to one server port, {here:,} ports and {lasts_s:.0f} s of TIME-WAIT allow {rate:,.0f} "
            "new connections a second, if the client closes first; beyond that, connect() fails."
        )
        draft.finding(say(text, here=here, lasts_s=lasts_s, rate=here / lasts_s))
