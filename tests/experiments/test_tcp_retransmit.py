"""`netlab tcp-retransmit`: nothing is lost for good, timeouts double, and a silent peer is given up."""

from __future__ import annotations

import re
from typing import Any

import pytest
from network_run import Run, expert_messages, facts, netlab, recorded, report, rows
from rich.cells import cell_len

from netlab.experiments.tcp.retransmit import covered
from netlab.experiments.wire.trace import Segment
from netlab.packets.tcp import Tcp


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    return recorded(tmp_path_factory, "tcp-retransmit", "--losses", "0,0.2", "--no-silent", "--size", "60000")


def test_loss_is_made_good(run: Run) -> None:
    document = run.document
    clean, lossy = rows(document, "transfers")
    assert clean["lost"] == 0 < lossy["lost"] and lossy["sent again"] >= 1 and lossy["SACKs"] >= 1
    assert lossy["segments"] > clean["segments"] >= 60000 // 1460
    lost, *reports, again, done = rows(document, "one lost segment, step by step")
    assert [row["after"] for row in (lost, *reports, again, done)] == sorted(
        row["after"] for row in (lost, *reports, again, done)
    )
    assert lost["segment"] == again["segment"] and reports[0]["segment"] == f"ACK {first_byte(lost)}"
    assert "but I have" in reports[0]["what it tells"] and first_byte(done) > first_byte(lost)
    tries = rows(document, "a wire that is cut")
    assert len(tries) >= 3 and tries[-1]["pause before"] > tries[1]["pause before"]
    doubled = [row["timeout then"] for row in tries if row["why"] == "timeout"]
    assert len(doubled) == 2 and doubled[1] == pytest.approx(2 * doubled[0])
    assert all(row["timeout then"] == tries[0]["timeout then"] for row in tries if row["why"] == "loss probe")


@pytest.mark.peers
def test_wireshark_sees_nothing_but_what_was_sent_again(run: Run) -> None:
    warned = expert_messages(run.pcap)
    # Wireshark guesses of a segment that is sent again during recovery that it came out of order.
    assert all("out-of-order" in line for line in warned), warned


def first_byte(row: dict[str, Any]) -> int:
    """The first number in "bytes 1–1448" or "ACK 1"."""
    return int(re.findall(r"\d+", row["segment"])[0])


def test_a_silent_peer() -> None:
    document = report("tcp-retransmit", "--losses", "0", "--size", "1K")
    syns = rows(document, "a silent peer")
    textbook = [row["sent"] for row in syns if row["way"] == "as in the textbook"]
    assert len(textbook) == 3 and textbook[2] - textbook[1] > textbook[1] - textbook[0]
    linear = facts(document)["tcp_syn_linear_timeouts"]
    assert linear is None or len(syns) > 6 or linear == 0


def test_it_fits_the_terminal() -> None:
    done = netlab("tcp-retransmit", "--losses", "0,0.1", "--no-silent", "--size", "20K", columns=40)
    assert done.returncode == 0, done.stdout + done.stderr
    for line in done.stdout.splitlines():
        assert cell_len(line) <= 40, line


def test_bad_input() -> None:
    for option, wrong in (
        ("--losses", "x"),
        ("--losses", "0.5"),
        ("--losses", "nan"),
        ("--size", "0"),
        ("--size", "2M"),
    ):
        done = netlab("tcp-retransmit", option, wrong)
        assert done.returncode == 2 and len(done.stderr.splitlines()) <= 2, done.stderr


def segment(first: int, size: int, arrived: bool) -> Segment:
    return Segment(1, "client", 0.0, 1.0 if arrived else None, "", Tcp(1, 2), size, first, None, False)


def test_a_hole_in_what_arrived_is_found() -> None:
    whole = [segment(1, 10, True), segment(11, 10, False), segment(21, 10, True), segment(11, 10, True)]
    assert covered(whole, 30) and not covered(whole[:3], 30) and not covered(whole, 31)
