"""`netlab tcp-teardown` and `netlab tcp-states`: every variant ends as the RFC says, and all eleven states are seen."""

from __future__ import annotations

import pytest
from network_run import Run, expert_messages, facts, netlab, recorded, report, rows
from rich.cells import cell_len

from netlab.experiments.tcp.teardown import VARIANTS
from netlab.linux.tcp_states import ELEVEN
from netlab.packets import pcap

ENDS = {
    "orderly": "client",
    "simultaneous": "client, server",
    "reset-linger": "nobody",
    "reset-unread": "nobody",
    "orphan": "nobody",
}


@pytest.fixture(scope="module", params=[variant.name for variant in VARIANTS])
def ended(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Run]:
    """A variant, and its run."""
    options = ("--variant", request.param, "--delay", "0.01")
    return request.param, recorded(tmp_path_factory, "tcp-teardown", *options)


def test_every_variant_ends_as_it_must(ended: tuple[str, Run]) -> None:
    variant, run = ended
    document = run.document
    assert facts(document)["in TIME-WAIT at the end"] == ENDS[variant]
    assert len(pcap.read(run.pcap.read_bytes()).records) == 3 + facts(document)["segments"]  # the handshake is in it
    timeline = rows(document, "timeline")
    assert all(row["time"] >= 0 for row in timeline)
    resets = [row for row in timeline if row["view"] == "wire" and "RST" in row["what"]]
    assert len(resets) == (0 if variant in ("orderly", "simultaneous") else 1)


@pytest.mark.peers
def test_wireshark_warns_of_the_reset_at_most(ended: tuple[str, Run]) -> None:
    assert all("RST" in line for line in expert_messages(ended[1].pcap))


@pytest.mark.parametrize("ended", ["orderly"], indirect=True)
def test_time_wait_is_the_kernels_and_not_the_rfcs(ended: tuple[str, Run]) -> None:
    told = facts(ended[1].document)
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
