"""tcp-server, tcp-client, tcp-compare as commands: every mode gives a report whose figures agree with each other."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest
from experiment_commands import Run, Start, fact

from netlab.experiments.servers import trial
from netlab.experiments.servers.options import Load
from netlab.experiments.servers.server_trial import ServerParameters, setup_of
from netlab.progress import silent
from netlab.servers.limits import FD_SETSIZE
from netlab.servers.modes import TCP_MODES, UDP_MODES

Report = Callable[..., dict[str, Any]]


def checks(document: dict[str, Any]) -> dict[str, bool]:
    """Claim → whether it held."""
    return {check["claim"]: check["passed"] for check in document["measurement"]["checks"]}


@pytest.mark.parametrize("mode", [mode.name for mode in TCP_MODES])
def test_each_tcp_mode_reports_exactly_what_was_sent(report: Report, mode: str) -> None:
    document = report("tcp-server", "--mode", mode, "--connections", "20", "--messages", "30", "--size", "100")
    assert fact(document, "served messages") == 600
    assert fact(document, "served bytes") == 60_000
    assert fact(document, "served connections") == 20
    cpu_s = fact(document, "server CPU per message")
    # Six hundred messages take less than a tick, and the clock of one that never stops running may not have moved.
    assert (cpu_s is None and mode == "busy-poll") or cpu_s > 0
    assert fact(document, "load fewest by a connection") == fact(document, "load most by a connection") == 30
    assert all(checks(document).values()) and len(checks(document)) == 7
    (latency,) = [each for each in document["measurement"]["samples"] if each["name"] == "latency"]
    assert latency["count"] == 600
    assert 0 < latency["min"] <= latency["p50"] <= latency["p99"] <= latency["max"]


@pytest.mark.parametrize("mode", [mode.name for mode in UDP_MODES])
def test_each_udp_mode_reports_what_came_back(report: Report, mode: str) -> None:
    document = report("udp-server", "--mode", mode, "--connections", "10", "--messages", "30", "--size", "100")
    assert fact(document, "datagrams echoed") + fact(document, "datagrams lost") == 300
    assert fact(document, "datagrams echoed") > 250
    assert all(checks(document).values())


@pytest.mark.parametrize("mode", ["fork", "thread", "select", "epoll"])
def test_processes_and_threads_are_those_of_the_mode(report: Report, mode: str) -> None:
    document = report("tcp-server", "--mode", mode, "--connections", "12", "--duration", "0.3")
    expected = {"fork": (13, 13), "thread": (1, 13), "select": (1, 1), "epoll": (1, 1)}[mode]
    assert (fact(document, "server processes"), fact(document, "server threads")) == expected


def test_a_fork_server_is_bounded_and_says_so(report: Report) -> None:
    limits = ("--connections", "30", "--max-connections", "8")
    document = report("tcp-server", "--mode", "fork", *limits, "--duration", "0.3")
    assert fact(document, "served not, shed") >= 22
    assert fact(document, "server processes") == 9
    assert any("--max-connections 8" in finding for finding in texts(document))


def test_select_reaches_fd_setsize_and_epoll_does_not(report: Report) -> None:
    arguments = ("--connections", "5", "--idle", str(FD_SETSIZE + 50), "--duration", "0.3")
    select = report("tcp-server", "--mode", "select", *arguments)
    assert any("FD_SETSIZE reached" in finding for finding in texts(select))
    assert 0 < fact(select, "served not, shed") < 100
    assert fact(select, "served connections") + fact(select, "served not, shed") == FD_SETSIZE + 55
    epoll = report("tcp-server", "--mode", "epoll", *arguments)
    assert fact(epoll, "served not, shed") == 0
    assert fact(epoll, "served connections") == FD_SETSIZE + 55


def test_the_iterative_server_serves_one_and_lets_the_others_wait(report: Report) -> None:
    document = report("tcp-server", "--mode", "iterative", "--connections", "10", "--duration", "0.3")
    assert fact(document, "fairness") == pytest.approx(0.1)
    assert any("1 of 10 connections" in finding for finding in texts(document))
    assert all(checks(document).values())  # the others are answered when the first is done


def test_ipv6(report: Report) -> None:
    document = report("tcp-server", "--host", "::1", "--connections", "3", "--messages", "5")
    assert fact(document, "served messages") == 15


def test_churn_counts_a_connection_for_every_message(report: Report) -> None:
    document = report("tcp-server", "--per-connection", "1", "--connections", "8", "--messages", "25")
    assert fact(document, "served connections") == fact(document, "load connections") == 200


def test_an_unserved_client_fails_the_checks(report: Report) -> None:
    # The iterative server waits for the first idle connection, so those that come after it are never answered.
    churn = ("--connections", "2", "--idle", "1", "--per-connection", "1", "--duration", "0.2")
    document = report("tcp-server", "--mode", "iterative", *churn, exit_code=1)
    assert checks(document)["no message is without an echo"] is False
    assert checks(document)["something was measured"] is False


@pytest.mark.serial
def test_compare_has_a_row_for_every_mode_and_load(report: Report) -> None:
    modes = "iterative,select,epoll"
    loads = ("--connections", "3,6", "--idle", "0,20")
    document = report("tcp-compare", "--modes", modes, *loads, "--rounds", "2", "--duration", "0.1")
    tables = document["measurement"]["tables"]
    assert [table["title"] for table in tables] == ["modes with 3 busy connections", "modes with 6 busy connections"]
    assert {table["name"] for table in tables} == {"modes"}
    rows = [
        dict(zip((column["name"] for column in table["columns"]), row, strict=True), connections=connections)
        for table, connections in zip(tables, (3, 6), strict=True)
        for row in table["rows"]
    ]
    assert {(row["mode"], row["connections"], row["idle"]) for row in rows} == {
        (mode, busy, idle) for mode in modes.split(",") for busy in (3, 6) for idle in (0, 20)
    }
    assert all(row["messages/s"] > 0 and row["CPU/msg"] > 0 and row["× iterative"] > 0 for row in rows)
    assert all(row["× iterative"] == 1 for row in rows if row["mode"] == "iterative")
    assert sum("Epoll against select" in finding for finding in texts(document)) == 2


@pytest.mark.serial
def test_the_table_of_unp_counts_from_the_iterative_server(report: Report) -> None:
    document = report("tcp-compare", "--unp", "64", "--modes", "fork,epoll", "--rounds", "1")
    (table,) = [each for each in document["measurement"]["tables"] if each["name"] == "modes"]
    rows = {row[0]: row for row in table["rows"]}
    assert list(rows) == ["iterative", "fork", "epoll"]
    assert rows["iterative"][2] == 0
    assert rows["fork"][1] > rows["iterative"][1]  # 64 processes more


@pytest.mark.serial
def test_udp_compare_has_a_row_for_every_mode(report: Report) -> None:
    document = report("udp-compare", "--rounds", "1", "--duration", "0.1", "--connections", "5")
    (table,) = [each for each in document["measurement"]["tables"] if each["name"] == "modes"]
    assert [row[0] for row in table["rows"]] == [mode.name for mode in UDP_MODES]


def serving(start: Start, *arguments: str) -> tuple[Any, int]:
    """A server kept up, and its port."""
    process = start("tcp-server", "--serve", "--port", "0", *arguments)
    line = process.stderr.readline()
    found = re.search(r" on \S+:(\d+), process", line)
    assert found, line + process.stderr.read()
    return process, int(found[1])


def test_a_client_of_another_process_measures_the_server_that_serves(start: Start, report: Report) -> None:
    server, port = serving(start, "--mode", "epoll", "--json")
    document = report("tcp-client", f"127.0.0.1:{port}", "--connections", "5", "--messages", "20")
    assert fact(document, "load messages") == 100
    server.terminate()
    out, _ = server.communicate(timeout=10)
    assert server.returncode == 0
    import json

    served = json.loads(out)
    assert fact(served, "served connections") == 5
    assert fact(served, "served bytes in") == fact(served, "served bytes out") == 6400


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (("tcp-server", "--mode", "quantum"), "there are:"),
        (("tcp-server", "--cpus", "4096"), "--cpus"),
        (("tcp-server", "--cpus", "x"), "--cpus"),
        (("tcp-server", "--host", "256.1.1.1"), "no address"),
        (("tcp-server", "--host", "192.0.2.1"), "not an address of this machine"),
        (("tcp-server", "--size", "0"), "--size"),
        (("tcp-server", "--size", "many"), "--size"),
        (("tcp-server", "--rate", "5", "--depth", "2"), "--rate"),
        (("tcp-client", "127.0.0.1"), "HOST:PORT"),
        (("tcp-client", "127.0.0.1:99999"), "HOST:PORT"),
        (("tcp-compare", "--modes", "epoll,"), None),
        (("tcp-compare", "--modes", "epoll,quantum"), "quantum"),
        (("tcp-compare", "--idle", "-1"), "number"),
        (("modes", "quantum"), "there are:"),
        (("modes", "--source"), "netlab modes epoll --source"),
    ],
)
def test_what_cannot_be_is_said_in_one_or_two_lines(netlab: Run, arguments: tuple[str, ...], word: str | None) -> None:
    if word is None:
        assert netlab(*arguments, "--rounds", "1", "--duration", "0.05", "--idle", "0").returncode == 0
        return
    done = netlab(*arguments)
    assert done.returncode == 2
    assert word in done.stderr
    assert 1 <= len(done.stderr.splitlines()) <= 2
    assert "Traceback" not in done.stderr and done.stdout == ""


def test_a_port_that_is_taken_is_said_with_who_to_ask(netlab: Run, start: Start) -> None:
    _, port = serving(start)
    done = netlab("tcp-server", "--serve", "--port", str(port))
    assert done.returncode == 2
    assert f"port {port} is in use" in done.stderr and "ss -" in done.stderr


def test_nobody_there_is_exit_code_4(netlab: Run) -> None:
    done = netlab("tcp-client", "127.0.0.1:1", "--duration", "0.1")
    assert done.returncode == 4
    assert "ECONNREFUSED" in done.stderr


@pytest.mark.parametrize(
    "arguments", [("modes",), ("modes", "epoll"), ("modes", "batch", "--udp"), ("modes", "select", "--source")]
)
def test_modes_explains(netlab: Run, arguments: tuple[str, ...]) -> None:
    done = netlab(*arguments)
    assert done.returncode == 0
    if "--source" in arguments:
        assert "def serve(server: Server) -> None:" in done.stdout
    else:
        assert max(map(len, done.stdout.splitlines())) <= 100
    for mode in TCP_MODES if arguments == ("modes",) else ():
        assert mode.name in done.stdout


def texts(document: dict[str, Any]) -> list[str]:
    """Its findings."""
    return [finding["text"] for finding in document["measurement"]["findings"]]


def findings(document: dict[str, Any]) -> str:
    """All that it says in words."""
    return " ".join(texts(document))


def test_connections_that_are_to_come_later_are_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """With --per-connection none but the idle ones are open before the load begins."""
    waited_for: list[int] = []
    monkeypatch.setattr(trial, "wait_until_taken", lambda server, connections: waited_for.append(connections))
    parameters = ServerParameters(load=Load(connections=3, idle=2, messages=2, per_connection=1))
    found = trial.run(setup_of("tcp", parameters), silent)
    assert waited_for == [2]
    assert found.load.messages == 6


@pytest.mark.serial
def test_loss_is_a_finding_with_its_place(report: Report) -> None:
    """So many large datagrams at once that no receive queue holds them."""
    load = ("--connections", "64", "--depth", "8", "--size", "60000", "--duration", "0.3")
    document = report("udp-server", "--mode", "iterative", *load)
    lost = fact(document, "datagrams lost")
    assert lost > 0 and fact(document, "served not, queue full") > 0
    assert f"{lost:,} of" in findings(document) and "receive queue was full" in findings(document)
    assert "Not everybody" not in findings(document)
    assert all(checks(document).values())


def test_who_was_silent_too_long_is_a_finding_and_no_failure(report: Report) -> None:
    silence = ("--idle-timeout", "0.2", "--idle", "5", "--connections", "4", "--duration", "1.5")
    document = report("tcp-server", *silence)
    assert "5 connections were closed after 0.2 s of silence (--idle-timeout)" in findings(document)
    assert all(checks(document).values())


def test_nobody_waits_in_the_kernel_when_the_rest_was_shed(report: Report) -> None:
    document = report("tcp-server", "--max-connections", "5", "--connections", "10", "--duration", "0.3")
    assert "Not everybody was served" not in findings(document)
    assert "5 connections were over --max-connections 5" in findings(document)


@pytest.mark.serial
def test_a_schedule_that_was_not_kept_says_what_was_not_sent(report: Report) -> None:
    document = report("tcp-server", "--rate", "10000000", "--duration", "0.2", "--warmup", "0", "--connections", "10")
    (warning,) = [each for each in document["measurement"]["warnings"] if "not at all" in each]
    assert "of the 2,000,000 that were due not at all" in warning


@pytest.mark.serial
def test_a_disturbed_run_says_so(report: Report) -> None:
    busy = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(4)]
    try:
        document = report("tcp-server", "--duration", "1")
        compared = report("tcp-compare", "--modes", "select,epoll", "--idle", "0", "--rounds", "1")
    finally:
        for process in busy:
            process.kill()
            process.wait()
    for warnings in (document["measurement"]["warnings"], compared["measurement"]["warnings"]):
        assert any(re.search(r"Other processes kept (up to )?\d\.\d CPUs busy", each) for each in warnings)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("tcp-server", "--workers", "3"), "--workers: epoll has no fixed number"),
        (("udp-server", "--max-connections", "3"), "--max-connections: iterative over UDP keeps nothing"),
        (("tcp-server", "--serve", "--rate", "5"), "--rate has no effect with --serve"),
        (("udp-server", "--serve", "--connections", "100"), "--connections has no effect with --serve"),
        (("tcp-server", "--messages", "5", "--duration", "1"), "--messages and --duration"),
        (("tcp-client", "7007", "--messages", "5", "--duration", "1"), "--messages and --duration"),
        (("tcp-server", "--load-workers", "200"), "200 load processes: more than --connections 100"),
    ],
)
def test_an_option_that_would_do_nothing_is_refused(netlab: Run, words: tuple[str, ...], message: str) -> None:
    done = netlab(*words)
    assert (done.returncode, done.stdout) == (2, "")
    assert message in done.stderr


def test_nobody_there_is_said_in_the_words_of_the_transport(netlab: Run) -> None:
    tcp, udp = netlab("tcp-client", "127.0.0.1:1"), netlab("udp-client", "127.0.0.1:1")
    assert tcp.returncode == udp.returncode == 4
    assert "no connection to 127.0.0.1 port 1" in tcp.stderr and "netlab tcp-server" in tcp.stderr
    assert "nobody at 127.0.0.1 port 1 echoes" in udp.stderr and "netlab udp-server" in udp.stderr
