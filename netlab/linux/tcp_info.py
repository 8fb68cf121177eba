"""What the kernel knows of one connection: getsockopt(TCP_INFO), tcp(7) and struct tcp_info of <linux/tcp.h>.

Newer kernels append fields; one that this kernel does not have is None. Times are in seconds, sizes in bytes,
windows in segments as the kernel counts them.
"""

from __future__ import annotations

import socket
import struct
from dataclasses import dataclass

from netlab.linux.tcp_states import STATES

_TCP_INFO = 11
_INFINITE = 0x7FFFFFFF  # TCP_INFINITE_SSTHRESH: slow start has not ended yet


@dataclass(frozen=True, slots=True)
class TcpInfo:
    """A part of struct tcp_info. `ssthresh` is None while there is none."""

    state: str
    retransmits: int
    probes: int
    backoff: int
    rto_s: float
    ato_s: float
    mss: int
    unacknowledged: int
    sacked: int
    lost: int
    retransmitted: int
    rtt_s: float
    rtt_deviation_s: float
    ssthresh: int | None
    cwnd: int
    total_retransmits: int
    sent_window_scale: int
    received_window_scale: int
    delivery_rate: int | None
    send_window: int | None
    delivered: int | None  # segments that the other side is known to have, the SYN among them
    pacing_rate: int | None  # bytes a second; a very large number: not paced
    congestion: str  # "open", "disorder", "CWR", "recovery" or "loss"


_BYTES = struct.Struct("=8B")
_WORDS = struct.Struct("=24I")
# Offsets of tcpi_pacing_rate, tcpi_delivery_rate (u64), tcpi_delivered, tcpi_snd_wnd (u32).
_PACING_RATE, _DELIVERY_RATE, _DELIVERED, _SEND_WINDOW = 104, 160, 192, 228
_CONGESTION = ("open", "disorder", "CWR", "recovery", "loss")  # enum tcp_ca_state


def tcp_info(sock: socket.socket) -> TcpInfo:
    """Ask the kernel about `sock`; OSError where it is no TCP socket."""
    return parse(sock.getsockopt(socket.IPPROTO_TCP, _TCP_INFO, 256))


def parse(data: bytes) -> TcpInfo:
    """struct tcp_info as the kernel gives it, here or in an answer of inet_diag."""
    state, congestion, retransmits, probes, backoff, _, scales, _ = _BYTES.unpack_from(data)
    words = _WORDS.unpack_from(data, 8)
    return TcpInfo(
        state=STATES.get(state, f"state {state}"),
        retransmits=retransmits,
        probes=probes,
        backoff=backoff,
        rto_s=words[0] / 1e6,
        ato_s=words[1] / 1e6,
        mss=words[2],
        unacknowledged=words[4],
        sacked=words[5],
        lost=words[6],
        retransmitted=words[7],
        rtt_s=words[15] / 1e6,
        rtt_deviation_s=words[16] / 1e6,
        ssthresh=None if words[17] >= _INFINITE else words[17],
        cwnd=words[18],
        total_retransmits=words[23],
        sent_window_scale=scales & 15,
        received_window_scale=scales >> 4,
        delivery_rate=_at(data, _DELIVERY_RATE, "=Q"),
        send_window=_at(data, _SEND_WINDOW, "=I"),
        delivered=_at(data, _DELIVERED, "=I"),
        pacing_rate=_at(data, _PACING_RATE, "=Q"),
        congestion=_CONGESTION[congestion] if congestion < len(_CONGESTION) else f"state {congestion}",
    )


def _at(data: bytes, offset: int, form: str) -> int | None:
    if len(data) < offset + struct.calcsize(form):
        return None
    return int(struct.unpack_from(form, data, offset)[0])
