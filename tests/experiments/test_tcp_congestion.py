"""`netlab tcp-congestion`: windows that grow and are cut as the RFCs say, a queue within its limit, no byte lost."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from network_run import Run, at_widths, expert_messages, netlab, recorded, report, rows
from rich.cells import cell_len

from netlab.experiments.tcp import congestion as tcp_congestion
from netlab.experiments.tcp.congestion import AVAILABLE, Parameters
from netlab.experiments.tcp.congestion_run import Flow, TcpInfoSample, WindowCut
from netlab.progress import silent
from netlab.report.downsample import extremes

OFFERED = AVAILABLE.read_text().split() if AVAILABLE.exists() else []


pytestmark = pytest.mark.serial  # how windows grow and are cut is measured


@pytest.fixture(scope="module")
def reno(tmp_path_factory: pytest.TempPathFactory) -> Run:
    return recorded(tmp_path_factory, "tcp-congestion", "--algorithms", "reno", "--no-share", "--duration", "3")


def test_reno_alone(reno: Run) -> None:
    document = reno.document
    claims = " ".join(check["claim"] for check in document["measurement"]["checks"])
    assert "ssthresh is 0.5" in claims and "slow start" in claims
    (alone,) = rows(document, "alone")
    assert alone["drops"] >= 1 and alone["sent again"] >= alone["drops"] and 0 < alone["used"] < 1448 / 1514
    points = rows(document, "reno alone: cwnd, ssthresh and queue")
    queue = [row["segments"] for row in points if row["of"] == "queue"]
    cwnd = [row["segments"] for row in points if row["of"] == "cwnd"]
    assert max(queue) == 60, "the longest queue is shown, however many points are left out"
    assert cwnd[0] == 10 and max(cwnd) > 60


@pytest.mark.peers
def test_wireshark_sees_nothing_but_what_was_sent_again(reno: Run) -> None:
    warned = expert_messages(reno.pcap)
    # Wireshark guesses of a segment that is sent again during recovery that it came out of order.
    assert all("out-of-order" in line for line in warned), warned


def test_two_share_what_there_is() -> None:
    document = report("tcp-congestion", "--algorithms", "reno", "--duration", "2")
    (shared,) = rows(document, "sharing")
    assert shared["first"] + shared["second"] == pytest.approx(1) and 0.5 <= shared["fairness"] <= 1


@pytest.mark.skipif("cubic" not in OFFERED, reason="this kernel has no cubic")
def test_the_algorithm_is_set_for_each_socket() -> None:
    document = report("tcp-congestion", "--algorithms", "cubic,reno", "--no-share", "--duration", "3")
    assert [row["alone"] for row in rows(document, "alone")] == ["cubic", "reno"]
    assert "cubic: ssthresh is 0.7" in " ".join(check["claim"] for check in document["measurement"]["checks"])


def test_a_queue_that_ends_slow_start_at_once_is_no_failure() -> None:
    document = report("tcp-congestion", "--algorithms", "reno", "--no-share", "--duration", "1", "--queue", "2")
    assert "not judged" in " ".join(document["measurement"]["warnings"])


def test_what_the_kernel_lacks_is_named_and_the_rest_is_shown() -> None:
    document = report("tcp-congestion", "--algorithms", "reno,nonesuch", "--no-share", "--duration", "1")
    assert "nonesuch" in " ".join(document["measurement"]["warnings"])
    done = netlab("tcp-congestion", "--algorithms", "nonesuch")
    assert done.returncode == 3 and "modprobe tcp_nonesuch" in done.stderr and len(done.stderr.splitlines()) <= 2


@pytest.mark.parametrize(
    "wrong", [("--algorithms", ""), ("--algorithms", "reno,reno"), ("--queue", "1"), ("--rate", "x")]
)
def test_bad_input(wrong: tuple[str, str]) -> None:
    done = netlab("tcp-congestion", *wrong)
    assert done.returncode == 2 and "Traceback" not in done.stderr and len(done.stderr.splitlines()) <= 2, done.stderr


def test_it_fits_the_terminal() -> None:
    command = ("tcp-congestion", "--algorithms", "reno", "--duration", "1", "--queue", "5")
    for columns, done in at_widths([40, 60, 80], *command):
        assert "● cwnd" in done.stdout, done.stderr
        for line in done.stdout.splitlines():
            assert cell_len(line) <= columns, line


def test_ctrl_c_gives_what_was_found_until_then(monkeypatch: pytest.MonkeyPatch) -> None:
    def stopped(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(tcp_congestion, "run_scenes", stopped)
    found = tcp_congestion.measure(Parameters(("reno",)), silent)
    assert found.interrupted and not found.checks


def sample(at_s: float, cwnd: int, ssthresh: int | None, delivered: int, congestion: str = "open") -> TcpInfoSample:
    return TcpInfoSample(at_s, cwnd, ssthresh, 0.02, delivered, congestion, 0, None)


def flow(*samples: TcpInfoSample) -> Flow:
    return Flow("reno", samples, 0, True, 1448)


def test_a_cut_is_judged_by_what_the_window_can_have_been() -> None:
    (cut,) = flow(sample(1.0, 40, None, 100), sample(1.01, 40, 24, 108, "recovery")).cuts(0.02)
    assert cut == WindowCut(1.01, 40, 48, 24) and cut.by(0.5) and not cut.by(0.7)
    assert not WindowCut(1, 40, 40, 40).by(0.5) and not WindowCut(1, 40, 40, 10).by(0.5)
    assert not list(flow(sample(1.0, 40, None, 100), sample(1.5, 40, 24, 108, "recovery")).cuts(0.02))


def test_slow_start_that_is_no_slow_start_is_found_out() -> None:
    assert flow(sample(0, 10, None, 1), sample(1, 30, None, 21), sample(2, 80, 60, 80)).grows_as_acknowledged()
    assert flow(sample(0, 10, None, 1), sample(1, 30, None, 100)).grows_as_acknowledged() is False
    assert flow(sample(0, 10, None, 1)).grows_as_acknowledged() is None


@given(st.lists(st.tuples(st.floats(0, 1e3), st.floats(-1e6, 1e6)), min_size=1), st.integers(1, 20))
def test_thinning_keeps_extremes_and_invents_nothing(points: list[tuple[float, float]], intervals: int) -> None:
    points.sort()
    kept = extremes(points, intervals)
    assert kept == points or (set(kept) <= set(points) and len(kept) <= 2 * intervals and kept == sorted(kept))
    for pick in (min, max):
        assert pick(y for _, y in kept) == pick(y for _, y in points)
