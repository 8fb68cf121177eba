"""`netlab journey`: what lecture 1 says of a packet's way is on the wires; and where it ends early, it says so."""

from __future__ import annotations

import json
import signal
import subprocess
import time
import xml.etree.ElementTree as ElementTree
from collections import defaultdict
from pathlib import Path
from typing import Any

import psutil
import pytest
from network_run import Run, expert_warnings, facts, netlab, recorded, report, rows
from ordinary import command, needs_networks
from rich.cells import cell_len

from netlab.experiments.journey import world

_TO_SHOP = ["client", "switch", "gateway", "router", "shop"]


def stretches(document: dict[str, Any]) -> dict[int, list[dict[str, Any]]]:
    """Of each packet, in order."""
    found: dict[int, list[dict[str, Any]]] = defaultdict(list)
    for row in rows(document, "stretches"):
        found[row["packet"]].append(row)
    return found


def words(document: dict[str, Any]) -> list[str]:
    """Each packet in a line, without numbers that differ from run to run."""
    return [f"{row['from']} → {row['to']} {row['protocol']}" for row in rows(document, "ways")]


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    return recorded(tmp_path_factory, "journey", plot=True)


def test_name_arp_dns_arp_tcp_http_close(run: Run) -> None:
    document, picture = run.document, run.plot
    told, ways = facts(document), rows(document, "ways")
    assert told["HTTP status"] == 200 and told["answer"] == '{"order": 1, "bought": "tea", "count": 2}'
    assert [row["title"][:4] for row in rows(document, "steps")] == [
        "The ",
        "Is t",
        "The ",
        "Is t",
        "From",
        "The ",
        "The ",
    ]
    assert words(document)[:8] == [
        "client → all ARP",
        "dns → client ARP",
        "client → dns DNS",
        "dns → client DNS",
        "client → all ARP",
        "gateway → client ARP",
        "client → shop TCP",
        "gateway → all ARP",
    ]
    assert ways[0]["says"] == "who has 192.168.1.53?" and ways[4]["says"] == "who has 192.168.1.1?"
    shouted = {row["says"] for row in ways if row["from"] == "client" and row["protocol"] == "ARP"}
    assert shouted == {"who has 192.168.1.53?", "who has 192.168.1.1?"}, "the shop's MAC address is nobody's business"
    (syn,) = [row for row in ways if row["says"].endswith("SYN seq 0")]
    way = stretches(document)[syn["packet"]]
    assert [way[0]["sender"], *(row["receiver"] for row in way)] == _TO_SHOP
    assert [row["TTL"] for row in way] == [64, 64, 63, 62]
    assert {(row["source IP"], row["destination IP"]) for row in way} == {("192.168.1.101", "106.114.138.24")}
    assert len({(row["source MAC"], row["destination MAC"]) for row in way}) == 3
    assert len({row["checksum"] for row in way}) == 3
    assert [row["changed"] for row in way][1:] == ["nothing", *["source MAC, destination MAC, TTL, checksum"] * 2]
    assert ElementTree.fromstring(picture.read_text()).tag.endswith("svg") and "TTL 63" in picture.read_text()


def test_the_record_has_every_frame_on_every_link(run: Run) -> None:
    recording = run.document["recording"]
    frames = recording["frames"]
    assert recording["cut_frames"] == 0 and len(frames) == facts(run.document)["frames"]
    assert [host["name"] for host in recording["hosts"]] == [host.name for host in world.HOSTS]
    ends = {link["name"]: set(link["ends"]) for link in recording["links"]}
    assert all({frame["sender"], frame["receiver"]} == ends[frame["link"]] for frame in frames)
    crossed = [(row["packet"], row["link"], row["sent"], row["arrived"]) for row in rows(run.document, "stretches")]
    assert sorted((each["number"], each["link"], each["sent"], each["arrived"]) for each in frames) == sorted(crossed)
    assert {len(bytes.fromhex(each["data"])) - each["size"] for each in frames} == {0}
    began = [row["began"] for row in rows(run.document, "steps") if row["packets"]]
    assert began == sorted(began) and began[0] >= 0 and began[-1] < recording["end"]


@pytest.mark.peers
def test_wireshark_sees_the_same_and_nothing_to_warn_of(run: Run) -> None:
    assert expert_warnings(run.pcap) == []
    seen = _as_tshark_sees(run.pcap)
    assert seen[:6] == ["ARP", "ARP", "DNS", "DNS", "ARP", "ARP"]
    assert seen.count("HTTP") + seen.count("HTTP/JSON") == 2


def _as_tshark_sees(file: Path) -> list[str]:
    fields = ["-T", "fields", "-e", "_ws.col.Protocol"]
    done = subprocess.run(["tshark", "-n", "-r", str(file), *fields], capture_output=True, text=True, check=True)
    return done.stdout.split()


