"""struct tcp_info: every field is read from its own place in <linux/tcp.h>; ss(8) reads the same ones."""

from __future__ import annotations

import re
import socket
import struct
import subprocess
import time
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st
from skips import needs_program

from netlab.linux.tcp_info import TcpInfo, parse, tcp_info
from netlab.linux.tcp_info_layout import segments, since_data_received_ms

# struct tcp_info of <linux/tcp.h> up to tcpi_snd_wnd (Linux 5.4), each field with a value that no other has.
HEADER = struct.pack("=8B", 1, 3, 11, 12, 13, 0, 0x7 | 0x9 << 4, 0)
WORDS = [1_000_000 + number for number in range(24)]  # rto ato snd_mss rcv_mss unacked sacked lost retrans fackets …
# pacing_rate, max_pacing_rate, bytes_acked, bytes_received; segs_out, segs_in, notsent, min_rtt, data_segs_in,
# data_segs_out; delivery_rate, busy_time, rwnd_limited, sndbuf_limited; delivered, delivered_ce; bytes_sent,
# bytes_retrans; dsack_dups, reord_seen, rcv_ooopack, snd_wnd
LATER = struct.pack("=4Q6I4Q2I2Q4I", *range(2_001, 2_023))
WHOLE = HEADER + struct.pack("=24I", *WORDS) + LATER


@pytest.fixture
def connected() -> Iterator[tuple[socket.socket, socket.socket]]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        client = socket.create_connection(listener.getsockname())
        accepted, _ = listener.accept()
        with client, accepted:
            yield client, accepted


def test_every_field_is_read_from_its_own_place() -> None:
    assert parse(WHOLE) == TcpInfo(
        state="ESTABLISHED",
        retransmits=11,
        probes=12,
        backoff=13,
        rto_s=1.0,
        ato_s=1.000001,
        mss=1_000_002,
        unacknowledged=1_000_004,
        sacked=1_000_005,
        lost=1_000_006,
        retransmitted=1_000_007,
        rtt_s=1.000015,
        rtt_deviation_s=1.000016,
        ssthresh=1_000_017,
        cwnd=1_000_018,
        total_retransmits=1_000_023,
        sent_window_scale=7,
        received_window_scale=9,
        delivery_rate=2_011,
        send_window=2_022,
        delivered=2_015,
        pacing_rate=2_001,
        congestion="recovery",
    )


@given(st.integers(104, len(WHOLE)))
def test_an_older_kernel_knows_less_and_nothing_else(size: int) -> None:
    older, newer = parse(WHOLE[:size]), parse(WHOLE)
    for name in TcpInfo.__slots__:
        value = getattr(older, name)
        assert value == getattr(newer, name) or value is None
    assert older.rtt_s == newer.rtt_s and (older.send_window is None) == (size < 232)


@given(st.binary(min_size=104, max_size=300))
def test_any_bytes_are_read(data: bytes) -> None:
    assert parse(data).congestion


def test_no_threshold_yet_and_a_state_that_is_new() -> None:
    info = parse(
        bytes([99, 88]) + bytes(6) + struct.pack("=17I", *range(17)) + struct.pack("=I", 0x7FFFFFFF) + bytes(24)
    )
    assert (info.state, info.congestion, info.ssthresh) == ("state 99", "state 88", None)


@pytest.mark.peers
def test_ss_reads_the_same_round_trip(connected: tuple[socket.socket, socket.socket]) -> None:
    needs_program("ss")
    client, accepted = connected
    for _ in range(3):
        client.sendall(b"x" * 100)
        accepted.recv(100)
    time.sleep(0.05)  # nothing is under way, so nothing changes between our look and that of ss
    port = client.getsockname()[1]
    text = subprocess.run(["ss", "-tinH", f"sport = :{port}"], capture_output=True, text=True, check=True).stdout
    found = re.search(r"rtt:([\d.]+)/([\d.]+)", text)
    assert found, text
    info = tcp_info(client)
    assert info.rtt_s * 1e3 == pytest.approx(float(found[1])) and info.rtt_s != info.rtt_deviation_s
    assert info.rtt_deviation_s * 1e3 == pytest.approx(float(found[2]))


def test_segments_and_silence(connected: tuple[socket.socket, socket.socket]) -> None:
    client, accepted = connected
    before = segments(client)
    client.sendall(b"x")
    assert accepted.recv(1) == b"x"
    now = segments(client)
    assert before is not None and now is not None and now > before
    time.sleep(0.03)
    assert 25 <= since_data_received_ms(accepted) < 5_000
    with socket.socket(socket.AF_UNIX) as other:
        assert segments(other) is None
