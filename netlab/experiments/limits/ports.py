"""A client's ports, used up, as facts and checks: the four-tuple, bind(2) before connect(2), and TIME-WAIT."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from netlab.errors import UsageError
from netlab.experiments.limits import ports_scene
from netlab.linux import machine
from netlab.network.scene import run_scene
from netlab.packets import pcap
from netlab.packets.capture_file import CapturedFrame
from netlab.progress import Progress
from netlab.report.quantity import Column, Draft, Table, Value

_REUSE_TIMEOUT_S = 30.0


def measure(draft: Draft, ports: int, file: Path | None, progress: Progress) -> None:
    """Use up `ports` ports on a network of their own; frames of the first case go into `file`. Raises NetlabError."""
    _, hard = machine.descriptors()
    if hard is not None and 4 * ports + 64 > hard:
        raise UsageError(
            f"--ports {ports}: {4 * ports} connections need more descriptors than a process may have, {hard}",
            "fewer --ports, or a higher limit: sudo prlimit --pid $$ --nofile=1048576",
        )
    config = {"ports": ports, "frames": file is not None, "timeout_s": _REUSE_TIMEOUT_S}
    seen = run_scene(ports_scene.play, config, progress, timeout_s=120.0)
    if file is not None:
        records = [
            CapturedFrame(each["time_ns"], frame := bytes.fromhex(each["frame"]), len(frame)) for each in seen["frames"]
        ]
        try:
            file.write_bytes(pcap.write(records))
        except OSError as error:
            raise UsageError(f"--pcap {file}: {error.strerror}") from None
    draft.fact("ports of the client", ports, "1", "the ip_local_port_range of its namespace")
    draft.fact("ports of this machine", machine.ephemeral_ports(), "1", "its own ip_local_port_range")
    _four_tuple(draft, ports, seen)
    _bound(draft, ports, seen)
    _time_wait(draft, ports, seen["time_wait"])


def _four_tuple(draft: Draft, ports: int, seen: Mapping[str, Any]) -> None:
    one, door, host, source = seen["destinations"]
    draft.check(
        "to one destination there are as many connections as ports",
        "ip(7), ip_local_port_range",
        ports,
        one["connected"],
    )
    draft.check("one more fails", "connect(2)", "EADDRNOTAVAIL", one["error"])
    draft.check(
        "the same ports carry as many to another port of the server",
        "RFC 9293 §3.3.1, the four-tuple",
        f"{ports} of {ports}",
        f"{door['again']} of {door['connected']}",
    )
    draft.check(
        "and as many to another address",
        "RFC 9293 §3.3.1, the four-tuple",
        f"{ports} of {ports}",
        f"{host['again']} of {host['connected']}",
    )
    draft.check(
        "at one server address and port: client addresses × client ports",
        "course, lecture 13",
        2 * ports,
        one["connected"] + source["connected"],
    )
    total = sum(each["connected"] for each in seen["destinations"])
    draft.findings.append(
        f"{ports} ports carried {total} connections at once: no two had all of {{source address, source port, "
        "destination address, destination port} in common. A port is not used up; a four-tuple is."
    )


def _bound(draft: Draft, ports: int, seen: Mapping[str, Any]) -> None:
    first, late = seen["bound first"], seen["bound late"]
    draft.check(
        "bind() before connect() takes a port for all destinations",
        "ip(7), IP_BIND_ADDRESS_NO_PORT",
        f"{ports}, EADDRINUSE",
        f"{first['connected']}, {first['error']}",
    )
    draft.check(
        "with IP_BIND_ADDRESS_NO_PORT it does not",
        "ip(7), IP_BIND_ADDRESS_NO_PORT",
        f"{2 * ports}, EADDRNOTAVAIL",
        f"{late['connected']}, {late['error']}",
    )
    rows: list[tuple[Value, ...]] = [
        (each["source"], each["connected"], each["again"] if number else None, each["to"], each["error"])
        for number, each in enumerate(seen["destinations"])
    ]
    rows += [
        (f"127.0.0.4, bound {when}", each["connected"], each["connected"] - each["ports"], "both ports", each["error"])
        for when, each in (("first", first), ("late", late))
    ]
    columns = (
        Column("from", ""),
        Column("connections", "1"),
        Column("ports used again", "1"),
        Column("to", ""),
        Column("then", ""),
    )
    draft.tables.append(Table("one client's ports", columns, tuple(rows)))


def _time_wait(draft: Draft, ports: int, told: Mapping[str, Any]) -> None:
    lasts_s, here = told["lasts_s"], machine.ephemeral_ports()
    draft.fact("ports in TIME-WAIT", told["waiting"], "1", "of connections that the client has closed first")
    draft.fact("ports stay there for", lasts_s, "s", "TCP_TIMEWAIT_LEN of Linux; RFC 9293 says four minutes")
    draft.fact(
        "ports used again after",
        told["reused_after_s"],
        "s",
        "with tcp_tw_reuse; Linux wants a second to have passed, so that timestamps differ",
    )
    draft.check(
        "TIME-WAIT holds every port towards the same destination",
        "RFC 9293 §3.3.2",
        f"{ports}, EADDRNOTAVAIL",
        f"{told['waiting']}, {told['same']}",
    )
    draft.check("not towards another one", "RFC 9293 §3.3.1, the four-tuple", "connected", told["other"] or "connected")
    delay_s = told["delay_s"] if told["delay_s"] is not None else 1.0
    draft.check(
        "with tcp_tw_reuse a port is used again before TIME-WAIT is over",
        "tcp(7), tcp_tw_reuse",
        True,
        lasts_s is not None and delay_s / 2 < told["reused_after_s"] < lasts_s,
    )
    if lasts_s and here:
        draft.findings.append(
            f"From one address to one server port, {here:,} ports and {lasts_s:.0f} s of TIME-WAIT allow "
            f"{here / lasts_s:,.0f} new connections a second, if the client closes first; beyond that, connect() fails."
        )
