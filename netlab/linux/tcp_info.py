"""What the kernel knows of one connection: getsockopt(TCP_INFO), tcp(7) and struct tcp_info of <linux/tcp.h>.

Where the fields are is in tcp_info_layout.py. Newer kernels append fields; one that this kernel does not have is None.
Times are in seconds, sizes in bytes, windows in segments as the kernel counts them.
"""

from __future__ import annotations

import socket
from dataclasses import dataclass

from netlab.linux.tcp_info_layout import ALL_BYTES, BYTES, WORD_NAMES, WORDS, appended
from netlab.linux.tcp_states import STATES

_INFINITE = 0x7FFFFFFF  # TCP_INFINITE_SSTHRESH: slow start has not ended yet
_CONGESTION = ("open", "disorder", "CWR", "recovery", "loss")  # enum tcp_ca_state


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


def tcp_info(sock: socket.socket) -> TcpInfo:
    """Ask the kernel about `sock`; OSError where it is not a TCP socket."""
    return parse(sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, ALL_BYTES))


def parse(data: bytes) -> TcpInfo:
    """struct tcp_info as the kernel gives it, here or in an answer of inet_diag."""
    state, congestion, retransmits, probes, backoff, _, scales, _ = BYTES.unpack_from(data)
    word = dict(zip(WORD_NAMES, WORDS.unpack_from(data, BYTES.size), strict=True))
    return TcpInfo(
        state=STATES.get(state, f"state {state}"),
        retransmits=retransmits,
        probes=probes,
        backoff=backoff,
        rto_s=word["rto"] / 1e6,
        ato_s=word["ato"] / 1e6,
        mss=word["snd_mss"],
        unacknowledged=word["unacked"],
        sacked=word["sacked"],
        lost=word["lost"],
        retransmitted=word["retrans"],
        rtt_s=word["rtt"] / 1e6,
        rtt_deviation_s=word["rttvar"] / 1e6,
        ssthresh=None if word["snd_ssthresh"] >= _INFINITE else word["snd_ssthresh"],
        cwnd=word["snd_cwnd"],
        total_retransmits=word["total_retrans"],
        sent_window_scale=scales & 15,
        received_window_scale=scales >> 4,
        delivery_rate=appended(data, "delivery_rate"),
        send_window=appended(data, "snd_wnd"),
        delivered=appended(data, "delivered"),
        pacing_rate=appended(data, "pacing_rate"),
        congestion=_CONGESTION[congestion] if congestion < len(_CONGESTION) else f"state {congestion}",
    )
