"""What every test may rely on: nothing is written outside of its own folder, and a terminal would have 80 columns."""

from __future__ import annotations

import signal
from pathlib import Path

import pytest

from netlab.report.quantity import Chart, Check, Column, Fact, Measurement, Samples, Table
from netlab.report.record import Report
from netlab.report.summary import summarize

pytest_plugins = ["tiers", "disturbed", "skips", "examples"]

HOST = {"netlab": "0.1.0", "python": "cpython 3.11.7", "kernel": "Linux 6.1", "machine": "x86_64", "cpus": 2}


for number, usual in ((signal.SIGINT, signal.default_int_handler), (signal.SIGHUP, signal.SIG_DFL)):
    if signal.getsignal(number) is signal.SIG_IGN:  # "pytest &", nohup(1): what the tests start would inherit it
        signal.signal(number, usual)


@pytest.fixture(autouse=True)
def own_state_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Run records and crash files of this test, and of the commands that it starts, go here."""
    folder = tmp_path / "state"
    monkeypatch.setenv("XDG_STATE_HOME", str(folder))
    monkeypatch.setenv("COLUMNS", "80")
    for name in ("NO_COLOR", "FORCE_COLOR", "NETLAB_DEBUG", "PYTHONIOENCODING"):
        monkeypatch.delenv(name, raising=False)
    return folder


def full_measurement() -> Measurement:
    """A measurement with some of everything, and words that try to be markup."""
    columns = (Column("mode", ""), Column("idle", "1"), Column("messages", "1/s"), Column("p99", "s"))
    columns += (Column("relative to epoll", "ratio"), Column("peak memory", "B"), Column("spread", "ratio"))
    rows = tuple(
        (mode, idle, rate / (1 + idle * slope), 0.001 * (1 + idle * slope), 1 / (1 + idle * slope), 2.0**24, 0.03)
        for mode, rate, slope in (("epoll", 100_000, 0.0), ("select", 99_000, 0.001), ("[red]fork", 40_000, 0.0))
        for idle in (0, 100, 900)
    )
    return Measurement(
        facts=(
            Fact("server throughput", 123_456.7, "1/s"),
            Fact("server CPU per message", 8.1e-6, "s"),
            Fact("server peak memory", 16 << 20, "B"),
            Fact("load messages", 246_912, "1"),
            Fact("load lost", None, "1"),
            Fact("load limited", False, ""),
            Fact("wake-ups", 0.5, "1", "of the whole process tree, from getrusage(2) before and after the window"),
        ),
        tables=(Table("By mode", columns, rows),),
        charts=(
            Chart("line", "As idle connections grow", "By mode", "idle", "messages", "mode", log_x=True),
            Chart("bar", "Tail latency", "By mode", "mode", "p99"),
        ),
        checks=(
            Check("every byte came back as it was sent", "RFC 862", True, True),
            Check("server and client counted the same messages", "counters of both", 246_912, 246_910),
        ),
        findings=("epoll overtakes select at 100 idle connections: 100,000 against 90,000 messages a second.",),
        warnings=("The load generator was the limit: it used 98 % [bold]of its CPU[/bold].",),
    )


@pytest.fixture
def report() -> Report:
    """A report with some of everything; one of its checks has failed."""
    latencies = Samples("latency", "s", [50_000 + (n * 7919) % 100_000 for n in range(1000)], 1e-9)
    return Report(
        id="20261122-170501-tcp-server-3fa2",
        experiment="tcp-server",
        title="A TCP echo server under load",
        parameters={"mode": "epoll", "connections": 100, "size_bytes": 64, "duration_s": 2.0, "host": "127.0.0.1"},
        seed=7,
        started_at="2026-11-22T17:05:01Z",
        elapsed_s=2.3123,
        host=dict(HOST),
        measurement=full_measurement(),
        samples=(summarize(latencies), summarize(Samples("connect", "s", ()))),
    )
