"""Independent dissectors on the same packets: scapy both ways, and tshark on files that netlab wrote."""

from __future__ import annotations

import importlib
import json
import random
import subprocess
from pathlib import Path
from typing import Any

import pytest
from examples import examples
from hypothesis import given
from hypothesis import strategies as st
from skips import needs_program

from netlab.packets import icmp, icmpv6, igmp, pcap, tcp
from netlab.packets.arp import Arp
from netlab.packets.build import build
from netlab.packets.capture_file import CapturedFrame
from netlab.packets.dissect import dissect
from netlab.packets.ethernet import Ethernet, Vlan
from netlab.packets.gre import Gre
from netlab.packets.header import Header
from netlab.packets.header_option import HeaderOption
from netlab.packets.ipv4 import Ipv4
from netlab.packets.ipv6 import Fragment, HopByHop, Ipv6
from netlab.packets.tcp import Tcp
from netlab.packets.udp import Udp

SOME = 120


def traffic(seed: int, count: int = SOME) -> list[bytes]:
    """Frames of every kind, valid, with random values."""
    rng = random.Random(seed)
    return [build(*one(rng)) for _ in range(count)]


def one(rng: random.Random) -> tuple[list[Header], bytes]:
    def mac() -> str:
        return ":".join(f"{octet:02x}" for octet in (2, *rng.randbytes(5)))

    four = Ipv4(
        f"10.{rng.randrange(256)}.0.1",
        f"10.1.2.{rng.randrange(1, 255)}",
        ttl=rng.randrange(6, 256),
        identification=rng.randrange(65536),
        dont_fragment=rng.randrange(2),
        dscp=rng.choice([0, 8, 46]),
        options=rng.choice([(), (), (HeaderOption(148, b"\0\0"),)]),
    )
    six = Ipv6(
        f"fd00::{rng.randrange(1, 9999):x}", f"fd00::{rng.randrange(1, 9999):x}", flow_label=rng.randrange(1 << 20)
    )
    front: list[Header] = [Ethernet(mac(), mac())]
    if rng.random() < 0.2:
        front.append(Vlan(rng.randrange(1, 4095), rng.randrange(8)))
    data = rng.randbytes(rng.randrange(30))
    ports = rng.sample(range(20000, 60000), 2)
    syn = rng.randrange(2)  # which most options belong to
    possible = [tcp.timestamps(rng.randrange(1, 2**32), 5)]
    possible += [tcp.mss(1460), tcp.window_scale(7), tcp.sack_permitted()] if syn else []
    options = rng.sample(possible, rng.randrange(len(possible) + 1))
    segment = Tcp(
        *ports,
        sequence=rng.randrange(2**32),
        acknowledgment=rng.randrange(1, 2**32),
        ack=1,
        syn=syn,
        psh=rng.randrange(2),
        window=rng.randrange(1, 65536),
        options=tuple(options),
    )
    number = rng.randrange(10)
    if number == 0:
        return [*front, Arp(rng.choice([1, 2]), mac(), four.source, mac(), four.destination)], b""
    if number <= 2:
        return [*front, four, segment], data
    if number == 3:
        return [*front, six, segment], data
    if number == 4:
        return [*front, four, Udp(*ports)], data
    if number == 5:
        return [*front, six, Udp(*ports)], data
    if number == 6:
        return [*front, four, icmp.IcmpEcho(rng.choice([0, 8]), identifier=rng.randrange(65536), sequence=3)], data
    if number == 7:
        return [*front, six, icmpv6.Icmpv6Echo(128, identifier=rng.randrange(65536))], data
    if number == 8:
        return [*front, six, HopByHop(b"\x05\x02\0\0\1\0"), Udp(*ports)], data
    lost = build([four, Udp(*ports)], b"lost")
    return [*front, four, icmp.IcmpUnreachable(3, 3)], lost[:28]


@pytest.fixture(scope="module")
def scapy() -> Any:
    pytest.importorskip("scapy", reason="scapy is not installed")
    import warnings

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        l2 = importlib.import_module("scapy.layers.l2")
        importlib.import_module("scapy.layers.inet6")
    return l2


