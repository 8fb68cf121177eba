"""What the kernel knows of one connection: getsockopt(TCP_INFO), tcp(7) and struct tcp_info of <linux/tcp.h>.

The one place that knows where its fields are. Newer kernels append fields; one that this kernel does not have is None.
Times are in seconds, sizes in bytes, windows in segments as the kernel counts them.
"""

from __future__ import annotations

import socket
import struct
from dataclasses import dataclass

from netlab.linux.tcp_states import STATES

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


# The fields in the order of the struct. All kernels have the bytes and the words; the rest came one after the other.
_BYTES = struct.Struct("=8B")  # state, congestion state, retransmits, probes, backoff, options, scales, flags
_WORDS = struct.Struct("=24I")
_WORD_NAMES = (
    "rto", "ato", "snd_mss", "rcv_mss", "unacked", "sacked", "lost", "retrans", "fackets",
    "last_data_sent", "last_ack_sent", "last_data_recv", "last_ack_recv", "pmtu", "rcv_ssthresh", "rtt", "rttvar",
    "snd_ssthresh", "snd_cwnd", "advmss", "reordering", "rcv_rtt", "rcv_space", "total_retrans",
)  # fmt: skip
_APPENDED = {  # name: where it is, and its form
    "pacing_rate": (104, "=Q"),
    "segs_out": (136, "=I"),
    "segs_in": (140, "=I"),
    "delivery_rate": (160, "=Q"),
    "delivered": (192, "=I"),
    "snd_wnd": (228, "=I"),
}
_LAST_DATA_RECEIVED = struct.Struct(f"={_BYTES.size + 4 * _WORD_NAMES.index('last_data_recv')}xI")
_ALL_BYTES = 256  # more than any kernel has
_CONGESTION = ("open", "disorder", "CWR", "recovery", "loss")  # enum tcp_ca_state


def tcp_info(sock: socket.socket) -> TcpInfo:
    """Ask the kernel about `sock`; OSError where it is not a TCP socket."""
    return parse(sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, _ALL_BYTES))


def segments(sock: socket.socket) -> int | None:
    """TCP segments that a connected socket has sent and received; None where the kernel does not count them."""
    try:
        info = sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, _ALL_BYTES)
    except OSError:
        return None
    sent, received = _appended(info, "segs_out"), _appended(info, "segs_in")
    return None if sent is None or received is None else sent + received


def since_data_received_ms(sock: socket.socket) -> int:
    """How long ago data last came, in milliseconds. Asks for no more than that: servers do it for every connection."""
    info = sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, _LAST_DATA_RECEIVED.size)
    (milliseconds,) = _LAST_DATA_RECEIVED.unpack(info)
    return int(milliseconds)


def parse(data: bytes) -> TcpInfo:
    """struct tcp_info as the kernel gives it, here or in an answer of inet_diag."""
    state, congestion, retransmits, probes, backoff, _, scales, _ = _BYTES.unpack_from(data)
    word = dict(zip(_WORD_NAMES, _WORDS.unpack_from(data, _BYTES.size), strict=True))
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
        delivery_rate=_appended(data, "delivery_rate"),
        send_window=_appended(data, "snd_wnd"),
        delivered=_appended(data, "delivered"),
        pacing_rate=_appended(data, "pacing_rate"),
        congestion=_CONGESTION[congestion] if congestion < len(_CONGESTION) else f"state {congestion}",
    )


def _appended(data: bytes, name: str) -> int | None:
    offset, form = _APPENDED[name]
    if len(data) < offset + struct.calcsize(form):
        return None
    return int(struct.unpack_from(form, data, offset)[0])
