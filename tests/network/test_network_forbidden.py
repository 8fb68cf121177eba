"""Where nobody may build networks: the error says how to allow it, and what needs no privilege is shown."""

from __future__ import annotations

import json
import shlex
import socket
import subprocess
import sys

import jsonschema
import pytest
from network_run import SCHEMA, report
from ordinary import ROOT, needs_networks

UP = "import fcntl, socket; fcntl.ioctl(socket.socket(), 0x8914, b'lo'.ljust(16, b'\\0') + b'\\1'.ljust(24, b'\\0'))"


def forbidding(*arguments: str, shared: bool = False) -> subprocess.CompletedProcess[str]:
    """netlab where nobody may build networks: the limit of a user namespace holds for those within it.

    Its loopback is its own (SIOCSIFFLAGS turns it up), unless it is to be the one that is `shared` with all.
    """
    needs_networks()
    inner = shlex.join([sys.executable, "-m", "netlab", *arguments, "--no-save"])
    up = "" if shared else shlex.join([sys.executable, "-c", UP]) + " && "
    script = f"{up}echo 0 > /proc/sys/user/max_user_namespaces && exec {inner}"
    outer = ["unshare", "-Ur" if shared else "-Urn", "sh", "-c", script]
    done = subprocess.run(outer, capture_output=True, text=True, timeout=60, cwd=ROOT, check=False)
    if "max_user_namespaces" not in done.stderr and "Permission denied" in done.stderr:
        pytest.skip("this sysctl cannot be set in a namespace here")
    return done


@pytest.mark.parametrize(
    "line", ["journey", "tcp-retransmit", "tcp-handshake --loss 0.2", "tcp-teardown --variant simultaneous"]
)
def test_where_it_is_forbidden_the_error_says_how_to_allow_it(line: str) -> None:
    done = forbidding(*line.split())
    assert (done.returncode, done.stdout) == (3, ""), done.stdout + done.stderr
    assert "user.max_user_namespaces = 0" in done.stderr and "sysctl -w" in done.stderr


@pytest.mark.parametrize(
    ("line", "seen"),
    [
        ("tcp-handshake", ("SYN-SENT", "accept() returns", "connect() returns 0")),
        ("tcp-teardown", ("FIN-WAIT-2", "CLOSE-WAIT", "recv() returns 0: end of stream")),
        ("tcp-teardown --variant reset-linger", ("Connection reset by",)),
        ("tcp-states", ("TIME-WAIT", "every state that lasts was reached")),
        ("tcp-backlog", ("turned away", "ListenOverflows")),
        ("tcp-flow", ("held by the sender's kernel", "send() blocks")),
        ("tcp-nagle", ("write, write, read", "each remedy is quicker")),
        ("udp-behaviour", ("SO_RXQ_OVFL", "ECONNREFUSED")),
        ("tcp-limits --hold 500", ("EMFILE", "as many are held as were to be", "ephemeral ports")),
    ],
)
def test_what_needs_no_privilege_is_shown_all_the_same(line: str, seen: tuple[str, ...]) -> None:
    done = forbidding(*line.split())
    assert done.returncode == 3, done.stdout + done.stderr
    assert "sysctl -w" in done.stderr and "Not all of it could run" in done.stdout
    assert all(words in done.stdout for words in seen), done.stdout
    assert "✗" not in done.stdout and " ──▶" not in done.stdout  # no check failed, and no segment is made up


def test_the_sockets_of_others_on_loopback_are_not_taken_for_ours() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        for _ in range(5):  # five of them are in TIME-WAIT meanwhile
            with socket.create_connection(listener.getsockname()):
                listener.accept()[0].close()
        done = forbidding("tcp-handshake", shared=True)
    assert "LISTEN" in done.stdout and done.stdout.count("LISTEN") == 1 and "TIME-WAIT" not in done.stdout
    assert "✗" not in done.stdout


def test_a_report_for_machines_says_what_is_lacking() -> None:
    document = json.loads(forbidding("tcp-handshake", "--json").stdout)
    jsonschema.validate(document, SCHEMA)
    assert "max_user_namespaces" in document["lacking"]["what"] and "sysctl" in document["lacking"]["how"]
    assert document["passed"] and report("tcp-handshake", "--delay", "0")["lacking"] is None