def scapy_values(packet: Any) -> dict[str, Any]:
    """What scapy reads, in netlab's words."""
    from scapy.layers.inet import ICMP, IP, TCP, UDP
    from scapy.layers.inet6 import IPv6
    from scapy.layers.l2 import ARP, Dot1Q, Ether

    told: dict[str, Any] = {"Ethernet": (packet[Ether].dst, packet[Ether].src, packet[Ether].type)}
    for name, kind, attributes in (
        ("VLAN", Dot1Q, ("prio", "vlan", "type")),
        ("ARP", ARP, ("op", "hwsrc", "psrc", "hwdst", "pdst")),
        ("IPv4", IP, ("ihl", "tos", "len", "id", "frag", "ttl", "proto", "chksum", "src", "dst")),
        ("IPv6", IPv6, ("tc", "fl", "plen", "nh", "hlim", "src", "dst")),
        ("TCP", TCP, ("sport", "dport", "seq", "ack", "dataofs", "window", "chksum", "urgptr")),
        ("UDP", UDP, ("sport", "dport", "len", "chksum")),
        ("ICMP", ICMP, ("type", "code", "chksum")),
    ):
        if packet.haslayer(kind):
            told[name] = tuple(getattr(packet[kind], attribute) for attribute in attributes)
    if packet.haslayer(TCP):
        told["flags"] = {"FSRPAUEC"["FSRPAUEC".index(letter)] for letter in str(packet[TCP].flags)}
    return told


FLAGS = {"C": "cwr", "E": "ece", "U": "urg", "A": "ack", "P": "psh", "R": "rst", "S": "syn", "F": "fin"}


def values(header: Any, names: str) -> tuple[Any, ...]:
    return tuple(getattr(header, name) for name in names.split())


def our_values(frame: bytes) -> dict[str, Any]:
    told: dict[str, Any] = {}
    for layer in dissect(frame).layers:
        header: Any = layer.header
        if layer.quoted:
            continue  # scapy has classes of its own for what an error quotes
        match layer.name:
            case "Ethernet":
                told["Ethernet"] = (header.destination, header.source, header.type)
            case "VLAN":
                told["VLAN"] = values(header, "priority vlan type")
            case "ARP":
                told["ARP"] = values(header, "operation sender_mac sender_ip target_mac target_ip")
            case "IPv4":
                first = (header.ihl, header.dscp << 2 | header.ecn)
                rest = "total_length identification fragment_offset ttl protocol checksum source destination"
                told["IPv4"] = first + values(header, rest)
            case "IPv6":
                rest = "flow_label payload_length next_header hop_limit source destination"
                told["IPv6"] = (header.dscp << 2 | header.ecn, *values(header, rest))
            case "TCP":
                names = (
                    "source_port destination_port sequence acknowledgment data_offset window checksum urgent_pointer"
                )
                told["TCP"] = values(header, names)
                told["flags"] = {letter for letter, name in FLAGS.items() if getattr(header, name)}
            case "UDP":
                told["UDP"] = values(header, "source_port destination_port length checksum")
            case "ICMP":
                told["ICMP"] = values(header, "type code checksum")
    return told


def test_scapy_reads_what_netlab_builds_and_agrees(scapy: Any) -> None:
    for frame in traffic(1):
        theirs, ours = scapy_values(scapy.Ether(frame)), our_values(frame)
        assert ours == {name: theirs[name] for name in ours}


def test_scapy_would_compute_the_same_checksums_and_lengths(scapy: Any) -> None:
    from scapy.layers.inet import ICMP, IP, TCP, UDP
    from scapy.layers.inet6 import ICMPv6EchoRequest, IPv6

    for frame in traffic(2):
        packet = scapy.Ether(frame)
        computed = {IP: "chksum len ihl", TCP: "chksum dataofs", UDP: "chksum len", ICMP: "chksum", IPv6: "plen"}
        for kind, names in (*computed.items(), (ICMPv6EchoRequest, "cksum")):
            for name in names.split() if packet.haslayer(kind) else ():
                delattr(packet[kind], name)
        assert bytes(packet) == frame


@given(st.binary(min_size=14, max_size=120))
@examples(100)
def test_on_any_ipv4_bytes_scapy_sees_the_same_addresses(scapy: Any, data: bytes) -> None:
    frame = data[:12] + b"\x08\x00\x45" + data[14:]
    header = dissect(frame).find(Ipv4)
    if header is not None:
        theirs = scapy_values(scapy.Ether(frame)).get("IPv4")
        assert theirs is not None and theirs[8:] == (header.source, header.destination)


