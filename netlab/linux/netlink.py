"""One request over rtnetlink(7) and its answers: just enough of it for routes and neighbours.

Follows netlink(7) and <linux/netlink.h>. Numbers of netlink are in host byte order. Left out: everything that
changes something, and strict checking.
"""

from __future__ import annotations

import errno
import socket
import struct
from collections.abc import Iterator

from netlab.errors import MachineLacks

_HEADER = struct.Struct("=IHHII")  # length, type, flags, sequence, port
_ATTRIBUTE = struct.Struct("=HH")  # length, type
_REQUEST, DUMP = 0x1, 0x300
_ERROR, _DONE = 2, 3
_TIMEOUT_S = 2.0
_BUFFER_BYTES = 1 << 20


class RefusedError(OSError):
    """The kernel's answer is an error; `errno` says which."""


def ask(kind: int, payload: bytes, flags: int = 0) -> Iterator[bytes]:
    """Send a request of type `kind`; yields the payload of each answer. Raises RefusedError or MachineLacks."""
    message = _HEADER.pack(_HEADER.size + len(payload), kind, _REQUEST | flags, 1, 0) + payload
    try:
        sock = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, socket.NETLINK_ROUTE)
    except OSError as error:
        raise MachineLacks(f"no netlink socket: {error.strerror}", "a sandbox may forbid them") from None
    with sock:
        sock.settimeout(_TIMEOUT_S)
        try:
            sock.send(message)
            while True:
                data = sock.recv(_BUFFER_BYTES)
                for answer, content in _messages(data):
                    if answer == _DONE:
                        return
                    if answer == _ERROR:
                        (code,) = struct.unpack_from("=i", content)
                        raise RefusedError(-code, errno.errorcode.get(-code, str(-code)))
                    yield content
                if not flags & DUMP:
                    return
        except TimeoutError:
            raise MachineLacks("the kernel does not answer over netlink") from None


def attributes(data: bytes, offset: int) -> dict[int, bytes]:
    """The attributes that follow a fixed header of `offset` bytes, by type."""
    found = {}
    while offset + _ATTRIBUTE.size <= len(data):
        length, kind = _ATTRIBUTE.unpack_from(data, offset)
        if length < _ATTRIBUTE.size:
            break
        found[kind & 0x3FFF] = data[offset + _ATTRIBUTE.size : offset + length]
        offset += length + 3 & ~3  # NLA_ALIGN
    return found


def attribute(kind: int, value: bytes) -> bytes:
    """An attribute as bytes; `value` must fill whole words, as addresses do."""
    return _ATTRIBUTE.pack(_ATTRIBUTE.size + len(value), kind) + value


def _messages(data: bytes) -> Iterator[tuple[int, bytes]]:
    offset = 0
    while offset + _HEADER.size <= len(data):
        length, kind, _, _, _ = _HEADER.unpack_from(data, offset)
        if length < _HEADER.size:
            return
        yield kind, data[offset + _HEADER.size : offset + length]
        offset += length + 3 & ~3
