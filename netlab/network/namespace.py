"""Network namespaces without root (user_namespaces(7), network_namespaces(7)).

A process that moves into a user namespace of its own has all capabilities in it, and so may make network namespaces
and everything in them: interfaces, addresses, raw sockets, sysctls, ports below 1024. None of it touches the host. Each
"host" of an experiment is one network namespace, and is held by nothing but a descriptor of the process that made it:
when that process ends, by whatever means, the kernel takes away sockets, interfaces and namespaces.

A thread is in one network namespace at a time (setns(2)), and a socket stays in the one it was made in. So one process
can hold the sockets of all hosts. ctypes, because os.unshare is new in Python 3.12.
"""

from __future__ import annotations

import ctypes
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from netlab.errors import MachineLacks

_NEW_USER, _NEW_NET = 0x10000000, 0x40000000  # CLONE_NEWUSER, CLONE_NEWNET of <linux/sched.h>
_libc = ctypes.CDLL(None, use_errno=True)

_FORBIDDING = (  # sysctl, the value that forbids, the value that allows
    ("kernel.unprivileged_userns_clone", "0", "1"),
    ("kernel.apparmor_restrict_unprivileged_userns", "1", "0"),
    ("user.max_user_namespaces", "0", "15000"),
    ("user.max_net_namespaces", "0", "15000"),
)


def become_own_root() -> None:
    """Move this process into a user namespace in which it is root, and into an empty network namespace.

    It must have one thread only. Raises MachineLacks where that is forbidden, and says how to allow it.
    """
    uid, gid = os.geteuid(), os.getegid()
    try:
        _call(_libc.unshare, _NEW_USER | _NEW_NET)
        Path("/proc/self/setgroups").write_text("deny")  # or an ordinary user may not write gid_map
        Path("/proc/self/uid_map").write_text(f"0 {uid} 1")
        Path("/proc/self/gid_map").write_text(f"0 {gid} 1")
    except OSError as error:
        raise forbidden("a user namespace", error) from None


def forbidden(what: str, error: OSError) -> MachineLacks:
    """The error for a step that was refused: what to turn on, or how to do without."""
    for name, bad, good in _FORBIDDING:
        try:
            value = Path("/proc/sys", name.replace(".", "/")).read_text().strip()
        except OSError:
            continue
        if value == bad:
            return MachineLacks(
                f"an ordinary user may not build networks here: {name} = {value}",
                f"sudo sysctl -w {name}={good}, or run this one command with sudo",
            )
    return MachineLacks(
        f"no private network: {what}: {error.strerror or error}",
        "a container must be started with the right to make namespaces; 'netlab doctor' looks at all of it",
    )


class Namespace:
    """A network namespace, kept by a descriptor."""

    def __init__(self, name: str) -> None:
        """Make one; the calling thread stays where it is. Raises OSError."""
        self.name = name
        with _back_again():
            _call(_libc.unshare, _NEW_NET)
            self.fd = os.open("/proc/thread-self/ns/net", os.O_RDONLY | os.O_CLOEXEC)

    @contextmanager
    def entered(self) -> Iterator[None]:
        """The calling thread is in this namespace: sockets it makes, /proc/net and /proc/sys/net are its own."""
        with _back_again():
            _call(_libc.setns, self.fd, _NEW_NET)
            yield

    def sysctl(self, name: str, value: object) -> None:
        """Set a sysctl of this namespace: sysctl("net.ipv4.tcp_fin_timeout", 3)."""
        with self.entered():
            Path("/proc/sys", name.replace(".", "/")).write_text(f"{value}")


@contextmanager
def _back_again() -> Iterator[None]:
    here = os.open("/proc/thread-self/ns/net", os.O_RDONLY | os.O_CLOEXEC)
    try:
        yield
    finally:
        _call(_libc.setns, here, _NEW_NET)
        os.close(here)


def _call(function: ctypes._NamedFuncPointer, *arguments: int) -> None:
    if function(*arguments) != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
