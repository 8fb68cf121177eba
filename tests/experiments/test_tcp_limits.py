"""`netlab tcp-limits`: ports, descriptors and connections are counted out, and what is held is there, and is let go."""

from __future__ import annotations

import json
import resource
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import psutil
import pytest
from network_run import Run, at_widths, expert_warnings, facts, recorded, report, rows
from ordinary import command, needs_networks
from rich.cells import cell_len

from netlab.linux.diag import Diag
from netlab.packets import pcap
from netlab.packets.dissect import dissect
from netlab.packets.tcp import Tcp


@pytest.fixture(scope="module")
def ports(tmp_path_factory: pytest.TempPathFactory) -> Run:
    return recorded(tmp_path_factory, "tcp-limits", "--ports", "30", "--hold", "0")


def test_ports_are_used_up_and_used_again(ports: Run) -> None:
    document = ports.document
    cases = rows(document, "one client's ports")
    assert [(row["connections"], row["ports used again"], row["then"]) for row in cases] == [
        (30, None, "EADDRNOTAVAIL"),
        (30, 30, "EADDRNOTAVAIL"),
        (30, 30, "EADDRNOTAVAIL"),
        (30, 30, "EADDRNOTAVAIL"),
        (30, 0, "EADDRINUSE"),
        (60, 30, "EADDRNOTAVAIL"),
    ]
    told = facts(document)
    assert told["ports in TIME-WAIT"] == 30 and 30 < told["ports stay there for"] <= 60
    assert told["descriptors allowed"] > told["descriptors for accepted connections"] > 0
    assert "hold connections" not in told
    found = [dissect(record.frame).find(Tcp) for record in pcap.read(ports.pcap.read_bytes()).records]
    opened = {each.source_port for each in found if each is not None and each.syn and not each.ack}
    assert opened == set(range(40000, 40030))  # the very range, none left out


@pytest.mark.peers
def test_wireshark_has_nothing_to_warn_of(ports: Run) -> None:
    assert expert_warnings(ports.pcap) == []


def test_a_port_in_the_range_is_what_the_kernel_says(ports: Run) -> None:
    low, high = map(int, Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split())
    assert facts(ports.document)["ports of this machine"] == high - low + 1


def held(*arguments: str) -> dict[str, Any]:
    """A run whose checks hold, the ports being the least there can be."""
    return report("tcp-limits", "--ports", "10", *arguments)


