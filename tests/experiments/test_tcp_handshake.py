"""`netlab tcp-handshake`: what RFC 9293 says is what was seen, with loss too; and its capture is clean to Wireshark."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from xml.etree import ElementTree

import pytest
from network_run import Run, expert_warnings, facts, netlab, recorded, report, rows
from rich.cells import cell_len

from netlab.packets import pcap
from netlab.packets.dissect import dissect
from netlab.packets.tcp import Tcp


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    return recorded(tmp_path_factory, "tcp-handshake")


def test_four_views_on_one_timeline(run: Run) -> None:
    timeline = rows(run.document, "timeline")
    assert {row["view"] for row in timeline} == {"system call", "kernel", "wire", "course"}
    assert [row["time"] for row in timeline] == sorted(row["time"] for row in timeline)
    wire = [(row["host"], row["what"]) for row in timeline if row["view"] == "wire"]
    assert wire == [("client", "SYN seq 0"), ("server", "SYN+ACK seq 0 ack 1"), ("client", "ACK seq 1 ack 1")]
    assert all(row["arrived"] - row["time"] >= 0.05 for row in timeline if row["view"] == "wire")
    syn, syn_ack, ack = rows(run.document, "segments")
    assert int(syn_ack["acknowledges"]) == (int(syn["sequence"]) + 1) % 2**32 == int(ack["sequence"])
    assert all("Maximum Segment Size 1460" in row["options"] for row in (syn, syn_ack)) and syn["acknowledges"] is None
    kept = pcap.read(run.pcap.read_bytes()).records
    assert [str(dissect(record.frame).find(Tcp).sequence) for record in kept] == [
        row["sequence"] for row in (syn, syn_ack, ack)
    ]
    assert [dissect(record.frame).find(Tcp).flags() for record in kept] == ["SYN", "SYN+ACK", "ACK"]
    assert not any(layer.notes for record in kept for layer in dissect(record.frame).layers)


@pytest.mark.peers
def test_wireshark_has_nothing_to_warn_of(run: Run) -> None:
    assert expert_warnings(run.pcap) == []


def test_the_timeline_says_which_call_socket_and_look_it_was() -> None:
    document = report("tcp-handshake", "--delay", "0.02")
    timeline = rows(document, "timeline")
    calls = [row for row in timeline if row["view"] == "system call"]
    for number in {row["call"] for row in calls}:
        begun, ended = (row for row in calls if row["call"] == number)
        assert ended["what"] == f"{begun['what']} returns" and ended["time"] >= begun["time"]
    accepting, accepted = (row["socket"] for row in calls if row["what"].startswith("accept"))
    listening = next(row["socket"] for row in calls if row["what"].startswith("listen"))
    assert accepting == listening != accepted
    states = [row for row in timeline if row["view"] == "kernel" and row["detail"] != "as TCP_INFO says"]
    assert {row["socket"] for row in states if row["host"] == "server" and row["what"] == "ESTABLISHED"} == {accepted}
    assert all(row["not before"] is None or row["not before"] <= row["time"] for row in states)
    wire = [row for row in timeline if row["view"] == "wire"]
    assert all({row["host"], row["to"]} == {"client", "server"} and row["lost"] == "" for row in wire)
    recording = document["recording"]
    assert [frame["number"] for frame in recording["frames"]] == [row["packet"] for row in wire] == [1, 2, 3]
    assert [frame["sent"] for frame in recording["frames"]] == [row["time"] for row in wire]
    assert [host["addresses"][0] for host in recording["hosts"]] == ["10.0.0.1", "10.0.0.2"]
    assert recording["end"] >= max(row["time"] for row in timeline)
    assert document["argv"][0] == "tcp-handshake"
    asked = [row for row in timeline if row["view"] == "course"]
    assert [row["packet"] for row in asked] == [1, 2, 3]


@pytest.mark.parametrize("seed", [23, 26, 15], ids=["SYN", "SYN+ACK", "ACK"])
def test_a_lost_segment_is_sent_again_and_the_claims_hold(seed: int) -> None:
    document = report("tcp-handshake", "--loss", "0.3", "--seed", str(seed), "--delay", "0.01")
    told = facts(document)
    assert told["lost on the wire"] >= 1 and told["segments on the wire"] > 3
    wire = [row for row in rows(document, "timeline") if row["view"] == "wire"]
    assert {row["lost"] for row in wire if row["arrived"] is None} == {"dropped"}
    assert sum(row["again"] for row in wire) == told["sent again"]


@pytest.mark.parametrize("columns", [40, 80])
def test_it_fits_the_terminal(columns: int) -> None:
    done = netlab("tcp-handshake", "--delay", "0.02", columns=columns)
    assert done.returncode == 0, done.stdout + done.stderr
    for line in done.stdout.splitlines():
        assert cell_len(line) <= columns, line
    assert "SYN-SENT" in done.stdout and "9 of 9 hold" in done.stdout


def test_a_place_for_the_capture_is_looked_for_before_the_run(tmp_path: Path) -> None:
    done = netlab("tcp-handshake", "--pcap", str(tmp_path / "nowhere" / "x.pcap"))
    assert done.returncode == 2 and "no file can be made there" in done.stderr and done.stdout == ""


def test_it_is_drawn_as_a_ladder(tmp_path: Path) -> None:
    done = netlab(
        "tcp-handshake", "--loss", "0.3", "--seed", "23", "--delay", "0.02", "--plot", str(tmp_path / "a.svg")
    )
    assert done.returncode == 0, done.stderr
    drawn = ElementTree.parse(tmp_path / "a.svg")
    kinds = Counter(element.get("class") for element in drawn.iter())
    assert (kinds["arrow"], kinds["lost"], kinds["life"]) == (3, 1, 2)
    words = [element.text for element in drawn.iter() if element.text]
    assert {"SYN seq 0", "SYN seq 0, again", "✗ dropped", "SYN-RECEIVED", "accept()", "client"} <= set(words)
    heads = [element.get("d", "") for element in drawn.iter() if element.get("class") == "head"]
    assert [head.split()[0] for head in heads] == ["M540", "M300", "M540"]  # server, client, server