def test_netlab_reads_what_scapy_writes(scapy: Any, tmp_path: Path) -> None:
    from scapy.utils import PcapNgWriter, wrpcap

    packets = [scapy.Ether(frame) for frame in traffic(3, 20)]
    wrpcap(str(tmp_path / "a.pcap"), packets)
    writer = PcapNgWriter(str(tmp_path / "a.pcapng"))
    writer.write(packets)
    writer.close()
    for name in ("a.pcap", "a.pcapng"):
        found = pcap.read((tmp_path / name).read_bytes())
        assert [record.frame for record in found.records] == traffic(3, 20) and found.stopped is None


def tshark(file: Path, *options: str) -> str:
    needs_program("tshark")
    done = subprocess.run(
        ["tshark", "-n", "-r", str(file), *options], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def verifying(*protocols: str) -> list[str]:
    """Options of tshark: check the checksums of these, too."""
    return [word for name in protocols for word in ("-o", f"{name}.check_checksum:TRUE")]


def fields(names: str) -> list[str]:
    """Options of tshark: a line per packet with these fields."""
    return ["-T", "fields", *(word for name in names.split() for word in ("-e", name))]


def expert_warnings(file: Path) -> list[str]:
    """What Wireshark finds worth a warning or an error."""
    text = tshark(file, "-q", "-z", "expert,warn")
    return [line for line in text.splitlines() if line.strip() and not line.startswith("=")]


@pytest.mark.peers
def test_tshark_agrees_field_by_field_and_has_nothing_to_warn_of(tmp_path: Path) -> None:
    frames = traffic(4)
    file = tmp_path / "netlab.pcap"
    file.write_bytes(
        pcap.write(CapturedFrame(1_700_000_000_123_456_789 + n, frame, len(frame)) for n, frame in enumerate(frames))
    )
    relative = "-o tcp.analyze_sequence_numbers:FALSE -o tcp.relative_sequence_numbers:FALSE".split()
    packets = json.loads(tshark(file, *verifying("ip", "tcp", "udp"), *relative, "-T", "json"))
    assert len(packets) == len(frames)
    for frame, packet in zip(frames, packets, strict=True):
        layers = packet["_source"]["layers"]
        ours = our_values(frame)
        if "TCP" in ours:
            theirs = [layers["tcp"][f"tcp.{name}"] for name in ("srcport", "dstport", "seq", "ack")]
            assert [int(value) for value in theirs] == list(ours["TCP"][:4])
            assert layers["tcp"]["tcp.checksum.status"] == "1"
            assert int(layers["tcp"]["tcp.hdr_len"]) == ours["TCP"][4] * 4
        if "IPv4" in ours:
            assert (layers["ip"]["ip.src"], layers["ip"]["ip.dst"]) == ours["IPv4"][8:]
            assert layers["ip"]["ip.checksum.status"] == "1"
        if "UDP" in ours:
            assert layers["udp"]["udp.checksum.status"] == "1" and int(layers["udp"]["udp.length"]) == ours["UDP"][2]
        if "ARP" in ours:
            assert layers["arp"]["arp.src.proto_ipv4"] == ours["ARP"][2]
        if "ICMP" in ours:
            assert layers["icmp"]["icmp.checksum.status"] == "1"
    assert expert_warnings(file) == []


@pytest.mark.peers
def test_tshark_sees_the_damage_that_netlab_sees(tmp_path: Path) -> None:
    frames = [bytearray(frame) for frame in traffic(5, 60)]
    for number, frame in enumerate(frames):
        if number % 3 == 0:
            frame[-1] ^= 0x55
    file = tmp_path / "damaged.pcap"
    file.write_bytes(pcap.write(CapturedFrame(number, bytes(frame), len(frame)) for number, frame in enumerate(frames)))
    statuses = fields("tcp.checksum.status udp.checksum.status icmp.checksum.status")
    text = tshark(file, *verifying("tcp", "udp"), *statuses)
    for frame, line in zip(frames, text.split("\n"), strict=False):
        outer = [layer for layer in dissect(bytes(frame)).layers if not layer.quoted]
        if outer[-1].name in ("TCP", "UDP", "ICMP"):
            bad = any("checksum is 0x" in note for note in outer[-1].notes)
            assert ("0" in line.replace(",", "\t").split("\t")[:3]) == bad, line


@pytest.mark.peers
def test_the_fragments_of_one_datagram_are_put_together_by_tshark(tmp_path: Path) -> None:
    six = Ipv6("fd00::1", "fd00::2")
    link, data = Ethernet("02:00:00:00:00:01", "02:00:00:00:00:02"), bytes(range(256)) * 10
    whole = build([six, Udp(1, 2)], data)[40:]
    pieces = [(at, whole[at : at + 1024]) for at in range(0, len(whole), 1024)]
    frames = [
        build([link, six, Fragment(7, at // 8, int(at + 1024 < len(whole)), next_header=17)], piece)
        for at, piece in pieces
    ]
    file = tmp_path / "fragments.pcap"
    file.write_bytes(pcap.write(CapturedFrame(number, frame, len(frame)) for number, frame in enumerate(frames)))
    assert str(len(data) + 8) in tshark(file, "-T", "fields", "-e", "udp.length").split()
    assert expert_warnings(file) == []


def memberships(seed: int) -> list[bytes]:
    """Frames of IGMP, in all its forms."""
    rng = random.Random(seed)
    frames = []
    for _ in range(30):
        group = f"239.{rng.randrange(256)}.{rng.randrange(256)}.{rng.randrange(1, 255)}"
        sources = [f"10.0.0.{number}" for number in range(rng.randrange(3))]
        records = [igmp.record(rng.randrange(1, 7), group, *sources) for _ in range(rng.randrange(1, 4))]
        header: Header = rng.choice(
            [
                igmp.IgmpMessage(rng.choice([0x16, 0x17]), group=group),
                igmp.IgmpQuery(igmp.QUERY, 100, group=group),
                igmp.IgmpMessage(igmp.QUERY, 100),
                igmp.IgmpReport(records=b"".join(records)),
            ]
        )
        four = Ipv4("10.0.0.2", group, ttl=1, options=(HeaderOption(148, b"\0\0"),))
        frames.append(build([Ethernet("01:00:5e:00:00:16", "02:00:00:00:00:02"), four, header]))
    return frames


@pytest.mark.peers
def test_tshark_reads_the_same_groups(tmp_path: Path) -> None:
    frames = memberships(6)
    file = tmp_path / "igmp.pcap"
    file.write_bytes(pcap.write(CapturedFrame(number, frame, len(frame)) for number, frame in enumerate(frames)))
    told = tshark(file, *fields("igmp.type igmp.maddr igmp.saddr igmp.checksum.status igmp.record_type"))
    for frame, line in zip(frames, told.splitlines(), strict=True):
        found = dissect(frame)
        header = found.find(igmp.Igmp)
        assert found.stopped is None and not any(layer.notes for layer in found.layers)
        kind, groups, sources, status, kinds = line.split("\t")
        assert int(kind, 16) == header.type and status in ("1", "Good")
        if isinstance(header, igmp.IgmpReport):
            records = header.groups()
            assert groups.split(",") == [each.group for each in records]
            assert [int(each) for each in kinds.split(",")] == [each.type for each in records]
            assert [each for each in sources.split(",") if each] == [each for one in records for each in one.sources]
        else:
            assert groups == header.group
    assert expert_warnings(file) == []


def test_scapy_builds_the_same_reports(scapy: Any) -> None:
    layer = importlib.import_module("scapy.layers.igmp")
    records = [
        layer.IGMPv3_MR_Group(rtype=4, maddr="239.1.2.3"),
        layer.IGMPv3_MR_Group(rtype=1, maddr="239.0.0.1", srcaddrs=["10.0.0.9"]),
    ]
    ours = build([igmp.IgmpReport(records=igmp.record(4, "239.1.2.3") + igmp.record(1, "239.0.0.1", "10.0.0.9"))])
    assert bytes(layer.IGMPv3_MR(type=0x22, records=records)) == ours
    query = igmp.IgmpQuery(igmp.QUERY, 20, group="239.1.2.3", interval=7)
    assert bytes(layer.IGMPv3_MQ(type=0x11, gaddr="239.1.2.3", qrv=2, qqic=7)) == build([query])


def test_a_report_that_promises_more_records_is_stopped_at_its_end() -> None:
    whole = build([Ipv4("10.0.0.2", "224.0.0.22"), igmp.IgmpReport(count=2, records=igmp.record(4, "239.1.2.3"))])
    found = dissect(whole, link=101)
    assert found.stopped is not None and found.stopped.at == len(whole) and "records" in found.stopped.why


def tunnels(seed: int) -> list[tuple[Gre, bytes]]:
    """GRE over IPv4 and IPv6, with every choice of its optional words, carrying IPv4, IPv6 and whole frames."""
    rng = random.Random(seed)
    outer: tuple[Header, ...] = (Ipv4("10.0.0.1", "10.0.0.2", ttl=9), Ipv6("fd00::1", "fd00::2"))
    link, inner = Ethernet("02:00:00:00:00:01", "02:00:00:00:00:02"), Ethernet("02:00:00:00:00:03", "02:00:00:00:00:04")
    four, six = Ipv4("192.168.0.1", "192.168.0.2"), Ipv6("fd01::1", "fd01::2")
    some = []
    for choice in range(8):
        for carried in ([four], [six], [inner, four], [inner, Vlan(7), six]):
            tunnel = Gre(
                key=rng.randrange(2**32) if choice & 1 else None,
                sequence=rng.randrange(2**32) if choice & 2 else None,
                checksum_present=choice >> 2,
            )
            data = rng.randbytes(rng.randrange(20))
            headers = [link, outer[rng.randrange(2)], tunnel, *carried, Udp(*rng.sample(range(20000, 60000), 2))]
            some.append((tunnel, build(headers, data)))
    return some


def gre_words(frame: bytes) -> tuple[int | None, ...]:
    header = dissect(frame).find(Gre)
    return header.protocol, header.checksum, header.key, header.sequence


def test_scapy_reads_the_same_tunnels(scapy: Any) -> None:
    for asked, frame in tunnels(7):
        theirs, found = scapy.Ether(frame)[scapy.GRE], dissect(frame)
        assert gre_words(frame) == (theirs.proto, theirs.chksum, theirs.key, theirs.sequence_number)
        assert (asked.key, asked.sequence) == (theirs.key, theirs.sequence_number)
        assert found.stopped is None and not any(layer.notes for layer in found.layers)
        assert found.layers[-1].name == "UDP" and theirs.haslayer("UDP")


def test_scapy_would_compute_the_same_checksum_of_a_tunnel(scapy: Any) -> None:
    for _, frame in tunnels(8):
        packet = scapy.Ether(frame)
        if packet[scapy.GRE].chksum_present:
            packet[scapy.GRE].chksum = None
        assert bytes(packet) == frame


def test_netlab_reads_the_tunnels_that_scapy_writes(scapy: Any) -> None:
    from scapy.layers.inet import IP, UDP

    for words in ({}, {"key_present": 1, "key": 5}, {"seqnum_present": 1, "sequence_number": 6}, {"chksum_present": 1}):
        packet = scapy.Ether() / IP(src="10.0.0.1", dst="10.0.0.2") / scapy.GRE(**words) / IP() / UDP() / b"odd"
        found = dissect(bytes(packet))
        assert [layer.name for layer in found.layers] == ["Ethernet", "IPv4", "GRE", "IPv4", "UDP"]
        assert found.stopped is None and not any(layer.notes for layer in found.layers)
        assert gre_words(bytes(packet))[2:] == (words.get("key"), words.get("sequence_number"))


@pytest.mark.peers
def test_tshark_reads_the_same_tunnels_and_damage(tmp_path: Path) -> None:
    frames = [frame for _, frame in tunnels(9)]
    damaged = [frame[:-1] + bytes([frame[-1] ^ 0x55]) for frame in frames]
    file = tmp_path / "gre.pcap"
    file.write_bytes(pcap.write(CapturedFrame(n, frame, len(frame)) for n, frame in enumerate(frames + damaged)))
    gre = "gre.proto gre.checksum gre.key gre.sequence_number gre.checksum.status"
    told = tshark(file, *verifying("ip"), *fields(f"{gre} frame.protocols"))
    for frame, line in zip(frames + damaged, told.splitlines(), strict=True):
        *theirs, status, protocols = line.split("\t")
        words = tuple(int(each, 0) if each else None for each in theirs)
        assert words == gre_words(frame)
        found = dissect(frame)
        notes = next(layer.notes for layer in found.layers if layer.name == "GRE")
        assert {"": not notes, "1": not notes, "0": bool(notes)}[status.replace("Good", "1").replace("Bad", "0")], line
        names = {"Ethernet": "eth", "IPv4": "ip", "IPv6": "ipv6", "VLAN": "vlan", "GRE": "gre", "UDP": "udp"}
        ours = [names[layer.name] for layer in found.layers]
        assert [each for each in protocols.split(":") if each in names.values()] == ours
