"""What `netlab tcp-congestion` says of its runs: judged without a network, from samples made by hand."""

from __future__ import annotations

from dataclasses import replace

from netlab.experiments.tcp import congestion_report
from netlab.experiments.tcp.congestion_report import Bottleneck
from netlab.experiments.tcp.congestion_run import CongestionRun, Flow, TcpInfoSample
from netlab.report.quantity import Draft, Measurement


def failed(found: Measurement) -> list[str]:
    return [check.claim for check in found.checks if not check.passed]


def run(*names: str, rates: tuple[int, ...] = (), queue: int = 30, **counters: int) -> CongestionRun:
    """Flows that double cwnd, meet a loss at 80 and go on at half of it; each at so many bytes per second."""
    windows = [(0.0, 10, None, 1), (0.02, 20, None, 11), (0.04, 40, None, 31), (0.06, 80, None, 71)]
    flows = []
    for number, name in enumerate(names):
        rate = (rates or (500_000,) * len(names))[number]
        early = [TcpInfoSample(at_s, cwnd, over, 0.02, sent, "open", 0, 800_000) for at_s, cwnd, over, sent in windows]
        late = [TcpInfoSample(0.07, 80, 40, 0.05, 72, "recovery", 0, None)]
        late += [
            TcpInfoSample(at_s, 40, 40, 0.05, 500, "open", round(at_s * rate), 1_300_000) for at_s in (2.0, 3.0, 4.0)
        ]
        flows.append(Flow(name, tuple(early + late), 3, True, 1448))
    waiting = tuple((at_s / 10, queue) for at_s in range(41))
    return CongestionRun(tuple(flows), waiting, ((0.05, 60),), counters)


def told(*runs: CongestionRun, queue: int = 60) -> Measurement:
    draft = Draft()
    congestion_report.report(draft, runs, Bottleneck(1_250_000, 0.02, queue))
    return draft.finish()


def test_an_algorithm_alone() -> None:
    found = told(run("reno", TcpExtTCPHystartDelayDetect=1))
    assert found.passed and len(found.checks) == 6 and not found.warnings
    words = "\n".join(found.findings)
    assert "cwnd 10 after 0 ms, 20 after 20 ms, 40 after 40 ms, 80 after 60 ms" in words and "80 → 40" in words
    assert "at cwnd 80: HyStart" in words and "round trips became longer" in words and "finds 30.0 in the" in words
    assert "This queue is deep" in words and "shallow" not in words
    assert "This queue is shallow" in "\n".join(told(run("reno", queue=5), queue=8).findings)


def test_a_claim_that_fails_in_one_run_fails() -> None:
    good = run("reno")
    spoilt = replace(good, flows=tuple(replace(flow, intact=False, retransmitted=0) for flow in good.flows))
    claims = failed(told(good, spoilt))
    assert [claim.split(",")[0] for claim in claims] == [
        "every byte arrives",
        "what was dropped was sent again: not fewer segments than drops",
    ]
    assert any("frames wait" in claim for claim in failed(told(run("reno", queue=61))))
    assert any("less than the bottleneck" in claim for claim in failed(told(run("reno", rates=(1_250_000,)))))


def test_who_gets_more_is_said_where_it_is_clear() -> None:
    assert not any("gets" in finding for finding in told(run("reno", "cubic", rates=(500_000, 600_000))).findings)
    (finding,) = [each for each in told(run("reno", "cubic", rates=(100_000, 900_000))).findings if "gets" in each]
    assert finding == "reno + cubic: cubic gets 90% (fairness 0.61; 1 is equal shares, 0.5 all for one)."
    assert "one of them gets" in "\n".join(told(run("reno", "reno", rates=(100_000, 900_000))).findings)


def test_bbr_with_a_queue_is_explained_and_without_one_is_not() -> None:
    assert "does not keep the queue empty" in "\n".join(told(run("bbr")).findings)
    assert "does not keep" not in "\n".join(told(run("bbr", queue=1)).findings)
