"""`netlab udp-behaviour`: what the wire did is what the receiver got, and what was dropped is counted."""

from __future__ import annotations

import pytest
from network_run import Run, expert_warnings, facts, netlab, recorded, report, rows
from rich.cells import cell_len

from netlab.packets import pcap
from netlab.packets.dissect import dissect
from netlab.packets.ethernet import Ethernet
from netlab.packets.igmp import Igmp
from netlab.packets.ipv4 import Ipv4


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    return recorded(tmp_path_factory, "udp-behaviour")


def test_what_is_kept_and_what_is_not(run: Run) -> None:
    document = run.document
    assert [row["received"] for row in rows(document, "boundaries")] == [1, 1000, 0, 3000, 10]
    told = facts(document)
    assert 0 < told["flood: kept"] < 60 and told["flood: kept"] + told["flood: dropped"] == 60
    assert told["wire: missing"] > 0 and told["wire: doubled"] > 0 and told["wire: overtaken"] > 0
    assert len(rows(document, "arrivals")) == 100 - told["wire: missing"] + told["wire: doubled"]
    headers = [dissect(record.frame).find(Ipv4) for record in pcap.read(run.pcap.read_bytes()).records]
    assert [header.fragment_offset * 8 for header in headers if header.more_fragments or header.fragment_offset] == [
        0,
        1480,
        2960,
    ]


@pytest.mark.peers
def test_wireshark_has_nothing_to_warn_of(run: Run) -> None:
    assert expert_warnings(run.pcap) == []


def test_one_datagram_for_many(run: Run) -> None:
    copies = {(row["sent to"], row["socket"]): row["copies"] for row in rows(run.document, "copies")}
    assert list(copies.values()) == [1, 1, 0, 1, 1, copies["239.1.2.3", "no member"], 0]
    frames = [dissect(record.frame) for record in pcap.read(run.pcap.read_bytes()).records]
    sent = [(frame.find(Ethernet), frame.find(Ipv4), frame.find(Igmp)) for frame in frames]
    assert [link.destination for link, ip, _ in sent if ip.destination == "10.0.0.255"] == ["ff:ff:ff:ff:ff:ff"]
    group = [(link.destination, ip.ttl) for link, ip, _ in sent if ip.destination == "239.1.2.3"]
    assert group == [("01:00:5e:01:02:03", 1)] * 3
    reports = [(link.destination, ip.ttl, igmp.groups()[0]) for link, ip, igmp in sent if igmp is not None]
    assert {each[:2] for each in reports} == {("01:00:5e:00:00:16", 1)}
    assert [record.type for *_, record in (reports[0], reports[-1])] == [4, 3]  # to exclude nothing, to include nothing
    assert all(record.group == "239.1.2.3" and not record.sources for *_, record in reports)


def test_the_same_seed_loses_the_same() -> None:
    one, other = (report("udp-behaviour", "--loss", "0.4", "--reorder", "0", "--numbered", "50") for _ in range(2))
    assert rows(one, "arrivals") == rows(other, "arrivals") and facts(one)["wire: overtaken"] == 0


def test_it_fits_the_terminal() -> None:
    done = netlab("udp-behaviour", "--numbered", "20", columns=40)
    assert done.returncode == 0, done.stdout + done.stderr
    assert all(cell_len(line) <= 40 for line in done.stdout.splitlines())
