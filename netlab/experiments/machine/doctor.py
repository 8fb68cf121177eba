"""What this machine can do, what of netlab that enables, and how to get what is missing. Changes nothing.

Three states: "ok"; "limited", where an experiment will run but meets the limit; "missing", where it cannot run.
"""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from typing import NamedTuple

from netlab.experiment import Experiment
from netlab.experiments.machine.doctor_rows import AbilityRow, DoctorLimitRow, RemedyRow, ToolRow
from netlab.linux import machine
from netlab.network.probe import private_network
from netlab.progress import Progress
from netlab.report.phrase import listed, say
from netlab.report.quantity import Draft, Measurement
from netlab.report.rows import table_of

OK, LIMITED, MISSING = "ok", "limited", "missing"


@dataclass(frozen=True, slots=True)
class Parameters:
    """The doctor asks nothing."""


class Tool(NamedTuple):
    """A program that worksheets call as a second opinion, and the Debian package it is in."""

    name: str
    package: str
    enables: str


TOOLS = (
    Tool("nc", "netcat-openbsd", "talk to a server by hand"),
    Tool("ncat", "ncat", "the same, from the makers of Nmap"),
    Tool("socat", "socat", "join any two sockets; half-close by hand"),
    Tool("curl", "curl", "an independent HTTP client"),
    Tool("openssl", "openssl", "certificates for HTTPS: netlab http serve --tls"),
    Tool("dig", "bind9-dnsutils", "an independent DNS client"),
    Tool("ss", "iproute2", "what the kernel knows of each socket"),
    Tool("ip", "iproute2", "interfaces, routes, namespaces"),
    Tool("strace", "strace", "the system calls a server makes"),
    Tool("tcpdump", "tcpdump", "the bytes on the wire"),
    Tool("tshark", "tshark", "an independent dissector of captures"),
    Tool("gcc", "gcc libc6-dev", "the C peers of the benchmarks"),
)


_SYSCTL = "sudo sysctl -w"
_REMEDIES = {
    "CPUs": "measure on a machine with two or more",
    "open files, soft": "ulimit -n 1048576",
    "open files, hard": "a line '* hard nofile 1048576' in /etc/security/limits.conf, then log in again",
    "processes": "ulimit -u 4096, or pids.max",
    "ephemeral ports": f"{_SYSCTL} net.ipv4.ip_local_port_range='10240 65535'",
    "somaxconn": f"{_SYSCTL} net.core.somaxconn=4096",
    "tcp_max_syn_backlog": f"{_SYSCTL} net.ipv4.tcp_max_syn_backlog=1024",
    "CAP_NET_RAW": "run that one command with sudo; capture --during does not need it",
    "PSS": "a kernel with /proc/self/smaps_rollup (4.14 or newer)",
    "SO_REUSEPORT": "a kernel of 3.9 or newer, outside of a sandbox that forbids it",
    "recvmmsg": "glibc 2.14 or musl",
    "IPv6 loopback": f"{_SYSCTL} net.ipv6.conf.lo.disable_ipv6=0",
}


def measure(parameters: Parameters, progress: Progress) -> Measurement:
    """Look at everything; takes less than a second and needs nothing."""
    draft, remedies = Draft(), dict(_REMEDIES)
    total_bytes, available_bytes = machine.memory()
    kernel = os.uname()
    draft.fact("kernel", f"{kernel.sysname} {kernel.release}", "")
    draft.fact("Python", f"{sys.implementation.name} {sys.version.split()[0]}", "")
    draft.fact("machine", kernel.machine, "")
    draft.fact("memory", total_bytes, "B")
    draft.fact("memory available", available_bytes, "B")
    progress(0.2, "reading limits")
    limits = list(_limits())
    progress(0.5, "trying what the kernel allows")
    abilities = list(_abilities(remedies))
    progress(0.9, "looking for tools")
    missing = [tool for tool in TOOLS if not shutil.which(tool.name)]
    tools = [ToolRow(tool.name, MISSING if tool in missing else OK, tool.enables) for tool in TOOLS]
    matplotlib = OK if find_spec("matplotlib") else MISSING
    tools.append(ToolRow("matplotlib", matplotlib, "--plot FILE.png (SVG needs nothing)"))
    draft.tables.append(table_of(DoctorLimitRow, limits))
    draft.tables.append(table_of(AbilityRow, abilities))
    draft.tables.append(table_of(ToolRow, tools))
    states = {each.name: each.state for each in limits} | {each.name: each.state for each in abilities}
    to_do = [RemedyRow(name, remedies[name]) for name, state in states.items() if state != OK]
    if missing:
        packages = dict.fromkeys((tool.package for tool in missing), True)
        to_do.append(RemedyRow("tools", f"sudo apt install {' '.join(packages)}"))
    if matplotlib != OK:
        to_do.append(RemedyRow("matplotlib", "pip install 'netlab[plot]'"))
    if to_do:
        draft.tables.append(table_of(RemedyRow, to_do))
    draft.answer = _verdict(states)
    draft.findings.append(draft.answer)
    progress(1.0, "done")
    return draft.finish()