def test_the_kernels_know_what_was_found_out(run: Run) -> None:
    document = run.document
    known = {(row["host"], row["IP"]): row["is at"] for row in rows(document, "neighbours")}
    assert known["client", "192.168.1.1"] == "02:00:00:00:00:a1"
    assert known["router", "106.114.138.24"] == "02:00:00:00:00:51"
    assert ("client", "106.114.138.24") not in known
    routes = {(row["host"], row["destination"]): row["by"] for row in rows(document, "routes")}
    assert routes["client", "192.168.1.53"] == "itself: local"
    assert routes["client", "106.114.138.24"] == "192.168.1.1"
    assert routes["gateway", "106.114.138.24"] == "10.0.0.2"
    assert routes["shop", "192.168.1.101"] == "106.114.138.1"


def test_the_second_time_nobody_shouts_and_nothing_is_asked() -> None:
    document = report("journey", "--again")
    visit = {row["step"]: row["visit"] for row in rows(document, "steps")}
    first = {row["protocol"] for row in rows(document, "ways") if visit[row["step"]] == 1}
    second = {row["protocol"] for row in rows(document, "ways") if visit[row["step"]] == 2}
    assert first == {"ARP", "DNS", "TCP", "HTTP"} and second == {"TCP", "HTTP"}


@pytest.mark.parametrize("seed", [1, 5])
def test_what_is_lost_between_the_gates_is_sent_again_and_the_claims_hold(seed: int) -> None:
    document = report("journey", "--loss", "0.2", "--seed", str(seed), "--delay", "0.005")
    assert facts(document)["lost on the wire"] >= 1 and facts(document)["HTTP status"] == 200
    lost = {row["link"] for row in rows(document, "stretches") if row["arrived"] is None}
    assert lost == {world.FAR}


def test_a_large_page_comes_intact_and_an_alias_leads_there() -> None:
    document = report("journey", "http://m.kaola.com:8080/big/50000")
    assert sum(row["layers"].startswith("Ethernet") for row in rows(document, "ways")) > 30
    assert "another name of www.kaola.com" in " ".join(row["words"] for row in rows(document, "steps"))


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("http://nosuch.kaola.com/", "NXDOMAIN"),
        ("http://www.example.com/", "NXDOMAIN"),
        ("http://www.kaola.com:81/", "connection refused"),
        ("http://10.9.9.9/", "unreachable"),
    ],
)
def test_a_journey_that_ends_early_says_where_and_why(url: str, said: str) -> None:
    done = netlab("journey", url)
    assert done.returncode == 4 and said in " ".join(done.stdout.split()), done.stdout + done.stderr
    assert "✗" not in done.stdout, "what lecture 1 says holds as far as it went"
    assert done.stderr == ""


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("https://www.kaola.com/",), "https hides"),
        (("ftp://www.kaola.com/",), "not spoken"),
        (("http://a..b/",), "no domain name"),
        (("--packet", "99"), "there are"),
        (("--loss", "0.9"), "--loss"),
        (("--plot", "a.png"), ".svg"),
    ],
)
def test_what_cannot_be_is_an_error_in_two_lines(arguments: tuple[str, ...], said: str) -> None:
    done = netlab("journey", *arguments)
    assert done.returncode in (2, 3) and said in done.stderr and "Traceback" not in done.stderr, done.stderr
    assert len(done.stderr.splitlines()) <= 2


@pytest.mark.parametrize("columns", [40, 60, 80])
def test_it_fits_the_terminal(columns: int) -> None:
    done = netlab("journey", "--packet", "7", columns=columns)
    assert done.returncode == 0, done.stdout + done.stderr
    for line in done.stdout.splitlines():
        assert cell_len(line) <= columns, line
    assert "TTL 62" in done.stdout and "Time" not in done.stderr


def test_an_ordinary_user_may_and_kill_9_leaves_nothing() -> None:
    needs_networks()
    process = subprocess.Popen(
        command("journey", "--delay", "0.5", "--no-save"), stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd="/"
    )
    deadline = time.monotonic() + 30
    family: list[psutil.Process] = []
    while len(family) < 1 + len(world.HOSTS) - 1:  # the process that holds the network, and a wire for each link
        assert time.monotonic() < deadline and process.poll() is None, process.communicate()
        family = psutil.Process(process.pid).children(recursive=True)
        time.sleep(0.02)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    while any(
        one.is_running() and one.status() != psutil.STATUS_ZOMBIE for one in family if psutil.pid_exists(one.pid)
    ):
        assert time.monotonic() < deadline, family
        time.sleep(0.02)


def test_an_ordinary_user_gets_to_the_shop() -> None:
    needs_networks()
    done = subprocess.run(
        command("journey", "--no-save", "--json"), capture_output=True, timeout=90, cwd="/", check=False
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["passed"] is True
