"""`netlab tcp-flow`: the window closes and opens again, is asked for meanwhile, and nothing is lost."""

from __future__ import annotations

import pytest
from network_run import Run, expert_messages, facts, netlab, recorded, rows
from rich.cells import cell_len

from netlab.experiments.tcp.flow_window import stall_of, windows
from netlab.experiments.wire.trace import Segment
from netlab.packets.tcp import Tcp, window_scale

_ON_PURPOSE = (
    "TCP window specified by the receiver is now completely full",
    "TCP Zero Window segment",
    "D-SACK Sequence",  # on a busy machine an ACK is late, and its segment is sent again for nothing
)


@pytest.fixture(scope="module", params=[(64, 3), (16, 4)], ids=["64 KiB, 3 probes", "16 KiB, 4 probes"])
def run(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[int, int, Run]:
    buffer, probes = request.param
    options = ("--buffer", f"{buffer}K", "--probes", f"{probes}", "--delay", "0.01")
    return buffer, probes, recorded(tmp_path_factory, "tcp-flow", *options)


def test_the_window_closes_and_opens(run: tuple[int, int, Run]) -> None:
    buffer, probes, found = run
    told, document = facts(found.document), found.document
    assert told["reader stops"] < told["window is zero"] < told["reader begins again"]
    assert told["held by the receiver's kernel"] > 0 and told["held by the sender's kernel"] > 0
    assert told["first window update"] >= min(1448, buffer * 512)
    asked = rows(document, "probes")
    assert len(asked) >= probes and all(row["data"] <= 1 for row in asked)
    assert asked[-1]["pause before"] > asked[0]["pause before"]
    over_time = rows(document, "window")
    for what in ("window", "in flight"):
        sizes = [row["bytes"] for row in over_time if row["what"] == what]
        assert 0 in sizes and 0 < max(sizes) <= told["largest window"]
    timeline = [row for row in rows(document, "timeline") if row["view"] == "kernel"]
    assert len(timeline) >= probes and all("zero window probe" in row["what"] for row in timeline)


@pytest.mark.peers
def test_wireshark_sees_the_closed_window_and_nothing_else(run: tuple[int, int, Run]) -> None:
    warned = expert_messages(run[2].pcap)
    assert warned and all(any(known in line for known in _ON_PURPOSE) for line in warned), warned


@pytest.mark.parametrize("option", ["--timeline", "--no-save"])
def test_it_fits_the_terminal_and_the_timeline_is_on_request(option: str) -> None:
    done = netlab("tcp-flow", "--buffer", "16K", "--probes", "3", "--delay", "0.01", option, columns=40)
    assert done.returncode == 0, done.stdout + done.stderr
    assert ("SYN+ACK" in done.stdout) == (option == "--timeline")
    for line in done.stdout.splitlines():
        assert cell_len(line) <= 40, line


@pytest.mark.parametrize(
    ("wrong", "said"),
    [("--size=300K", "--size"), ("--size=60M", "recorded"), ("--buffer=1", "4 KiB"), ("--buffer=10M", "256 KiB")],
)
def test_sizes_that_cannot_be(wrong: str, said: str) -> None:
    done = netlab("tcp-flow", wrong)
    assert done.returncode == 2 and said in done.stderr and len(done.stderr.splitlines()) <= 2


def segment(number: int, sender: str, at_s: float, **more: int) -> Segment:
    tcp = Tcp(1, 2, window=more.get("window", 0))
    size, ack = more.get("size", 0), more.get("ack")
    return Segment(number, sender, at_s, at_s + 1, "delivered", tcp, size, more.get("sequence", 1), ack, False)


def test_new_data_while_the_window_is_zero_is_found() -> None:
    before = [
        segment(1, "server", 0.0, ack=1, window=100),
        segment(2, "client", 1.0, size=100),
        segment(3, "server", 2.0, ack=101, window=0),
    ]
    probe, wrong = segment(4, "client", 4.0, sequence=100), segment(5, "client", 5.0, sequence=101, size=10)
    after = segment(6, "server", 9.0, ack=101, window=50)
    segments = [*before, probe, wrong, after]
    stall = stall_of(segments, list(windows(segments)))
    assert stall is not None and stall.new_data == 1 and [each.number for each in stall.probes] == [4]
    assert stall.update is not None and stall.update.size == 50
    assert stall_of(before[:2], list(windows(before[:2]))) is None


def test_a_scale_counts_if_both_have_it_and_not_in_the_syn() -> None:
    def syn(sender: str, *options: object) -> Segment:
        tcp = Tcp(1, 2, syn=1, window=10, options=tuple(options))  # type: ignore[arg-type]
        return Segment(1, sender, 0.0, 1.0, "delivered", tcp, 0, 0, 1, False)

    data = segment(3, "server", 2.0, ack=1, window=10)
    both = list(windows([syn("client", window_scale(10)), syn("server", window_scale(3)), data]))
    one = list(windows([syn("client"), syn("server", window_scale(3)), data]))
    assert [each.size for each in both] == [10, 80] and [each.size for each in one] == [10, 10]
