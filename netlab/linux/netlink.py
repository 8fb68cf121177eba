"""netlink(7): requests to the kernel and its answers, for everything here that asks or changes the network.

A message is a header (struct nlmsghdr), a fixed structure that its type says, and attributes: length, type, value,
filled up to whole words, some of which hold attributes themselves. Numbers are in host byte order, addresses as on the
wire. routes.py, neighbours.py, rtnetlink.py and diag.py say what the structures are; nobody else opens such a socket.

There are three kinds of request: one answer (`ask`), a table in many messages (`dump`), a change (`change`). Left out:
multicast groups, and repeating a dump that a change has interrupted (NLM_F_DUMP_INTR).
"""

from __future__ import annotations

import errno
import os
import socket
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from types import TracebackType

from netlab.errors import MachineLacks

CREATE, EXCLUSIVE = 0x400, 0x200  # NLM_F_CREATE, NLM_F_EXCL: flags of a change
_REQUEST, _ACK, _DUMP = 0x1, 0x4, 0x300  # NLM_F_*
_CAPPED, _HAS_ATTRIBUTES = 0x100, 0x200  # NLM_F_CAPPED, NLM_F_ACK_TLVS: flags of an error
_ERROR, _DONE, _FIRST_TYPE = 2, 3, 16  # NLMSG_ERROR, NLMSG_DONE; below NLMSG_MIN_TYPE: types of netlink itself
_SOL_NETLINK, _CAP_ACK, _EXT_ACK = 270, 10, 11  # NETLINK_CAP_ACK, NETLINK_EXT_ACK: <linux/netlink.h>
_ERROR_TEXT = 1  # NLMSGERR_ATTR_MSG
_HEADER = struct.Struct("=IHHII")  # struct nlmsghdr: length, type, flags, sequence number, port
_ATTRIBUTE = struct.Struct("=HH")  # struct nlattr: length, type
_TYPE_BITS = 0x3FFF  # the rest of an attribute's type: NLA_F_NESTED, NLA_F_NET_BYTEORDER

_TIMEOUT_S = 10.0
_MOST_BYTES = 1 << 16  # a datagram; the kernel fills at most 32 KiB (netlink_dump() in net/netlink/af_netlink.c)
_MOST_STRAYS = 1000  # datagrams of other requests, or of other processes, before we stop waiting for ours

Message = tuple[int, int, int, bytes]
"""Type, flags, sequence number, and what follows the header."""


class RefusedError(OSError):
    """The kernel refuses a request: `errno` says why, `strerror` also in the kernel's own words where it has some."""


