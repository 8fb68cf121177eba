"""Every command that the README and the other pages show is run as it stands there, but on a port that is free."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import forked
import pytest
from ordinary import needs_networks

from netlab.cli.commands import COMMANDS
from netlab.packets import pcap
from netlab.packets.build import build
from netlab.packets.capture_file import CapturedFrame
from netlab.packets.ethernet import Ethernet
from netlab.packets.ipv4 import Ipv4
from netlab.packets.tcp import Tcp

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
NEVER_RUN_HERE = {"netlab --install-completion"}  # it would write into the user's shell start-up file


def commands(page: Path) -> list[str]:
    """The netlab commands in the page's shell blocks."""
    blocks = re.findall(r"^```sh\n(.*?)^```", page.read_text(), re.MULTILINE | re.DOTALL)
    lines = [line.split("  #")[0].strip() for block in blocks for line in block.splitlines()]
    return [line for line in lines if line.startswith("netlab ") and line not in NEVER_RUN_HERE]


ON_A_PRIVATE_NETWORK = tuple(
    f"netlab {line.name}" for line in COMMANDS if line.section == "On the wire" and line.name != "dissect"
)
_SYN = build([Ethernet("02:00:00:00:00:02", "02:00:00:00:00:01"), Ipv4("10.0.0.1", "10.0.0.2"), Tcp(40000, 80, syn=1)])
HANDSHAKE = pcap.write(CapturedFrame(10**18 + number, _SYN, len(_SYN)) for number in range(5))
SHOWN = sorted({line for page in PAGES for line in commands(page)})
# What a comparison takes long for is its precision. Here it is to work; in a soak it is run as it is shown.
SHORTER = {"tcp-compare": "--rounds 1 --duration 0.1", "udp-compare": "--rounds 1 --duration 0.1"}


def shorter(line: str) -> str:
    """The line with less to measure, or as it is."""
    less = SHORTER.get(line.split()[1], "")
    return f"{line} {less}".strip()


@pytest.fixture(scope="session")
def saved_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A state folder with one run in it, for the commands that show the last one."""
    folder = tmp_path_factory.mktemp("state")
    command = [sys.executable, "-m", "netlab", "doctor", "--save"]
    environment = {**os.environ, "XDG_STATE_HOME": str(folder)}
    subprocess.run(command, capture_output=True, timeout=60, check=True, env=environment)
    return folder


@pytest.fixture(scope="session")
def port() -> Iterator[int]:
    """Where the commands that need a server find one, in place of 7007."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        free = int(probe.getsockname()[1])
    server = subprocess.Popen(
        [sys.executable, "-m", "netlab", "tcp-server", "--serve", "--port", str(free), "--no-save"],
        stderr=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        text=True,
    )
    assert server.stderr is not None
    assert "echo server on" in server.stderr.readline()
    yield free
    server.send_signal(signal.SIGINT)
    server.communicate(timeout=20)
    assert server.returncode == 0


def test_the_readme_shows_commands() -> None:
    assert len(commands(ROOT / "README.md")) > 15


@pytest.mark.parametrize("line", SHOWN)
def test_a_command_that_is_shown_works(line: str, port: int, saved_run: Path, own_state_folder: Path) -> None:
    run_as_shown(shorter(line), port, saved_run, own_state_folder)


@pytest.mark.soak
@pytest.mark.serial
@pytest.mark.parametrize("line", [line for line in SHOWN if shorter(line) != line])
def test_a_comparison_that_is_shown_works_as_it_stands(
    line: str, port: int, saved_run: Path, own_state_folder: Path
) -> None:
    run_as_shown(line, port, saved_run, own_state_folder)


def run_as_shown(line: str, port: int, saved_run: Path, state: Path) -> None:
    if re.search(r"\bserve\b", line.split("#")[0]):  # it stays up: a shorter --duration, another port
        line = re.sub(r"--duration \d+", "--duration 0.3", line).replace("7007", "0")
        assert "--duration" in line, "a test cannot wait for a server that never ends"
    place = state.parent
    shutil.copytree(saved_run, state)
    (place / "names.txt").write_text("my.xxsilence.net A\nwww.kaola.com A\n")  # for --batch
    (place / "handshake.pcap").write_bytes(HANDSHAKE)
    if line.startswith(ON_A_PRIVATE_NETWORK):
        needs_networks()
    _, *words = shlex.split(line.replace("7007", str(port)))
    done = forked.run(*words, folder=place, timeout_s=180)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr
    assert done.stdout.strip()


def test_the_exit_codes_in_the_readme_are_those_of_the_error_tree() -> None:
    from netlab import errors

    table = (ROOT / "README.md").read_text()
    for error in (errors.CheckFailed, errors.UsageError, errors.MachineLacks, errors.PeerError):
        assert re.search(rf"^\| {error.exit_code} \|", table, re.MULTILINE)


def test_the_modes_in_the_readme_are_those_of_the_registry() -> None:
    from netlab.servers.modes import TCP_MODES, UDP_MODES

    rows = re.findall(r"^\| (`[^|]*`|) *\| (`[^|]*`|) *\|", (ROOT / "README.md").read_text(), re.MULTILINE)
    assert {tcp.strip("`") for tcp, _ in rows if tcp} == {mode.name for mode in TCP_MODES}
    assert {udp.strip("`") for _, udp in rows if udp} == {mode.name for mode in UDP_MODES}
