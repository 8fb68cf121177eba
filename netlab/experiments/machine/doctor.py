"""What this machine can do, what of netlab that enables, and how to get what is missing. Changes nothing.

Three states: "ok"; "limited", where an experiment will run but meets the limit; "missing", where it cannot run.
"""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib.util import find_spec

from netlab.experiment import Experiment
from netlab.linux import machine
from netlab.network.probe import private_network
from netlab.progress import Progress
from netlab.report.quantity import Column, Draft, Measurement, Table

OK, LIMITED, MISSING = "ok", "limited", "missing"


@dataclass(frozen=True, slots=True)
class Parameters:
    """The doctor asks nothing."""


@dataclass(frozen=True, slots=True)
class Limit:
    """A number that should be at least `wanted`. None: there is no limit, or none that the kernel tells."""

    name: str
    here: int | None
    wanted: int
    enables: str
    get: str

    @property
    def state(self) -> str:
        """What is not limited, as far as we know, is ok."""
        return LIMITED if self.here is not None and self.here < self.wanted else OK


@dataclass(frozen=True, slots=True)
class Ability:
    """Something the kernel or the C library does or does not let this user do."""

    name: str
    state: str
    enables: str
    get: str


@dataclass(frozen=True, slots=True)
class Tool:
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


def measure(parameters: Parameters, progress: Progress) -> Measurement:
    """Look at everything; takes less than a second and needs nothing."""
    draft = Draft()
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
    abilities = list(_abilities())
    progress(0.9, "looking for tools")
    tools = [(tool, shutil.which(tool.name)) for tool in TOOLS]
    drawing = OK if find_spec("matplotlib") else MISSING
    draft.tables.append(
        Table(
            "Limits",
            (Column("", ""), Column("state", ""), Column("here", "1"), Column("want", "1"), Column("enables", "")),
            tuple((each.name, each.state, each.here, each.wanted, each.enables) for each in limits),
        )
    )
    draft.tables.append(
        Table(
            "Kernel",
            (Column("", ""), Column("state", ""), Column("enables", "")),
            tuple((each.name, each.state, each.enables) for each in abilities),
        )
    )
    draft.tables.append(
        Table(
            "Tools",
            (Column("", ""), Column("state", ""), Column("enables", "")),
            (
                *((tool.name, OK if path else MISSING, tool.enables) for tool, path in tools),
                ("matplotlib", drawing, "--plot FILE.png (SVG needs nothing)"),
            ),
        )
    )
    looked_at: list[Limit | Ability] = [*limits, *abilities]
    remedies = [(each.name, each.get) for each in looked_at if each.state != OK]
    packages = " ".join(dict.fromkeys(tool.package for tool, path in tools if not path))
    if packages:
        remedies.append(("tools", f"sudo apt install {packages}"))
    if drawing != OK:
        remedies.append(("matplotlib", "pip install 'netlab[plot]'"))
    if remedies:
        draft.tables.append(
            Table("How to get what is missing", (Column("", ""), Column("do this", "")), tuple(remedies))
        )
    draft.findings.append(_verdict(looked_at))
    progress(1.0, "done")
    return draft.finish()


def _limits() -> Iterator[Limit]:
    soft, hard = machine.descriptors()
    yield Limit(
        "CPUs", len(os.sched_getaffinity(0)), 2, "server and load side by side", "measure on a machine with two or more"
    )
    yield Limit("open files, soft", soft, 1024, "a descriptor per connection", "ulimit -n 1048576")
    yield Limit(
        "open files, hard",
        hard,
        10_100,
        "10,000 connections at once",
        "a line '* hard nofile 1048576' in /etc/security/limits.conf, then log in again",
    )
    yield Limit(
        "processes", machine.processes(), 1_200, "fork and thread with 1,000 connections", "ulimit -u 4096, or pids.max"
    )
    yield Limit(
        "ephemeral ports",
        machine.ephemeral_ports(),
        20_000,
        "many short connections: TIME-WAIT holds ports",
        "sudo sysctl -w net.ipv4.ip_local_port_range='10240 65535'",
    )
    yield Limit(
        "somaxconn",
        machine.sysctl_number("net.core.somaxconn"),
        1_024,
        "accept queues: 1,000 clients at once",
        "sudo sysctl -w net.core.somaxconn=4096",
    )
    yield Limit(
        "tcp_max_syn_backlog",
        machine.sysctl_number("net.ipv4.tcp_max_syn_backlog"),
        512,
        "handshakes under way at once",
        "sudo sysctl -w net.ipv4.tcp_max_syn_backlog=1024",
    )


def _abilities() -> Iterator[Ability]:
    namespaces, why_not = machine.user_namespaces()
    yield Ability(
        "user namespaces", OK if namespaces else MISSING, "networks of your own, without root", _permit(why_not)
    )
    lab, why_not = private_network() if namespaces else (False, why_not)
    yield Ability(
        "private networks",
        OK if lab else MISSING,
        "two hosts and a wire: tcp-handshake and its like",
        f"{why_not}; a kernel with veth and packet sockets (CONFIG_VETH, CONFIG_PACKET)",
    )
    yield Ability(
        "CAP_NET_RAW",
        OK if machine.may_capture() else MISSING,
        "capture --interface: this machine's own",
        "run that one command with sudo; capture --during does not need it",
    )
    yield Ability(
        "PSS",
        OK if machine.pss_readable() else LIMITED,
        "memory of processes that share pages",
        "a kernel with /proc/self/smaps_rollup (4.14 or newer)",
    )
    yield Ability(
        "SO_REUSEPORT",
        OK if machine.has_reuse_port() else MISSING,
        "modes with several listeners: epoll-multi",
        "a kernel of 3.9 or newer, outside of a sandbox that forbids it",
    )
    yield Ability(
        "recvmmsg",
        OK if machine.has_recvmmsg() else MISSING,
        "many datagrams a system call: UDP mode batch",
        "glibc 2.14 or musl",
    )
    yield Ability(
        "IPv6 loopback",
        OK if machine.has_ipv6() else MISSING,
        "--host ::1",
        "sudo sysctl -w net.ipv6.conf.lo.disable_ipv6=0",
    )


def _permit(why_not: str) -> str:
    """The sysctl to turn, where it is one that forbids user namespaces."""
    name, equals, value = why_not.partition(" = ")
    if not equals:
        return f"{why_not}; a container must be started with the right to make namespaces"
    wanted = {"0": "1", "1": "0"}[value] if not name.startswith("user.") else "15000"
    return f"sudo sysctl -w {name}={wanted}"


def _verdict(looked_at: Sequence[Limit | Ability]) -> str:
    limited = [each.name for each in looked_at if each.state == LIMITED]
    missing = [each.name for each in looked_at if each.state == MISSING]
    if not limited and not missing:
        return "Every experiment can run here in full."
    parts = []
    if limited:
        parts.append(f"Limited: {', '.join(limited)}.")
    if missing:
        parts.append(f"Missing: {', '.join(missing)}.")
    return f"Most experiments run here. {' '.join(parts)}"


EXPERIMENT = Experiment(
    Parameters,
    measure,
    about="Say what this machine can do, what that enables, and how to get what is missing. Changes nothing.",
    examples=("netlab doctor", "netlab doctor --json > this-machine.json"),
    plots=False,
    saves=False,
)
