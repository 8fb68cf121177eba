"""`netlab tcp-backlog`: both queues are as long as the kernel has them, and who does not fit is not answered."""

from __future__ import annotations

import pytest
from network_run import Run, expert_warnings, facts, netlab, recorded, rows
from rich.cells import cell_len


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    return recorded(tmp_path_factory, "tcp-backlog", "--backlog", "5", "--clients", "9")


def test_the_queues(run: Run) -> None:
    backlog, clients, document = 5, 9, run.document
    told = facts(document)
    assert told["fit into the accept queue"] == backlog + 1 and told["turned away"] == clients - backlog - 1
    assert told["got in after one accept()"] == 1 <= told["ESTABLISHED at their own end"]
    attempts = rows(document, "attempts")
    assert [row["client is"] for row in attempts] == ["ESTABLISHED"] * (backlog + 1) + ["SYN-SENT"] * (
        clients - backlog - 1
    )
    cases = {row["case"]: row for row in rows(document, "queues")}
    plain, cookies = cases["half-open, no cookies"], cases["half-open, SYN cookies"]
    assert backlog <= plain["half-open"] <= backlog + 1 and plain["SYNs dropped"] == clients - plain["half-open"]
    assert cookies["SYNs dropped"] == 0 and cookies["cookies"] == clients - cookies["half-open"]
    assert cases["somaxconn 2"]["backlog"] == min(backlog, 2)


@pytest.mark.peers
def test_wireshark_has_nothing_to_warn_of(run: Run) -> None:
    assert expert_warnings(run.pcap) == []


@pytest.mark.parametrize(("columns", "option"), [(40, "--timeline"), (80, "--clients=4")])
def test_it_fits_the_terminal_and_the_timeline_is_on_request(columns: int, option: str) -> None:
    done = netlab("tcp-backlog", "--backlog", "1", "--clients", "4", option, columns=columns)
    assert done.returncode == 0, done.stdout + done.stderr
    assert ("SYN-RECEIVED" in done.stdout) == (option == "--timeline")
    for line in done.stdout.splitlines():
        assert cell_len(line) <= columns, line


def test_too_few_clients_to_fill_it() -> None:
    done = netlab("tcp-backlog", "--backlog", "5", "--clients", "5")
    assert done.returncode == 2 and "--clients 8" in done.stderr
