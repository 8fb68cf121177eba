"""`netlab tcp-nagle`: who waits for whom is read from the order of segments, and the remedies are told apart by it."""

from __future__ import annotations

import pytest
from network_run import Run, expert_warnings, facts, netlab, recorded, rows
from rich.cells import cell_len

from netlab.experiments.tcp.nagle_exchanges import WriteCase
from netlab.experiments.tcp.nagle_scene import BODY, HEAD
from netlab.experiments.wire.trace import Segment
from netlab.packets.tcp import Tcp

pytestmark = pytest.mark.serial  # how long an exchange waits is measured


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    return recorded(tmp_path_factory, "tcp-nagle", "--exchanges", "12", "--keys", "40")


def test_the_stall_and_its_remedies(run: Run) -> None:
    document = run.document
    cases = {row["case"]: row for row in rows(document, "cases")}
    assert list(cases) == ["write, write, read", "TCP_NODELAY", "one sendmsg()", "TCP_CORK", "TCP_QUICKACK"]
    plain, gathered = cases["write, write, read"], cases["one sendmsg()"]
    assert plain["of client's data"] == 24 and gathered["of client's data"] == 12
    assert all(row["p50"] < plain["p50"] for name, row in cases.items() if name != "write, write, read")
    assert gathered["headers a byte"] < plain["headers a byte"] and gathered["segments"] < plain["segments"]
    assert facts(document)["stalled"] > 6
    nagle, nodelay = rows(document, "keystrokes")
    assert nagle["of client's data"] < nodelay["of client's data"] <= 40
    assert nagle["headers a byte"] < nodelay["headers a byte"]
    timeline = rows(document, "timeline")
    acknowledged = next(row for row in timeline if row["view"] == "wire" and row["host"] == "server")
    second = next(row for row in timeline if row["view"] == "wire" and f"{len(BODY)} B" in row["what"])
    assert second["time"] >= acknowledged["arrived"]


@pytest.mark.peers
def test_wireshark_has_nothing_to_warn_of(run: Run) -> None:
    assert expert_warnings(run.pcap) == []


def test_it_fits_the_terminal() -> None:
    done = netlab("tcp-nagle", "--exchanges", "5", "--keys", "10", columns=40)
    assert done.returncode in (0, 1) and "RFC 896" in done.stdout, done.stdout + done.stderr
    for line in done.stdout.splitlines():
        assert cell_len(line) <= 40, line


def test_bad_input() -> None:
    done = netlab("tcp-nagle", "--interval", "0")
    assert done.returncode == 2 and len(done.stderr.splitlines()) <= 2


def segment(sender: str, at_s: float, sequence: int, size: int, ack: int) -> Segment:
    return Segment(1, sender, at_s, at_s + 1, "delivered", Tcp(1, 2, data_offset=8), size, sequence, ack, False)


def exchange(body_at_s: float) -> WriteCase:
    first = len(HEAD) + 1
    segments = (
        segment("client", 0.0, 1, len(HEAD), 1),
        segment("server", 5.0, 1, 0, first),
        segment("client", body_at_s, first, len(BODY), 1),
    )
    return WriteCase("", segments, [1.0], calls=((0, 1, 2, 3),), delayed_s=8.0)


def test_a_segment_that_waits_is_told_from_one_that_does_not() -> None:
    assert exchange(body_at_s=6.0).held() == 1 and exchange(body_at_s=5.5).held() == 0
    assert exchange(6.0).waits() == [4.0] and exchange(6.0).delayed() == [0]


def test_headers_a_byte() -> None:
    assert exchange(6.0).overhead() == 3 * 52 / (len(HEAD) + len(BODY))
