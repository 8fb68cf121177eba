"""A server in a process of its own: bind, say where, serve until SIGTERM, say what it cost.

This is the function that child/handle.py starts; supervisor.py is the other end of its messages.
"""

from __future__ import annotations

import errno
import gc
import os
import resource
import signal
import socket
from importlib import import_module

from netlab.child.child_side import Message, send
from netlab.child.shared_counters import SharedCounters
from netlab.errors import MachineLacks, UsageError
from netlab.servers.limits import Limits
from netlab.servers.server import Server
from netlab.servers.stopping import Stop, shut_listener


def main(config: Message) -> None:
    """Serve as `config` says: transport, module, host, port, reuse_port, limits, shared_counters
    (fd, rows, columns).
    """
    limits = Limits(**config["limits"])
    listener = bind(config["transport"], config["host"], config["port"], limits.backlog, config["reuse_port"])
    shared_counters = SharedCounters(*config["shared_counters"])
    # Not within the idle limit: a signal makes a read(2) with SO_RCVTIMEO begin its time anew.
    stop = Stop(limits.drain_s, heartbeat_s=max(1.0, 2 * (limits.idle_timeout_s or 0)))
    row = shared_counters.row(SharedCounters.OWN)
    if config["transport"] == "tcp":
        stop.arm(shut_listener(listener))
    else:
        from netlab.servers.datagram_sockets import (
            end_queue,
        )  # not for TCP: what is not imported need not be copied by fork

        stop.arm(end_queue(listener, row))
    loop = import_module(config["module"]).serve
    server = Server(listener, limits, stop, shared_counters, row)
    # What lives now lives for ever. Out of the collector's sight, its pages stay shared with every forked child.
    gc.collect()
    gc.freeze()
    before = _usage()
    send({"ready": True, "address": listener.getsockname()[:2]})
    loop(server)
    # What still comes is too late, and must not meet the default action, death, while the interpreter shuts down.
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    signal.signal(signal.SIGALRM, signal.SIG_IGN)
    after = _usage()
    send({"usage": {name: after[name] - before[name] for name in after}, "peak_rss_bytes": _peak_rss_bytes()})


def bind(transport: str, host: str, port: int, backlog: int, reuse_port: bool) -> socket.socket:
    """The socket that the server listens on, or UsageError / MachineLacks in one line."""
    kind = socket.SOCK_STREAM if transport == "tcp" else socket.SOCK_DGRAM
    if not 0 <= port <= 65535:  # getaddrinfo(3) would take it modulo 65536
        raise UsageError(f"{port} is no port", "ports go from 1 to 65535; 0 lets the kernel choose one that is free")
    try:
        family, _, _, _, address = socket.getaddrinfo(host, port, type=kind, flags=socket.AI_PASSIVE)[0]
    except (socket.gaierror, UnicodeError) as error:
        raise UsageError(f"'{host}' is no address of this machine: {error}", "try --host 127.0.0.1") from None
    if reuse_port and port:
        # With SO_REUSEPORT two servers of one user would share the port, and the clients, unawares. So ask first
        # without.
        bind(transport, host, port, 0, reuse_port=False).close()
    try:
        listener = socket.socket(family, kind)
    except OSError as error:
        raise _bind_error(error, host, port) from None
    try:
        if transport == "tcp":
            # A restarted server may bind although connections of its predecessor are in TIME-WAIT (socket(7)).
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            # Accepted sockets inherit it: an echo must not wait for the ACK of the one before (tcp(7), RFC 1122
            # §4.2.3.4).
            listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if reuse_port:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        if family == socket.AF_INET6:
            listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        listener.bind(address)
        if transport == "tcp":
            listener.listen(backlog)
    except OSError as error:
        listener.close()
        raise _bind_error(error, host, port) from None
    return listener


def _bind_error(error: OSError, host: str, port: int) -> UsageError | MachineLacks:
    where = f"{host} port {port}"
    if error.errno == errno.EADDRINUSE:
        return UsageError(
            f"{where} is in use by another socket", f"choose another --port; who has it: ss -ltnup 'sport = {port}'"
        )
    if error.errno in (errno.EACCES, errno.EPERM):
        return MachineLacks(
            f"{where}: no permission to bind",
            "ports below net.ipv4.ip_unprivileged_port_start need root; choose a --port from 1024 up",
        )
    if error.errno == errno.EADDRNOTAVAIL:
        return UsageError(f"{host} is not an address of this machine", "try --host 127.0.0.1, or ::1 for IPv6")
    if error.errno == errno.EAFNOSUPPORT:
        return MachineLacks(f"{host}: this kernel has no such address family", "use an IPv4 address: --host 127.0.0.1")
    return UsageError(f"cannot listen on {where}: {os.strerror(error.errno or 0)}")


def _usage() -> dict[str, float]:
    """getrusage(2) of this process and of all its children that have been waited for."""
    own, children = resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN)
    return {
        "user_s": own.ru_utime + children.ru_utime,
        "system_s": own.ru_stime + children.ru_stime,
        "voluntary_switches": own.ru_nvcsw + children.ru_nvcsw,
        "involuntary_switches": own.ru_nivcsw + children.ru_nivcsw,
        "page_faults": own.ru_minflt + children.ru_minflt,
    }


def _peak_rss_bytes() -> int:
    """The largest that any single process of the server has been.

    Not ru_maxrss for ourselves: that survives execve(2), and so would show the size of the parent we were forked from.
    """
    with open("/proc/self/status", "rb") as status:
        own_kib = next(int(line.split()[1]) for line in status if line.startswith(b"VmHWM:"))
    return max(own_kib, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss) * 1024
