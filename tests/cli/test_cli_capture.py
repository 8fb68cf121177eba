"""`netlab capture`: on a private network without a privilege, and what it says where it may not."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from ordinary import command, needs_networks

from netlab.linux import machine
from netlab.packets import pcap
from netlab.packets.dissect import dissect

Netlab = Callable[..., "subprocess.CompletedProcess[str]"]
TALK = (
    f"{sys.executable} -c \"import socket; s = socket.create_server(('127.0.0.1', 80)); "
    "c = socket.create_connection(('127.0.0.1', 80)); a, _ = s.accept(); "
    "c.sendall(b'GET / HTTP/1.1\\r\\n\\r\\n'); a.recv(99); print('said', flush=True)\""
)


def test_a_command_on_a_network_of_its_own(netlab: Netlab, tmp_path: Path) -> None:
    needs_networks()
    file = tmp_path / "talk.pcap"
    done = netlab("capture", "tcp and port 80", "--during", TALK, "--pcap", str(file), "--json")
    assert done.returncode == 0, done.stderr
    assert "said" in done.stderr  # what the command prints does not get into the document
    document = json.loads(done.stdout)
    facts = {fact["name"]: fact["value"] for fact in document["measurement"]["facts"]}
    assert facts["exit status of the command"] == 0 and facts["dropped by the kernel"] == 0
    records = pcap.read(file.read_bytes()).records
    assert len(records) == facts["frames kept"] >= 5
    assert [bytes.fromhex(each["data"]) for each in document["recording"]["frames"]] == [each.frame for each in records]
    assert sum(found.content is not None for found in (dissect(each.frame) for each in records)) == 1


def test_the_filter_and_one_packet_in_full(netlab: Netlab) -> None:
    needs_networks()
    done = netlab("capture", "http", "--during", TALK, "--packet", "1")
    assert done.returncode == 0 and "GET / HTTP/1.1" in done.stdout and "Sequence Number" in done.stdout
    assert "SYN seq" not in done.stdout


def test_the_command_that_fails_and_the_command_that_does_not_end(netlab: Netlab) -> None:
    needs_networks()
    failed = netlab("capture", "--during", "exit 7")
    assert failed.returncode == 0 and "exit status 7" in failed.stdout
    endless = netlab("capture", "--during", "sleep 1000", "--duration", "0.3")
    assert endless.returncode == 0 and "no packets" in endless.stdout


def test_a_command_that_cannot_be_run_is_a_failed_check(netlab: Netlab) -> None:
    needs_networks()
    done = netlab("capture", "--during", "there-is-no-such-command")
    assert done.returncode == 1 and "there is none of this name" in done.stdout


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_what_was_captured_before_it_was_told_to_end_is_kept(how: signal.Signals) -> None:
    needs_networks()
    talk = TALK.replace("print('said', flush=True)", "print('said', flush=True); import time; time.sleep(1000)")
    words = [sys.executable, "-m", "netlab", "capture", "tcp and port 80", "--during", talk, "--json"]
    with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None and process.stderr.readline() == "said\n"
        process.send_signal(how)
        out, err = process.communicate(timeout=30)
    document = json.loads(out)
    facts = {fact["name"]: fact["value"] for fact in document["measurement"]["facts"]}
    assert process.returncode == 0 and document["interrupted"] and facts["frames kept"] >= 4, err


def test_the_network_of_the_command_is_not_ours(netlab: Netlab) -> None:
    needs_networks()
    done = netlab("capture", "--during", "cat /proc/net/dev")
    assert [line.split(":")[0].strip() for line in done.stderr.splitlines()[2:]] == ["lo"]


def test_an_ordinary_user_is_told_how(tmp_path: Path) -> None:
    line = command("capture", "--interface", "lo")
    if line[0] != "setpriv" and machine.may_capture():
        pytest.skip("this user may capture")
    done = subprocess.run(line, capture_output=True, text=True, timeout=60, cwd="/")
    assert done.returncode == 3 and "CAP_NET_RAW" in done.stderr and "--during" in done.stderr
    if line[0] == "setpriv":
        done = subprocess.run(
            command("capture", "--during", "true"), capture_output=True, text=True, timeout=60, cwd="/"
        )
        assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((), "say what to capture"),
        (("--during", "true", "--interface", "lo"), "say what to capture"),
        (("tpc", "--during", "true"), "'tpc' is not known"),
        (("--during", "true", "--pcap", "/nowhere/x"), "no file can be made there"),
    ],
)
def test_bad_input(netlab: Netlab, arguments: tuple[str, ...], said: str) -> None:
    done = netlab("capture", *arguments)
    assert done.returncode == 2 and said in done.stderr and done.stdout == ""