@pytest.mark.parametrize(("number", "processes"), [("3000", None), ("3000", "400:400")])
def test_connections_are_held_by_one_process_or_by_many(number: str, processes: str | None) -> None:
    needs_networks()
    prefix = ["prlimit", f"--nofile={processes}"] if processes else []
    line = [
        *prefix,
        sys.executable,
        "-m",
        "netlab",
        "tcp-limits",
        "--ports",
        "10",
        "--hold",
        number,
        "--json",
        "--no-save",
    ]
    done = subprocess.run(line, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr
    document = json.loads(done.stdout)
    told = facts(document)
    assert told["hold wanted"] == told["hold connections"] == int(number)
    assert (told["hold server processes"] > 1) == (processes is not None)
    claims = {check["claim"]: check["observed"] for check in document["measurement"]["checks"]}
    for claim in ("the server counts as many open", "all are ESTABLISHED at the server's end", "and at the client's"):
        assert claims[claim] == int(number)
    assert claims["of those, some chosen at random still echo"] == 100
    assert rows(document, "growth")[-1]["connections"] == int(number)
    assert {row["connection"] for row in rows(document, "echo latency")} == {"alone", "among 3,000"}


@pytest.mark.serial
def test_memory_is_told_where_there_are_enough_to_weigh() -> None:
    told = facts(held("--hold", "6000"))
    assert 2000 < told["memory kernel per connection"] < 50_000  # two sockets, whatever the machine does besides
    assert told["memory server per connection"] < 5000 and told["memory clients per connection"] < 5000
    assert "memory kernel per connection" not in facts(held("--hold", "50"))


@pytest.mark.serial
def test_the_memory_guard_stops_it_and_says_so() -> None:
    document = held("--hold", "20000", "--keep-free", "100000G")
    told = facts(document)
    assert told["hold connections"] < told["hold wanted"] == 20000
    (said,) = [each for each in document["measurement"]["warnings"] if "--keep-free" in each]
    assert f"stopped at {told['hold connections']:,} of 20,000" in said


def test_a_limit_that_leaves_fewer_is_told_aloud_with_how_to_raise_it() -> None:
    needs_networks()
    line = [
        "prlimit",
        "--nofile=130:130",
        sys.executable,
        "-m",
        "netlab",
        "tcp-limits",
        "--ports",
        "10",
        "--hold",
        "9000",
    ]
    done = subprocess.run([*line, "--json", "--no-save"], capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr
    document = json.loads(done.stdout)
    told = facts(document)
    assert 0 < told["hold connections"] < told["hold wanted"] == 9000
    assert any("open files, hard is 130" in each and "--nofile" in each for each in document["measurement"]["warnings"])
    line[1] = "--nofile=60:60"
    done = subprocess.run(line, capture_output=True, text=True, timeout=120, check=False)
    assert (done.returncode, done.stdout) == (3, "") and "--nofile" in done.stderr


def test_an_ordinary_user_may_do_it() -> None:
    needs_networks()
    line = command("tcp-limits", "--hold", "2000", "--ports", "10", "--no-save", "--json")
    done = subprocess.run(line, capture_output=True, text=True, timeout=120, cwd="/", check=False)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr
    assert facts(json.loads(done.stdout))["hold connections"] == 2000


def test_it_fits_the_terminal() -> None:
    for columns, done in at_widths([40, 60], "tcp-limits", "--hold", "6000", "--ports", "10"):
        assert done.returncode == 0, done.stdout + done.stderr
        for line in done.stdout.splitlines():
            assert cell_len(line) <= columns, line


@pytest.mark.serial
@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGKILL])
def test_ended_in_the_middle_it_reports_what_was_held_and_leaves_nothing(how: signal.Signals) -> None:
    needs_networks()
    if resource.getrlimit(resource.RLIMIT_NOFILE)[1] < 4000:
        pytest.skip("too few descriptors for this many connections")
    line = [sys.executable, "-m", "netlab", "tcp-limits", "--ports", "10", "--hold", "300000", "--json", "--no-save"]
    process = subprocess.Popen(line, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    deadline = time.monotonic() + 60
    while inuse() < 3000:
        assert time.monotonic() < deadline and process.poll() is None, "nothing grew"
        time.sleep(0.01)
    family = psutil.Process(process.pid).children(recursive=True)
    assert len(family) > 4
    process.send_signal(how)
    out, err = process.communicate(timeout=120)
    _, alive = psutil.wait_procs(family, timeout=30)
    assert not [each for each in alive if each.status() != psutil.STATUS_ZOMBIE]
    if how is signal.SIGINT:
        assert process.returncode == 0, err
        document = json.loads(out)
        told = facts(document)
        assert document["interrupted"] and 0 < told["hold connections"] < told["hold wanted"]
        claims = {check["claim"]: check["observed"] for check in document["measurement"]["checks"]}
        assert claims["and at the client's"] == told["hold connections"]


def inuse() -> int:
    """TCP sockets of this network namespace."""
    words = Path("/proc/net/sockstat").read_text().partition("TCP: inuse ")[2].split()
    return int(words[0])


def test_inet_diag_counts_by_port_what_is_there() -> None:
    with socket.create_server(("127.0.0.1", 0), backlog=30) as listener:
        port = listener.getsockname()[1]
        clients = [socket.create_connection(("127.0.0.1", port)) for _ in range(20)]
        diag = Diag()
        assert diag.count("ESTABLISHED", local_port=port) == diag.count("ESTABLISHED", remote_port=port) == 20
        assert diag.count("LISTEN", local_port=port) == 1 and diag.count("LISTEN", remote_port=port) == 0
        clients.pop().close()
        deadline = time.monotonic() + 10
        while diag.count("ESTABLISHED", remote_port=port) != 19:
            assert time.monotonic() < deadline
        listed = [sock for sock in diag.tcp() if sock.remote[1] == port and sock.state == "ESTABLISHED"]
        assert len(listed) == 19
        diag.close()
        for each in clients:
            each.close()
