"""What this machine allows: limits, capabilities, kernel features. Each answer is read or tried now, never assumed.

Numbers are None where the kernel does not tell. Follows proc(5), tcp(7), ip(7), capabilities(7), namespaces(7).
"""

from __future__ import annotations

import os
import resource
import socket
from pathlib import Path

from netlab.child.handle import Child
from netlab.errors import NetlabError
from netlab.linux import cgroup
from netlab.linux.meminfo import meminfo

_CAP_NET_RAW = 13  # <linux/capability.h>


def sysctl(name: str) -> str | None:
    """The value of a sysctl: sysctl("net.core.somaxconn"); None if this kernel has none of that name."""
    try:
        return Path("/proc/sys", name.replace(".", "/")).read_text().strip()
    except OSError:
        return None


def sysctl_number(name: str) -> int | None:
    """A sysctl that is one number."""
    text = sysctl(name)
    return int(text) if text is not None and text.lstrip("-").isdigit() else None


def ephemeral_ports() -> int | None:
    """How many ports connect(2) may choose from: the size of net.ipv4.ip_local_port_range."""
    low, _, high = (sysctl("net.ipv4.ip_local_port_range") or "").partition("\t")
    return int(high) - int(low) + 1 if low.isdigit() and high.strip().isdigit() else None


def descriptors() -> tuple[int | None, int | None]:
    """Soft and hard limit of open files (RLIMIT_NOFILE); None: unlimited."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    return _bounded(soft), _bounded(hard)


def processes() -> int | None:
    """How many processes and threads this user may have: the least of RLIMIT_NPROC, the cgroup's and the kernel's."""
    soft, _ = resource.getrlimit(resource.RLIMIT_NPROC)
    # RLIMIT_NPROC does not bind root (getrlimit(2)).
    limits = [_bounded(soft) if os.geteuid() else None, sysctl_number("kernel.threads-max"), cgroup.most_processes()]
    return min((limit for limit in limits if limit is not None), default=None)


def _bounded(limit: int) -> int | None:
    return None if limit == resource.RLIM_INFINITY else limit


def memory() -> tuple[int | None, int | None]:
    """Total and available memory in bytes (/proc/meminfo)."""
    found = meminfo()
    return found.get("MemTotal"), found.get("MemAvailable")


def may_capture() -> bool:
    """True with CAP_NET_RAW in the effective set: AF_PACKET sockets may be opened (packet(7))."""
    try:
        status = Path("/proc/self/status").read_text()
    except OSError:
        return False
    effective = next((line.split()[1] for line in status.splitlines() if line.startswith("CapEff:")), "0")
    return bool(int(effective, 16) >> _CAP_NET_RAW & 1)


def pss_readable() -> bool:
    """True where the kernel tells a process's share of shared pages (/proc/PID/smaps_rollup, Linux 4.14)."""
    try:
        return "Pss:" in Path("/proc/self/smaps_rollup").read_text()
    except OSError:
        return False


def has_reuse_port() -> bool:
    """True where two sockets can be bound to one port with SO_REUSEPORT (socket(7)); tried with two."""
    try:
        with socket.socket() as first, socket.socket() as second:
            for sock in (first, second):
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
            first.bind(("127.0.0.1", 0))
            second.bind(first.getsockname())
    except OSError:
        return False
    return True


def has_ipv6() -> bool:
    """True where ::1 can be bound."""
    try:
        with socket.socket(socket.AF_INET6) as sock:
            sock.bind(("::1", 0))
    except OSError:
        return False
    return True


def has_recvmmsg() -> bool:
    """True where the C library has recvmmsg(2) and sendmmsg(2)."""
    import ctypes

    libc = ctypes.CDLL(None)
    return hasattr(libc, "recvmmsg") and hasattr(libc, "sendmmsg")


def user_namespaces() -> tuple[bool, str]:
    """Whether an ordinary user may build networks of their own, tried in a child process; and if not, why not."""
    try:
        with Child("netlab.child.unshare:main", {}) as child:
            answer = child.expect(5.0)
    except (NetlabError, TimeoutError, OSError) as error:
        return False, str(error)
    if answer["errno"] == 0:
        return True, ""
    for name, forbidding in (
        ("kernel.unprivileged_userns_clone", "0"),
        ("kernel.apparmor_restrict_unprivileged_userns", "1"),
        ("user.max_user_namespaces", "0"),
    ):
        if sysctl(name) == forbidding:
            return False, f"{name} = {forbidding}"
    return False, f"{answer['step']}: {os.strerror(answer['errno'])}"
