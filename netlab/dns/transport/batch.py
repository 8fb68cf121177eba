"""Datagrams by the batch: up to SLOTS of them with one system call, both ways (recvmmsg(2), sendmmsg(2)).

A warm answer is little work, so most of its cost is the way into the kernel and back. One `DatagramBatch` serves any
number of sockets, one after the other: receive, look at each, answer those whose answer lies ready, send. The Python
sits between two arrays of `struct mmsghdr`, whose lengths it reads and writes through memoryviews.

Source: recvmmsg(2), sendmmsg(2), recvmsg(2), ip(7) and ipv6(7) for the addresses.
"""

from __future__ import annotations

import ctypes
import os
import socket
import sys
from functools import lru_cache

SLOTS = 64  # so that a flood on one socket does not starve the others
DATA_BYTES = 4096  # a query that is longer is cut, and so malformed; a reply that is longer goes another way
_NAME_BYTES = 28  # struct sockaddr_in6; sockaddr_in has 16


class _Msghdr(ctypes.Structure):
    _fields_ = (
        ("name", ctypes.c_void_p),
        ("namelen", ctypes.c_uint32),
        ("iov", ctypes.c_void_p),
        ("iovlen", ctypes.c_size_t),
        ("control", ctypes.c_void_p),
        ("controllen", ctypes.c_size_t),
        ("flags", ctypes.c_int),
    )


class _Mmsghdr(ctypes.Structure):
    _fields_ = (("hdr", _Msghdr), ("len", ctypes.c_uint))


class _Iovec(ctypes.Structure):
    _fields_ = (("base", ctypes.c_void_p), ("len", ctypes.c_size_t))


class _Half:
    """SLOTS message headers, each with a place for an address and one for data. Views of what the kernel reads and
    writes: `lengths` (msg_len), `name_lengths` (msg_namelen), `sizes` (iov_len)."""

    def __init__(self) -> None:
        self._memory = bytearray(SLOTS * ctypes.sizeof(_Mmsghdr)), bytearray(SLOTS * ctypes.sizeof(_Iovec))
        data, names = bytearray(SLOTS * DATA_BYTES), bytearray(SLOTS * _NAME_BYTES)
        headers = (_Mmsghdr * SLOTS).from_buffer(self._memory[0])
        places = (_Iovec * SLOTS).from_buffer(self._memory[1])
        data_at, names_at = (ctypes.addressof(ctypes.c_char.from_buffer(each)) for each in (data, names))
        for slot, (header, place) in enumerate(zip(headers, places, strict=True)):
            place.base, place.len = data_at + slot * DATA_BYTES, DATA_BYTES
            header.hdr.name, header.hdr.namelen = names_at + slot * _NAME_BYTES, _NAME_BYTES
            header.hdr.iov, header.hdr.iovlen = ctypes.addressof(place), 1
        self._headers = headers
        self.data, self.names = memoryview(data), memoryview(names)
        words, step = memoryview(self._memory[0]).cast("I"), ctypes.sizeof(_Mmsghdr) // 4
        self.lengths = words[_Mmsghdr.len.offset // 4 :: step]
        self.name_lengths = words[(_Mmsghdr.hdr.offset + _Msghdr.namelen.offset) // 4 :: step]
        sizes, step = memoryview(self._memory[1]).cast("L"), ctypes.sizeof(_Iovec) // ctypes.sizeof(ctypes.c_ulong)
        self.sizes = sizes[_Iovec.len.offset // ctypes.sizeof(ctypes.c_ulong) :: step]  # unsigned long: size_t on Linux

    def at(self, slot: int) -> ctypes.c_void_p:
        """The address of a header, for the kernel."""
        return ctypes.c_void_p(ctypes.addressof(self._headers[slot]))


class DatagramBatch:
    """`receive`; then for each slot `data`, and `reply` or `source`; then `send`."""

    def __init__(self) -> None:
        libc = ctypes.CDLL(None, use_errno=True)
        self._recvmmsg, self._sendmmsg = libc.recvmmsg, libc.sendmmsg
        self._in, self._out = _Half(), _Half()
        self._in_at, self._out_at = self._in.at(0), self._out.at(0)
        self._full_names = memoryview(self._in.name_lengths.tobytes()).cast("I")
        self._queued = 0

    def receive(self, fd: int) -> int:
        """Take what is there, SLOTS at most; how many. OSError as recvfrom(2) has it, BlockingIOError included."""
        self._in.name_lengths[:] = self._full_names  # the kernel has written the real lengths there
        count: int = self._recvmmsg(fd, self._in_at, SLOTS, socket.MSG_DONTWAIT, None)
        if count < 0:
            number = ctypes.get_errno()
            raise OSError(number, os.strerror(number))
        return count

    def data(self, slot: int) -> bytes:
        """What came."""
        start = slot * DATA_BYTES
        return bytes(self._in.data[start : start + self._in.lengths[slot]])

    def source(self, slot: int) -> tuple[str, int]:
        """Who sent it: struct sockaddr_in has the port at 2 and the address at 4, sockaddr_in6 the address at 8."""
        name = bytes(self._in.names[slot * _NAME_BYTES : slot * _NAME_BYTES + self._in.name_lengths[slot]])
        port = int.from_bytes(name[2:4], "big")
        if len(name) == _NAME_BYTES:
            scope = int.from_bytes(name[24:28], sys.byteorder)  # link-local addresses mean nothing without it
            return socket.inet_ntop(socket.AF_INET6, name[8:24]) + (f"%{scope}" if scope else ""), port
        return socket.inet_ntop(socket.AF_INET, name[4:8]), port

    def reply(self, slot: int, data: bytes) -> None:
        """Queue `data`, DATA_BYTES at most, for who sent what is in `slot`; at most one reply a slot."""
        at, out = self._queued, self._out
        start = at * DATA_BYTES
        out.data[start : start + len(data)] = data
        out.sizes[at] = len(data)
        name, sender = at * _NAME_BYTES, slot * _NAME_BYTES
        out.names[name : name + _NAME_BYTES] = self._in.names[sender : sender + _NAME_BYTES]
        out.name_lengths[at] = self._in.name_lengths[slot]
        self._queued += 1

    def send(self, fd: int) -> int:
        """Send what is queued; how many could not be: a datagram may get lost."""
        sent = lost = 0
        while sent < self._queued:
            at = self._out_at if sent == 0 else self._out.at(sent)
            more: int = self._sendmmsg(fd, at, self._queued - sent, socket.MSG_DONTWAIT)
            if more < 0:  # an error is told only if it is the first one's: step over that
                more, lost = 1, lost + 1
            sent += more
        self._queued = 0
        return lost


@lru_cache(maxsize=1)
def shared() -> DatagramBatch:
    """The one of this process: its sockets take turns."""
    return DatagramBatch()
