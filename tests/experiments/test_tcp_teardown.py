"""`netlab tcp-teardown` and `netlab tcp-states`: every variant ends as the RFC says, and all eleven states are seen."""

from __future__ import annotations

from pathlib import Path

import pytest
from network_run import expert_warnings, facts, netlab, report, rows
from rich.cells import cell_len

from netlab.experiments.tcp.teardown import VARIANTS
from netlab.linux.tcp_states import ELEVEN
from netlab.packets import pcap

ENDS = {"orderly": "client", "simultaneous": "client, server", "reset-linger": "nobody", "reset-unread": "nobody",
        "orphan": "nobody"}  # fmt: skip


@pytest.mark.parametrize("variant", [variant.name for variant in VARIANTS])
def test_every_variant_ends_as_it_must(variant: str, tmp_path: Path) -> None:
    file = tmp_path / "end.pcap"
    document = report("tcp-teardown", "--variant", variant, "--delay", "0.01", "--pcap", str(file))
    assert facts(document)["in TIME-WAIT at the end"] == ENDS[variant]
    assert len(pcap.read(file.read_bytes()).records) == 3 + facts(document)["segments"]  # the handshake is in it
    timeline = rows(document, "timeline")
    assert all(row["time"] >= 0 for row in timeline)
    resets = [row for row in timeline if row["view"] == "wire" and "RST" in row["what"]]
    assert len(resets) == (0 if variant in ("orderly", "simultaneous") else 1)
    unwanted = [
        line for line in expert_warnings(file) if "RST" not in line and "Warns" not in line and "Freq" not in line
    ]
    assert unwanted == []  # a reset is what Wireshark warns of, and what was to be shown


def test_time_wait_is_the_kernels_and_not_the_rfcs() -> None:
    told = facts(report("tcp-teardown", "--delay", "0.01"))
    assert 30 < told["TIME-WAIT lasts"] <= 60 < told["TIME-WAIT in the RFC"]


def test_all_eleven_states_are_seen() -> None:
    document = report("tcp-states", "--delay", "0.01")
    seen = rows(document, "states")
    assert [row["state"] for row in seen] == list(ELEVEN)
    assert all(row["at"] in ("client", "server") and row["seen after"] > 0 for row in seen)
    assert next(row["way"] for row in seen if row["state"] == "CLOSING") == "simultaneous"


@pytest.mark.parametrize("columns", [40])
@pytest.mark.parametrize("command", [("tcp-teardown", "--variant", "reset-unread"), ("tcp-states",)])
def test_it_fits_the_terminal(columns: int, command: tuple[str, ...]) -> None:
    done = netlab(*command, "--delay", "0.01", columns=columns)
    assert done.returncode == 0, done.stdout + done.stderr
    for line in done.stdout.splitlines():
        assert cell_len(line) <= columns, line


def test_a_variant_that_is_none() -> None:
    done = netlab("tcp-teardown", "--variant", "polite")
    assert done.returncode == 2 and "no variant 'polite'" in done.stderr and "orphan" in done.stderr
