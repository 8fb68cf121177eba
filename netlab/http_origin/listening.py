"""A listening socket, or in words why there is none."""

from __future__ import annotations

import errno
import socket

from netlab.errors import MachineLacks, NetlabError, UsageError


class OriginPortInUse(UsageError):
    """Somebody else has the address and `port`."""

    def __init__(self, where: str, port: int) -> None:
        super().__init__(
            f"{where} is in use by another socket", f"choose another port; who has it: ss -ltnp 'sport = {port}'"
        )
        self.port = port


def listening(host: str, port: int) -> socket.socket:
    """A listening socket; raises UsageError or MachineLacks, in words."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    sock = socket.socket(family, socket.SOCK_STREAM)
    try:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        sock.bind((host, port))
        sock.listen(256)
        sock.setblocking(False)
    except OSError as error:
        sock.close()
        raise _cannot_listen(error, host, port) from None
    return sock


def _cannot_listen(error: OSError, host: str, port: int) -> NetlabError:
    where = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    if error.errno == errno.EADDRINUSE:
        return OriginPortInUse(where, port)
    if error.errno in (errno.EACCES, errno.EPERM):
        return MachineLacks(f"{where}: no permission to bind", "ports below 1024 need root; choose one from 1024 up")
    if error.errno in (errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT) or isinstance(error, socket.gaierror):
        return UsageError(f"{host} is no address of this machine", "try 127.0.0.1 or ::1")
    return UsageError(f"cannot listen on {where}: {error.strerror or error}")
