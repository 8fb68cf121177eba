"""batch: many datagrams with one system call. If the call is the cost, make fewer.

An echo of 64 bytes is little work, for the kernel and for the program. Much of what it costs is the way there: twice
for each datagram across the border of the kernel, and in Python once more through the interpreter. recvmmsg(2) crosses
once and brings all that is queued, SLOTS at most; sendmmsg(2) takes all the echoes at once. With MSG_WAITFORONE the
call blocks for the first datagram only and then takes what is there: a lone client waits no longer than before, and
the more clients there are, the larger the batch, and the cheaper each of them.

The kernel is told where things go by an array of `struct mmsghdr`, one a datagram (recvmmsg(2), recvmsg(2)):

    msg_hdr.msg_name, msg_namelen    where the sender's address goes: a struct sockaddr_in or sockaddr_in6
    msg_hdr.msg_iov, msg_iovlen      where the data goes: an array of struct iovec (address, length), here one
    msg_hdr.msg_control, …           ancillary data: none
    msg_len                          set by the kernel: how long the datagram is

All of it is built once, and in the loop Python does nothing for each datagram. A second array, for sending, points to
the same data and the same addresses and lacks only the lengths. On a 64-bit machine an mmsghdr is eight words, of
which msg_len is the last, and an iovec is two, of which the length is the second. So one assignment from a memoryview
with a stride of eight to one with a stride of two carries over the lengths of the whole batch.

Memory: SLOTS buffers for the largest datagram, 4 MiB of addresses; only pages that datagrams have reached are real.

Source: recvmmsg(2), sendmmsg(2), recvmsg(2). Leaves out: UDP_GRO and UDP_SEGMENT (udp(7)), which go further and let
the kernel carry many datagrams of one client as a single one.
"""

from __future__ import annotations

import ctypes
import errno
import os
import socket
import sys
from array import array

from netlab.errors import MachineLacks
from netlab.servers.datagram import BUFFER_BYTES, count_failure, new_buffer
from netlab.servers.datagram_sockets import block_at_most_a_heartbeat, count_overflow
from netlab.servers.server import Server

SLOTS = 64
STRIDE_BYTES = BUFFER_BYTES + 64  # multiples of 64 KiB would compete for the same few cache lines
SOCKADDR_BYTES = {socket.AF_INET: 16, socket.AF_INET6: 28}
MSG_WAITFORONE = 0x10000  # linux/socket.h; the socket module has no name for it


class Msghdr(ctypes.Structure):
    """struct msghdr, recvmsg(2). ctypes pads it as the C compiler does, to seven words."""

    _fields_ = (
        ("name", ctypes.c_void_p), ("namelen", ctypes.c_uint32), ("iov", ctypes.c_void_p),
        ("iovlen", ctypes.c_size_t), ("control", ctypes.c_void_p), ("controllen", ctypes.c_size_t),
        ("flags", ctypes.c_int),
    )  # fmt: skip


class Mmsghdr(ctypes.Structure):
    """struct mmsghdr, recvmmsg(2): eight words."""

    _fields_ = (("hdr", Msghdr), ("len", ctypes.c_uint))


class Iovec(ctypes.Structure):
    """struct iovec, readv(2): two words."""

    _fields_ = (("base", ctypes.c_void_p), ("len", ctypes.c_size_t))


def serve(server: Server) -> None:
    """Serve until told to stop: then the receive queue ends (datagram_sockets.py)."""
    if sys.byteorder != "little" or ctypes.sizeof(Mmsghdr) != 64:
        raise MachineLacks("batch is for 64-bit little-endian machines", "try --mode iterative")
    block_at_most_a_heartbeat(server.listener)
    MessageArrays(server).run()


