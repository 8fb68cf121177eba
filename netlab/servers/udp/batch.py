"""batch: many datagrams with one system call. The system call is the cost, so make fewer.

An echo of 64 bytes is little work for the kernel and less for the program; what costs is to cross the border between the two, twice for
each datagram. recvmmsg(2) crosses it once and brings all that is queued, SLOTS at most; sendmmsg(2) takes all the
echoes at once. With MSG_WAITFORONE the call blocks for the first datagram only and then takes what is there: a lone client
waits no longer than before, and the more clients are waiting, the larger the batch, and the cheaper each of them.

The kernel is told where to put things by an array of `struct mmsghdr`, one a datagram (recvmmsg(2), recvmsg(2)):

    msg_hdr.msg_name, msg_namelen    where the sender's address is to go: a struct sockaddr_in or sockaddr_in6
    msg_hdr.msg_iov, msg_iovlen      where the data is to go: an array of (address, length), here of one
    msg_hdr.msg_control, …           ancillary data: none
    msg_len                          set by the kernel: how long the datagram was

All of it is built once, and nothing is done for each datagram in Python: the array for sending points to the same
buffers and the same addresses, and lacks only the lengths. On a 64-bit machine an mmsghdr is eight words, of which
msg_len is the last, and an iovec is two, of which the length is the second. So one assignment from one memoryview with a
stride of 8 to another with a stride of 2 carries over the lengths of the whole batch.

Memory: SLOTS buffers for the largest datagram, 4 MiB of address space; only pages that datagrams have reached are real.

Source: recvmmsg(2), sendmmsg(2), with their structures in recvmsg(2). Leaves out: big-endian machines; UDP_GRO and
UDP_SEGMENT (udp(7)), which go further and let the kernel carry many datagrams of one client as a single one.
"""

from __future__ import annotations

import ctypes
import errno
import os
import socket
import sys
from array import array

from netlab.errors import MachineLacks
from netlab.servers.counters import Count
from netlab.servers.datagram import BUFFER_BYTES, count_failure, new_buffer
from netlab.servers.datagram_sockets import block_at_most_a_heartbeat, count_overflow
from netlab.servers.server import Server

SLOTS = 64
STRIDE_BYTES = BUFFER_BYTES + 64  # not a power of two, or the beginnings of all buffers would share a few cache lines
MSG_WAITFORONE = 0x10000  # linux/socket.h; the socket module has no name for it
SOCKADDR_BYTES = {socket.AF_INET: 16, socket.AF_INET6: 28}
WORD = 8


class Msghdr(ctypes.Structure):
    """struct msghdr, recvmsg(2). ctypes pads it as the C compiler does, to 56 bytes."""

    _fields_ = (
        ("name", ctypes.c_void_p), ("namelen", ctypes.c_uint32), ("iov", ctypes.c_void_p), ("iovlen", ctypes.c_size_t),
        ("control", ctypes.c_void_p), ("controllen", ctypes.c_size_t), ("flags", ctypes.c_int),
    )  # fmt: skip


class Mmsghdr(ctypes.Structure):
    """struct mmsghdr, recvmmsg(2): 64 bytes."""

    _fields_ = (("hdr", Msghdr), ("len", ctypes.c_uint))



class Iovec(ctypes.Structure):
    """struct iovec, readv(2)."""

    _fields_ = (("base", ctypes.c_void_p), ("len", ctypes.c_size_t))


MMSGHDR_BYTES, IOVEC_BYTES = ctypes.sizeof(Mmsghdr), ctypes.sizeof(Iovec)


def serve(server: Server) -> None:
    """Serve until told to stop."""
    if sys.byteorder != "little" or ctypes.sizeof(ctypes.c_void_p) != WORD:
        raise MachineLacks("batch knows the 64-bit little-endian layout of mmsghdr only", "take --mode iterative here")
    block_at_most_a_heartbeat(server.listener)
    Batch(server).run()


