"""struct tcp_info of <linux/tcp.h>: which field is where, and the few that are read by themselves.

tcp_info.py reads all of it. Here is nothing that a server should not import: it asks for one field of each connection,
and a forking one pays for every module that it has loaded (docs/adr/0004-what-makes-a-server-cheap.md).
"""

from __future__ import annotations

import socket
import struct

# The fields in the order of the struct. All kernels have the bytes and the words; the rest came one after the other.
BYTES = struct.Struct("=8B")  # state, congestion state, retransmits, probes, backoff, options, scales, flags
WORDS = struct.Struct("=24I")
WORD_NAMES = tuple(
    "rto ato snd_mss rcv_mss unacked sacked lost retrans fackets"
    " last_data_sent last_ack_sent last_data_recv last_ack_recv pmtu rcv_ssthresh rtt rttvar"
    " snd_ssthresh snd_cwnd advmss reordering rcv_rtt rcv_space total_retrans".split()
)
_APPENDED = {  # name: where it is, and its form
    "pacing_rate": (104, "=Q"),
    "segs_out": (136, "=I"),
    "segs_in": (140, "=I"),
    "delivery_rate": (160, "=Q"),
    "delivered": (192, "=I"),
    "snd_wnd": (228, "=I"),
}
_LAST_DATA_RECEIVED = struct.Struct(f"={BYTES.size + 4 * WORD_NAMES.index('last_data_recv')}xI")
ALL_BYTES = 256  # more than any kernel has


def segments(sock: socket.socket) -> int | None:
    """TCP segments that a connected socket has sent and received; None where the kernel does not count them."""
    try:
        info = sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, ALL_BYTES)
    except OSError:
        return None
    sent, received = appended(info, "segs_out"), appended(info, "segs_in")
    return None if sent is None or received is None else sent + received


def since_data_received_ms(sock: socket.socket) -> int:
    """How long ago data last came, in milliseconds. Asks for no more than that: servers do it for every connection."""
    info = sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, _LAST_DATA_RECEIVED.size)
    (milliseconds,) = _LAST_DATA_RECEIVED.unpack(info)
    return int(milliseconds)


def appended(data: bytes, name: str) -> int | None:
    """A field that came later; None where the kernel that gave `data` is older than it."""
    offset, form = _APPENDED[name]
    if len(data) < offset + struct.calcsize(form):
        return None
    return int(struct.unpack_from(form, data, offset)[0])