class MessageArrays:
    """The arrays, and the loop over them."""

    def __init__(self, server: Server) -> None:
        self.server = server
        name_bytes = SOCKADDR_BYTES[server.listener.family]
        self._data, self.senders = new_buffer(SLOTS * STRIDE_BYTES), bytearray(SLOTS * name_bytes)
        self._words = array("Q", bytes(2 * SLOTS * (64 + 16)))  # SLOTS to receive, SLOTS to send; then their iovecs
        data, names = (ctypes.addressof(ctypes.c_char.from_buffer(memory)) for memory in (self._data, self.senders))
        headers = (Mmsghdr * (2 * SLOTS)).from_buffer(self._words)
        places = (Iovec * (2 * SLOTS)).from_buffer(self._words, ctypes.sizeof(headers))
        for index, (header, place) in enumerate(zip(headers, places, strict=True)):
            slot = index % SLOTS
            place.base, place.len = data + slot * STRIDE_BYTES, BUFFER_BYTES
            header.hdr.name, header.hdr.namelen = names + slot * name_bytes, name_bytes
            header.hdr.iov, header.hdr.iovlen = ctypes.addressof(place), 1
        self._headers = headers
        self.incoming = ctypes.c_void_p(ctypes.addressof(headers[0]))
        self.outgoing = ctypes.c_void_p(ctypes.addressof(headers[SLOTS]))
        words = memoryview(self._words)
        self.name_lengths = words[1 : 8 * SLOTS : 8]  # msg_namelen of those received
        self.lengths = words[7 : 8 * SLOTS : 8]  # msg_len of those received
        self.to_send = words[(8 * 2 + 2) * SLOTS + 1 :: 2]  # iov_len of those to be sent
        self.libc = ctypes.CDLL(None, use_errno=True)

    def run(self) -> None:
        """Receive a batch, send a batch, until the queue has ended."""
        recvmmsg, sendmmsg = self.libc.recvmmsg, self.libc.sendmmsg
        fd, row, stop = self.server.listener.fileno(), self.server.row, self.server.stop
        incoming, outgoing, lengths, to_send = self.incoming, self.outgoing, self.lengths, self.to_send
        datagrams = bytes_in = unsent = wakeups = 0
        ended = False

        while not ended:
            count = recvmmsg(fd, incoming, SLOTS, MSG_WAITFORONE, None)
            if count < 0:
                self.nothing_came(ctypes.get_errno())
                continue
            if stop.requested:
                count, ended = self.up_to_the_end(count)
            to_send[:count] = received = lengths[:count]
            datagrams += count
            bytes_in += sum(received.tolist())
            wakeups += 1
            row[11], row[12], row[14] = datagrams, bytes_in, wakeups  # Count.CHUNKS, BYTES_IN, WAKEUPS
            sent = sendmmsg(fd, outgoing, count, socket.MSG_DONTWAIT)
            if sent != count:
                unsent += self.send_rest(fd, max(sent, 0), count)
            row[13] = bytes_in - unsent  # Count.BYTES_OUT

    def send_rest(self, fd: int, sent: int, count: int) -> int:
        """sendmmsg stopped at a datagram that failed: step over each of these. How many bytes they are."""
        unsent = 0
        while sent < count:
            rest = ctypes.byref(self._headers[SLOTS + sent])
            more = self.libc.sendmmsg(fd, rest, count - sent, socket.MSG_DONTWAIT)
            if more < 0:  # the error is told only if it meets the first datagram of a call
                count_failure(self.server.row, OSError(ctypes.get_errno(), "sendmmsg"))
                unsent += self.to_send[sent]
                more = 1
            sent += more
        return unsent

    def nothing_came(self, error: int) -> None:
        """recvmmsg failed: a heartbeat without a datagram, or a signal came, whose handler has run by now."""
        if error == errno.EAGAIN:
            count_overflow(self.server.listener, self.server.row)
        elif error != errno.EINTR:
            raise OSError(error, os.strerror(error))

    def up_to_the_end(self, count: int) -> tuple[int, bool]:
        """How many of `count` are datagrams, and whether the queue has ended: then the rest is from nobody."""
        senders = self.name_lengths[:count].tolist()
        return (senders.index(0), True) if 0 in senders else (count, False)