class Batch:
    """The arrays, and the loop over them."""

    def __init__(self, server: Server) -> None:
        self.server = server
        name_bytes = SOCKADDR_BYTES[server.listener.family]
        self._buffers = new_buffer(SLOTS * STRIDE_BYTES)
        self._names = (ctypes.c_char * (SLOTS * name_bytes))()
        self._places = array("Q", bytes(2 * SLOTS * IOVEC_BYTES))  # the two arrays of iovec
        self._headers = array("Q", bytes(2 * SLOTS * MMSGHDR_BYTES))  # and of mmsghdr: SLOTS to receive, SLOTS to send
        data, names = ctypes.addressof(ctypes.c_char.from_buffer(self._buffers)), ctypes.addressof(self._names)
        places = (Iovec * (2 * SLOTS)).from_buffer(self._places)
        headers = (Mmsghdr * (2 * SLOTS)).from_buffer(self._headers)
        for index, (place, header) in enumerate(zip(places, headers, strict=True)):
            slot = index % SLOTS
            place.base, place.len = data + slot * STRIDE_BYTES, BUFFER_BYTES
            header.hdr.name, header.hdr.namelen = names + slot * name_bytes, name_bytes
            header.hdr.iov, header.hdr.iovlen = ctypes.addressof(place), 1
        self.incoming, self.outgoing = ctypes.addressof(headers[0]), ctypes.addressof(headers[SLOTS])
        words = memoryview(self._headers)[: SLOTS * WORD]
        self.name_lengths = words[1::8]  # msg_namelen: 0 if the queue has ended
        self.lengths = words[7::8]  # msg_len as received
        self.to_send = memoryview(self._places)[2 * SLOTS + 1 :: 2]  # iov_len of the echoes

    def run(self) -> None:
        """Receive a batch, send a batch, until the queue has ended."""
        libc = ctypes.CDLL(None, use_errno=True)
        recvmmsg, sendmmsg = libc.recvmmsg, libc.sendmmsg
        recvmmsg.argtypes = (ctypes.c_int, ctypes.c_void_p, ctypes.c_uint, ctypes.c_int, ctypes.c_void_p)
        sendmmsg.argtypes = (ctypes.c_int, ctypes.c_void_p, ctypes.c_uint, ctypes.c_int)
        fd, row, stop = self.server.listener.fileno(), self.server.row, self.server.stop
        incoming, outgoing, lengths, to_send = self.incoming, self.outgoing, self.lengths, self.to_send
        datagrams = bytes_in = bytes_out = wakeups = 0
        ended = False

        while not ended:
            count = recvmmsg(fd, incoming, SLOTS, MSG_WAITFORONE, None)
            if count < 0:
                self.nothing_came(ctypes.get_errno())
                continue
            if stop.requested:
                count, ended = self.up_to_the_end(count)
            taken = lengths[:count]
            size = sum(taken.tolist())
            datagrams += count
            bytes_in += size
            wakeups += 1
            row[11] = datagrams  # Count.CHUNKS
            row[12] = bytes_in  # Count.BYTES_IN
            row[14] = wakeups  # Count.WAKEUPS
            to_send[:count] = taken
            sent = 0
            while sent < count:
                # It stops at the first datagram that fails, and says why if that is also the first of the call.
                more = sendmmsg(fd, outgoing + sent * MMSGHDR_BYTES, count - sent, socket.MSG_DONTWAIT)
                if more < 0:
                    count_failure(row, OSError(ctypes.get_errno(), "sendmmsg"))
                    size -= lengths[sent]
                    more = 1  # step over it
                sent += more
            bytes_out += size
            row[13] = bytes_out  # Count.BYTES_OUT

    def nothing_came(self, error: int) -> None:
        """recvmmsg has failed: after a heartbeat without a datagram, or because a signal came, whose handler has now run."""
        if error == errno.EAGAIN:
            count_overflow(self.server.listener, self.server.row)
        elif error != errno.EINTR:
            raise OSError(error, os.strerror(error))

    def up_to_the_end(self, count: int) -> tuple[int, bool]:
        """How many of `count` are datagrams, and whether the queue has ended: then the rest is "0 bytes from nobody"."""
        senders = self.name_lengths[:count].tolist()
        return (senders.index(0), True) if 0 in senders else (count, False)
