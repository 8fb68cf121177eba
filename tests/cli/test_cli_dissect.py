"""`netlab dissect` as its user types it."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import jsonschema
import pytest
from ordinary import ROOT
from rich.cells import cell_len

from netlab.packets import icmp, pcap
from netlab.packets.build import build
from netlab.packets.capture_file import CapturedFrame
from netlab.packets.ethernet import Ethernet
from netlab.packets.gre import Gre
from netlab.packets.ipv4 import Ipv4
from netlab.packets.ipv6 import Ipv6
from netlab.packets.tcp import Tcp, mss, timestamps, window_scale
from netlab.packets.udp import Udp

Netlab = Callable[..., "subprocess.CompletedProcess[str]"]
LINK = Ethernet("02:00:00:00:00:02", "02:00:00:00:00:01")
IP4 = Ipv4("10.0.0.1", "10.0.0.2")
QUERY = bytes.fromhex("123401000001000000000000066e65746c616204746573740000010001")
FRAMES = [
    build([LINK, IP4, Tcp(40000, 80, syn=1, options=(mss(1460), timestamps(1, 0), window_scale(7)))]),
    build([LINK, IP4, Tcp(40000, 80, ack=1, psh=1)], b"GET /index HTTP/1.1\r\nHost: \x1b[31mshop\r\n\r\n"),
    build([LINK, IP4, Udp(40000, 53)], QUERY),
    build([LINK, Ipv6("fd00::1", "fd00::2"), Udp(40000, 9)], b"data"),
    build([LINK, IP4, icmp.IcmpUnreachable(3, 3)], build([IP4, Udp(40000, 9)])),
]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "some.pcap"
    path.write_bytes(pcap.write(CapturedFrame(10**18 + n * 1000, frame, len(frame)) for n, frame in enumerate(FRAMES)))
    return path


@pytest.mark.parametrize("columns", [40, 60, 80, 120])
@pytest.mark.parametrize("options", [("--packet", "all"), ("--packet", "1,2", "--fields"), ()])
def test_it_fits_the_terminal(netlab: Netlab, file: Path, columns: int, options: tuple[str, ...]) -> None:
    done = netlab("dissect", str(file), *options, COLUMNS=str(columns))
    assert done.returncode == 0, done.stderr
    assert "\x1b" not in done.stdout
    for line in done.stdout.splitlines():
        assert cell_len(line) <= columns, line


def test_many_packets_are_a_list_and_one_is_shown_in_full(netlab: Netlab, file: Path) -> None:
    listed = netlab("dissect", str(file)).stdout
    assert "GET /index HTTP/1.1" in listed and "DNS query 4660" in listed and "┌" not in listed
    one = netlab("dissect", str(file), "--packet", "1").stdout
    assert "Sequence Number: 0" in one and "Maximum Segment Size: 1460 bytes" in one and "Window Scale: 7 (×128)" in one
    error = netlab("dissect", str(file), "--packet", "5").stdout
    assert "(quoted)" in error and "port unreachable" in error


def test_a_tunnel_is_drawn_with_the_words_that_it_has(netlab: Netlab) -> None:
    inner = [Ipv4("192.168.0.1", "192.168.0.2"), Udp(1, 2)]
    keyed = netlab("dissect", build([LINK, IP4, Gre(key=305419896), *inner]).hex()).stdout
    assert "[GRE 8] [IPv4 20] [UDP 8]" in keyed and "Key: 305419896" in keyed and "Sequence Number" not in keyed
    plain = netlab("dissect", build([LINK, IP4, Gre(), *inner]).hex()).stdout
    assert "[GRE 4] [IPv4 20] [UDP 8]" in plain and "Key" not in plain


def test_json_has_every_field_with_its_bits(netlab: Netlab, file: Path) -> None:
    document = json.loads(netlab("dissect", str(file), "--packet", "1", "--json").stdout)
    jsonschema.validate(document, json.loads((ROOT / "docs" / "report.schema.json").read_text()))
    tables = {table["name"]: table for table in document["measurement"]["tables"]}
    assert len(tables["packets"]["rows"]) == 5 and {row[0] for row in tables["fields"]["rows"]} == {1}
    names = [column["name"] for column in tables["fields"]["columns"]]
    rows = [dict(zip(names, row, strict=True)) for row in tables["fields"]["rows"]]
    syn = next(row for row in rows if row["field"] == "SYN")
    assert (syn["first bit"], syn["last bit"], syn["value"]) == (110, 110, 1) and syn["meaning"]


def test_hex_and_stdin(netlab: Netlab) -> None:
    digits = FRAMES[0].hex(" ")
    assert "SYN seq 0" in netlab("dissect", digits).stdout
    for data in (digits.encode(), pcap.write([CapturedFrame(0, FRAMES[0], len(FRAMES[0]))])):
        done = subprocess.run(
            [sys.executable, "-m", "netlab", "dissect", "-"], input=data, capture_output=True, timeout=60
        )
        assert done.returncode == 0 and b"SYN seq 0" in done.stdout, done.stderr


def test_a_cut_packet_says_where_it_stops(netlab: Netlab) -> None:
    done = netlab("dissect", FRAMES[0][:40].hex())
    assert done.returncode == 0
    assert "stopped at byte 40: the TCP header takes 20 bytes, and only 6 are here" in done.stdout
    assert "Source Port: 40000" in done.stdout and "Sequence" not in done.stdout


def test_a_cut_file_says_where_it_stops(netlab: Netlab, tmp_path: Path, file: Path) -> None:
    cut = tmp_path / "cut.pcap"
    cut.write_bytes(file.read_bytes()[:-3])
    done = netlab("dissect", str(cut))
    assert done.returncode == 0 and "ends or lies at byte" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("nosuchfile.pcap",), "is no file, and no hex"),
        (("",), "no bytes to dissect"),
        (("450",), "half a byte"),
        (("/",), "directory"),
        ((sys.executable,), "neither pcap nor pcapng nor hex"),
        (("4500", "--link", "atm"), "one of auto, ethernet, ip"),
        (("4500", "--packet", "2"), "there are 1 packets"),
        (("4500", "--packet", "x"), "is no packet number"),
    ],
)
def test_bad_input_is_said_in_a_line_or_two(netlab: Netlab, arguments: tuple[str, ...], said: str) -> None:
    done = netlab("dissect", *arguments)
    assert done.returncode == 2 and said in done.stderr and done.stdout == "", done.stdout + done.stderr
    assert len(done.stderr.splitlines()) <= 2