class Netlink:
    """A netlink socket, of the network namespace in which it was opened. One request at a time.

    Methods raise RefusedError for an error that the kernel answers; any OSError, TimeoutError among them, where it does
    not answer.
    """

    def __init__(self, protocol: int = socket.NETLINK_ROUTE) -> None:
        self._sock = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW | socket.SOCK_CLOEXEC, protocol)
        self._sock.settimeout(_TIMEOUT_S)
        self._sequence = 0
        for option in (_CAP_ACK, _EXT_ACK):  # errors without our request in them, and with a text
            try:
                self._sock.setsockopt(_SOL_NETLINK, option, 1)
            except OSError:
                pass  # a kernel before 4.12: only numbers then

    def __enter__(self) -> Netlink:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Close the socket."""
        self._sock.close()

    def ask(self, kind: int, body: bytes) -> bytes:
        """The one answer to a request of type `kind`, without its header."""
        for found, flags, content in self._answers(self._send(kind, 0, body)):
            if found == _ERROR and (refusal := refusal_of(found, flags, content)):
                raise refusal
            if found >= _FIRST_TYPE:
                return content
        raise AssertionError("answers end only by an exception")

    def dump(self, kind: int, body: bytes) -> Iterator[bytes]:
        """Every entry of a table, without its header."""
        for found, flags, content in self._answers(self._send(kind, _DUMP, body)):
            if found >= _FIRST_TYPE:
                yield content
            elif found in (_ERROR, _DONE):
                if refusal := refusal_of(found, flags, content):  # a table may also end with one
                    raise refusal
                return

    def change(self, kind: int, body: bytes, flags: int = 0) -> None:
        """Have the kernel change something, and wait until it has said that this is done."""
        for found, said, content in self._answers(self._send(kind, _ACK | flags, body)):
            if found == _ERROR:
                if refusal := refusal_of(found, said, content):
                    raise refusal
                return

    def _send(self, kind: int, flags: int, body: bytes) -> int:
        self._sequence = self._sequence + 1 & 0xFFFFFFFF
        self._sock.send(message(kind, _REQUEST | flags, self._sequence, body))
        return self._sequence

    def _answers(self, sequence: int) -> Iterator[tuple[int, int, bytes]]:
        """Messages of the request with this number; those of one that was given up may still lie in the socket."""
        strays = 0
        while strays < _MOST_STRAYS:
            data, _, flags, sender = self._sock.recvmsg(_MOST_BYTES)
            if flags & socket.MSG_TRUNC:
                raise OSError(errno.EMSGSIZE, f"a netlink answer of more than {_MOST_BYTES} bytes")
            strays += 1
            if sender[0] != 0:
                continue  # from a process, not from the kernel
            for kind, its_flags, number, content in messages(data):
                if number == sequence:
                    strays = 0
                    yield kind, its_flags, content
        raise TimeoutError(errno.ETIMEDOUT, "netlink has answers to everything but the request")


@contextmanager
def asking() -> Iterator[Netlink]:
    """A socket for questions that every process may ask. MachineLacks where there is none, or no answer."""
    try:
        with Netlink() as kernel:
            yield kernel
    except RefusedError:
        raise
    except TimeoutError:
        raise MachineLacks("the kernel does not answer over netlink") from None
    except OSError as error:
        raise MachineLacks(f"no netlink socket: {error.strerror}", "a sandbox may forbid them") from None


def message(kind: int, flags: int, sequence: int, body: bytes) -> bytes:
    """A message as bytes."""
    return _HEADER.pack(_HEADER.size + len(body), kind, flags, sequence, 0) + body


def messages(data: bytes) -> Iterator[Message]:
    """The messages in a datagram; one that says it is longer than the datagram, or shorter than its header, ends it."""
    at = 0
    while at + _HEADER.size <= len(data):
        length, kind, flags, sequence, _ = _HEADER.unpack_from(data, at)
        if length < _HEADER.size or at + length > len(data):
            return
        yield kind, flags, sequence, data[at + _HEADER.size : at + length]
        at += _aligned(length)


def refusal_of(kind: int, flags: int, content: bytes) -> RefusedError | None:
    """What a message of type NLMSG_ERROR or NLMSG_DONE says; None: that all is well."""
    if len(content) < 4:
        return None if kind == _DONE else RefusedError(errno.EBADMSG, "a netlink error without its number")
    (code,) = struct.unpack_from("=i", content)
    if code == 0:
        return None
    number = abs(code)
    meaning, said = os.strerror(min(number, 0x7FFFFFFF)), _kernels_words(kind, flags, content)
    return RefusedError(number, f"{meaning} ({said})" if said else meaning)


def _kernels_words(kind: int, flags: int, content: bytes) -> str:
    """The text that may stand behind the number: NETLINK_EXT_ACK. In an error our request is between the two."""
    if not flags & _HAS_ATTRIBUTES:
        return ""
    at = 4
    if kind == _ERROR and len(content) >= at + _HEADER.size:
        at += _HEADER.size if flags & _CAPPED else _aligned(_HEADER.unpack_from(content, at)[0])
    return attributes(content, at).get(_ERROR_TEXT, b"").rstrip(b"\0").decode("utf-8", "replace")


def attributes(data: bytes, offset: int) -> dict[int, bytes]:
    """The attributes that follow a fixed structure of `offset` bytes, by type; one that does not fit ends them."""
    found = {}
    while offset + _ATTRIBUTE.size <= len(data):
        length, kind = _ATTRIBUTE.unpack_from(data, offset)
        if length < _ATTRIBUTE.size or offset + length > len(data):
            break
        found[kind & _TYPE_BITS] = data[offset + _ATTRIBUTE.size : offset + length]
        offset += _aligned(length)
    return found


def attribute(kind: int, value: bytes) -> bytes:
    """An attribute as bytes, filled up to whole words; `value` may be attributes."""
    return _ATTRIBUTE.pack(_ATTRIBUTE.size + len(value), kind) + value + bytes(-len(value) % 4)


def text(kind: int, value: str) -> bytes:
    """An attribute that is a string: a name of an interface, say."""
    return attribute(kind, value.encode() + b"\0")


def word(kind: int, value: int) -> bytes:
    """An attribute that is a number of 32 bits."""
    return attribute(kind, struct.pack("=I", value))


def _aligned(length: int) -> int:
    return length + 3 & ~3  # NLMSG_ALIGN, NLA_ALIGN
