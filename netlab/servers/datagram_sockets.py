"""The sockets of a UDP server: how a blocked one is stopped, what its queue has lost, one for each client.

**Stopping.** recvfrom(2) cannot look at a flag. The signal handler makes the receive queue *end* instead, in
two steps that both work at any instant, whoever is blocked in whatever call:
1. A socket filter that lets nothing in (SO_ATTACH_FILTER, socket(7)): from now on nothing more is queued.
2. shutdown(2): a blocking recvfrom(2) goes on to return what is queued, and then "0 bytes from nobody", in
   every process and thread that waits on the socket. An empty datagram is 0 bytes from *somebody*, so the two
   cannot be mixed up. A non-blocking one fails with EAGAIN as ever, but select and epoll_wait report the
   socket as ready from now on. On an unconnected socket the call fails with ENOTCONN and yet does this; Linux
   means it to ("hack to wake up other listeners", inet_shutdown() in net/ipv4/af_inet.c).

So each mode's loop ends as a TCP conversation does: what had come is echoed, and then there is the end.

**The heartbeat.** No wait of ours is longer than HEARTBEAT_S (SO_RCVTIMEO, or the timeout of select and
epoll_wait). It is the time for what can wait: to count what the queue has lost, to see that a client has long
been silent. And it closes the gap that stopping.py tells of, a signal that comes just before the call that
blocks.
"""

from __future__ import annotations

import socket
import struct
from array import array
from collections.abc import Callable

from netlab.child.shared_counters import Row
from netlab.servers.counters import Count

HEARTBEAT_S = 0.5

SO_ATTACH_FILTER = 26  # asm-generic/socket.h; the socket module has no names for these
SO_ATTACH_REUSEPORT_CBPF = 51
SO_MEMINFO = 55
MEMINFO = struct.Struct("@9I")  # SK_MEMINFO_… of linux/sock_diag.h
MEMINFO_DROPS = 8

# A classic BPF program of one instruction, `ret #0` (BPF_RET | BPF_K): struct sock_filter {code, jt, jf, k}.
# As a filter: keep 0 bytes of the packet, that is, drop it. For a SO_REUSEPORT group: give it to socket 0.
RETURN_0 = array("B", struct.pack("@HBBI", 0x06, 0, 0, 0))
RETURN_0_PROGRAM = struct.pack("@HP", 1, RETURN_0.buffer_info()[0])  # struct sock_fprog {how many, where}


def block_at_most_a_heartbeat(sock: socket.socket, seconds: float = HEARTBEAT_S) -> None:
    """Make a blocking socket's calls fail with EAGAIN (BlockingIOError) after so long."""
    timeval = struct.pack("@ll", int(seconds), int(seconds % 1 * 1e6))
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, timeval)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, timeval)


def end_queue(sock: socket.socket, row: Row) -> Callable[[], None]:
    """What lets the receive queue of `sock` run out and then end, to be called when the stop comes."""

    def action() -> None:
        try:
            count_overflow(sock, row)  # now, because the kernel counts what the filter drops as well
            sock.setsockopt(socket.SOL_SOCKET, SO_ATTACH_FILTER, RETURN_0_PROGRAM)
            sock.shutdown(socket.SHUT_RD)
        except OSError:
            pass  # ENOTCONN, which is expected; or it is closed already

    return action


def count_overflow(sock: socket.socket, row: Row) -> None:
    """Note how many datagrams the receive queue had no room for. UDP tells nobody, but the kernel counts."""
    memory = MEMINFO.unpack(sock.getsockopt(socket.SOL_SOCKET, SO_MEMINFO, MEMINFO.size))
    row[Count.OVERFLOWED] = memory[MEMINFO_DROPS]


def another(sock: socket.socket) -> socket.socket:
    """A new socket on the address of `sock`: both have SO_REUSEPORT, so they may share it (socket(7))."""
    new = socket.socket(sock.family, socket.SOCK_DGRAM)
    try:
        new.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        if sock.family == socket.AF_INET6:
            new.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        new.bind(sock.getsockname())
    except OSError:
        new.close()
        raise
    return new


def first_gets_strangers(sock: socket.socket) -> None:
    """Of all sockets on this address, give the first whatever is not for one that is connected to its sender.

    The kernel prefers a socket that is connected to the sender. Any other datagram it gives to one of the
    unconnected sockets of the group, by a hash, and a client's new socket is one of these between its bind(2)
    and its connect(2). Under a flood from strangers one new socket in six was seen to catch something; with
    this program one in three thousand: a datagram that the kernel is just finding a socket for when
    connect(2) is called. See ALIEN.
    """
    sock.setsockopt(socket.SOL_SOCKET, SO_ATTACH_REUSEPORT_CBPF, RETURN_0_PROGRAM)