def _limits() -> Iterator[DoctorLimitRow]:
    soft, hard = machine.descriptors()
    backlog = machine.sysctl_number("net.ipv4.tcp_max_syn_backlog")
    yield _limit("CPUs", len(os.sched_getaffinity(0)), 2, "server and load side by side")
    yield _limit("open files, soft", soft, 1024, "a descriptor per connection")
    yield _limit("open files, hard", hard, 10_100, "10,000 connections at once")
    yield _limit("processes", machine.processes(), 1_200, "fork and thread with 1,000 connections")
    yield _limit("ephemeral ports", machine.ephemeral_ports(), 20_000, "many short connections: TIME-WAIT holds ports")
    somaxconn = machine.sysctl_number("net.core.somaxconn")
    yield _limit("somaxconn", somaxconn, 1_024, "accept queues: 1,000 clients at once")
    yield _limit("tcp_max_syn_backlog", backlog, 512, "handshakes under way at once")


def _limit(name: str, here: int | None, want: int, enables: str) -> DoctorLimitRow:
    """What is not limited, as far as we know, is ok."""
    return DoctorLimitRow(name, LIMITED if here is not None and here < want else OK, here, want, enables)


def _abilities(remedies: dict[str, str]) -> Iterator[AbilityRow]:
    """Those whose remedy depends on why they are missing put it among the others."""

    def ability(name: str, there: bool, enables: str, otherwise: str = MISSING) -> AbilityRow:
        return AbilityRow(name, OK if there else otherwise, enables)

    namespaces, why_not = machine.user_namespaces()
    remedies["user namespaces"] = _permit(why_not)
    yield ability("user namespaces", namespaces, "networks of your own, without root")
    networks, why_not = private_network() if namespaces else (False, why_not)
    remedies["private networks"] = f"{why_not}; a kernel with veth and packet sockets (CONFIG_VETH, CONFIG_PACKET)"
    yield ability("private networks", networks, "two hosts and a wire: tcp-handshake and its like")
    yield ability("CAP_NET_RAW", machine.may_capture(), "capture --interface: this machine's own")
    yield ability("PSS", machine.pss_readable(), "memory of processes that share pages", LIMITED)
    yield ability("SO_REUSEPORT", machine.has_reuse_port(), "modes with several listeners: epoll-multi")
    yield ability("recvmmsg", machine.has_recvmmsg(), "many datagrams a system call: UDP mode batch")
    yield ability("IPv6 loopback", machine.has_ipv6(), "--host ::1")


def _permit(why_not: str) -> str:
    """The sysctl to turn, where it is one that forbids user namespaces."""
    name, equals, value = why_not.partition(" = ")
    if not equals:
        return f"{why_not}; a container must be started with the right to make namespaces"
    wanted = {"0": "1", "1": "0"}[value] if not name.startswith("user.") else "15000"
    return f"sudo sysctl -w {name}={wanted}"


def _verdict(states: dict[str, str]) -> str:
    limited = [name for name, state in states.items() if state == LIMITED]
    missing = [name for name, state in states.items() if state == MISSING]
    if not limited and not missing:
        return "Every experiment can run here in full."
    parts: list[str] = []
    if limited:
        parts.append(say("Limited: {names}.", names=", ".join(limited)))
    if missing:
        parts.append(say("Missing: {names}.", names=", ".join(missing)))
    return say("Most experiments run here. {parts}", parts=listed(parts, " "))


EXPERIMENT = Experiment(
    Parameters,
    measure,
    about="Say what this machine can do, what that enables, and how to get what is missing. Changes nothing.",
    examples=("netlab doctor", "netlab doctor --json > this-machine.json"),
    plots=False,
    saves=False,
)
