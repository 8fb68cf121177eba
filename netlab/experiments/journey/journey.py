"""`netlab journey`: lecture 1 from end to end, on hosts of one's own: every packet on every link that it crossed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

from netlab.dns.mini_internet import SITE
from netlab.dns.names import from_text
from netlab.errors import PeerError, UsageError
from netlab.experiment import Experiment
from netlab.experiments.journey import journey_scene, world
from netlab.experiments.journey.checks import changed_on_the_way, changes, checks, passages
from netlab.experiments.journey.packets import Crossing, Packet, crossings, packets
from netlab.experiments.journey.story import BOOK, CALL, JourneyStep, Teller, steps
from netlab.experiments.wire import trace
from netlab.experiments.wire.options import WIRE, Pcap, Seed
from netlab.experiments.wire.packet_numbers import numbers
from netlab.experiments.wire.packet_story import PacketTables
from netlab.http.transport import literal
from netlab.http.url import Url, parse
from netlab.http_origin.process import site
from netlab.network.conditions import Conditions
from netlab.network.scene import run_scene
from netlab.option import Argument, Option
from netlab.packets import pcap
from netlab.packets.capture_file import CapturedFrame
from netlab.progress import Progress
from netlab.report.quantity import Column, Draft, Measurement, Table, Value

URL = "http://www.kaola.com/order"
_TIMEOUT_S = 150.0
_MOST_DISSECTED = 60  # packets field by field, for --json
STEPS = (Column("step", "1"), Column("visit", "1"), Column("title", ""), Column("words", ""), Column("packets", "1"))
WAYS = (
    Column("packet", "1"),
    Column("step", "1"),
    Column("from", ""),
    Column("to", ""),
    Column("protocol", ""),
    Column("says", ""),
    Column("layers", ""),
    Column("lost", ""),
    Column("in full", "1"),
    Column("changed", ""),
)
STRETCHES = (
    Column("packet", "1"),
    Column("link", ""),
    Column("sender", ""),
    Column("receiver", ""),
    Column("sent", "s"),
    Column("arrived", "s"),
    Column("source MAC", ""),
    Column("destination MAC", ""),
    Column("TTL", "1"),
    Column("checksum", ""),
    Column("source IP", ""),
    Column("destination IP", ""),
    Column("changed", ""),
    Column("fate", ""),
)
NEIGHBOURS = (Column("host", ""), Column("interface", ""), Column("IP", ""), Column("is at", ""), Column("state", ""))
ROUTES = (Column("host", ""), Column("destination", ""), Column("by", ""), Column("out of", ""))


@dataclass(frozen=True, slots=True)
class Parameters:
    """`again`: a second visit, with warm caches. Delay (one way) and loss are those of the link between the gates.

    `packets`: every packet on every stretch; `packet`: which in boxes, "9" or "1,3-5".
    """

    url: Annotated[str, Argument("http://NAME[:PORT]/PATH; /order is an order (POST), others a GET.", "[URL]")] = URL
    again: Annotated[bool, Option("A second time: what is remembered, and so skipped.")] = False
    delay_s: Annotated[float, Option("One way, between the gates: 0.05.", "S", 0.0, 0.5, panel=WIRE)] = 0.01
    loss: Annotated[float, Option("Of each frame, between the gates: 0.2.", "CHANCE", 0.0, 0.3, panel=WIRE)] = 0.0
    packets: Annotated[bool, Option("Every packet on every stretch; the kernels' tables.")] = False
    packet: Annotated[str | None, Option("Which as boxes, too: 9, or 1,5-7, or all.", "N")] = None
    pcap: Pcap = None
    seed: Seed = 1


def measure(parameters: Parameters, progress: Progress) -> Measurement:
    """Visit the shop. Raises UsageError, and MachineLacks where there can be no network of one's own."""
    trace.check_path(parameters.pcap)
    url = checked(parameters.url)
    far = Conditions(delay_s=parameters.delay_s, loss=parameters.loss)
    config = {
        "url": str(url),
        "times": 2 if parameters.again else 1,
        "far": far.plain(),
        "seed": parameters.seed,
        "site": [SITE, site()],
    }
    result = run_scene(journey_scene.play, config, progress, timeout_s=_TIMEOUT_S)
    everyone = packets(crossings(result["frames"]))
    chosen = numbers(parameters.packet, len(everyone)) if parameters.packet else frozenset()
    _save(result, everyone, parameters.pcap)
    draft = Draft()
    told = steps(everyone, url, result)
    start_ns = result["visits"][0]["began_ns"]
    _facts(draft, everyone, result, chosen)
    _tables(draft, told, everyone, parameters.packets, start_ns)
    _kernels(draft, result)
    _dissected(draft, everyone, chosen, result["epoch_ns"], start_ns)
    checks(draft, everyone, url, result)
    _findings(draft, everyone, result)
    return draft.finish()


def checked(text: str) -> Url:
    """The URL, if the journey can lead there. UsageError."""
    url = parse(text)
    if url.scheme != "http":
        raise UsageError(
            f"{url}: on this journey every packet is to be read, and https hides what is in them",
            f"http://{url.host}{url.target}",
        )
    if literal(url.host) is None:
        from_text(url.host)
    return url


def _save(result: Mapping[str, Any], everyone: Sequence[Packet], path: Path | None) -> None:
    """What a capture on the client's eth0 has: one place, as in life. UsageError."""
    if path is None:
        return
    times = [
        (each.sent_ns if each.sender == "client" else each.arrived_ns, each.found.frame)
        for packet in everyone
        for each in packet.crossings
        if "client" in (each.sender, each.receiver)
    ]
    records = [
        CapturedFrame(result["epoch_ns"] + at_ns, frame, len(frame), interface="eth0 of the client")
        for at_ns, frame in sorted((at_ns, frame) for at_ns, frame in times if at_ns is not None)
    ]
    try:
        path.write_bytes(pcap.write(records))
    except OSError as error:
        raise UsageError(f"--pcap {path}: {error.strerror}") from None


def _facts(draft: Draft, everyone: Sequence[Packet], result: Mapping[str, Any], chosen: frozenset[int]) -> None:
    first = result["visits"][0]
    links = {each.link for packet in everyone for each in packet.crossings}
    draft.fact("packets", len(everyone), "1", f"on {len(links)} links")
    draft.fact(
        "frames", sum(len(packet.crossings) for packet in everyone), "1", "each packet once on every link it crossed"
    )
    draft.fact(
        "gates passed",
        sum(world.plan(host).kind == "router" for host, *_ in passages(everyone)),
        "1",
        "each time a new MAC header",
    )
    draft.fact(
        "lost on the wire", sum(each.arrived_ns is None for packet in everyone for each in packet.crossings), "1"
    )
    draft.fact("HTTP status", first["status"], "")
    draft.fact("answer", first.get("body", "").strip().splitlines()[0][:60] if first.get("body") else None, "")
    draft.fact("failed", first["failed"] or None, "", first["hint"])
    draft.fact("in boxes", ",".join(map(str, sorted(chosen))) or None, "")


def _tables(
    draft: Draft, told: Sequence[JourneyStep], everyone: Sequence[Packet], in_full: bool, start_ns: int
) -> None:
    rows = tuple((each.number, each.visit + 1, each.title, each.words, len(each.packets)) for each in told)
    draft.tables.append(Table("steps", STEPS, rows))
    shown = {packet.number for packet in everyone} if in_full else _telling(told)
    teller, ways, stretches = Teller(), [], []
    for packet in everyone:
        found = packet.first.found
        layers = [f"{layer.name} {layer.end - layer.start}" for layer in found.layers if not layer.quoted]
        if packet.size:
            layers.append(f"{found.content.name if found.content else 'data'} {packet.size}")
        lost = "; ".join(f"{each.link}: {each.fate}" for each in packet.crossings if each.arrived_ns is None)
        ways.append(
            (
                packet.number,
                packet.step,
                *teller.say(packet),
                ", ".join(layers),
                lost,
                int(packet.number in shown),
                "; ".join(changed_on_the_way(packet)),
            )
        )
        stretches += [_stretch(packet, crossing, start_ns) for crossing in packet.crossings]
    draft.tables.append(Table("ways", WAYS, tuple(ways)))
    draft.tables.append(Table("stretches", STRETCHES, tuple(stretches)))


def _telling(told: Sequence[JourneyStep]) -> set[int]:
    """Those that are shown on every stretch by default: the first question, the first SYN and its answer."""
    chosen: set[int] = set()
    for step in told:
        if step.kind == BOOK and step.visit == 0:
            chosen |= {packet.number for packet in step.packets[:1]}
        if step.kind == CALL and step.visit == 0:
            chosen |= {packet.number for packet in step.packets if packet.tcp and packet.tcp.syn and not packet.again}
    return chosen


def _stretch(packet: Packet, crossing: Crossing, start_ns: int) -> tuple[Value, ...]:
    before = next(
        (each for each in packet.crossings if each.receiver == crossing.sender and each is not crossing), None
    )
    changed = ", ".join(changes(before, crossing)) or "nothing" if before else ""
    ip, ethernet = crossing.ip, crossing.ethernet
    arrived_s = None if crossing.arrived_ns is None else (crossing.arrived_ns - start_ns) / 1e9
    return (
        packet.number,
        crossing.link,
        crossing.sender,
        crossing.receiver,
        (crossing.sent_ns - start_ns) / 1e9,
        arrived_s,
        ethernet.source,
        ethernet.destination,
        ip.ttl if ip else None,
        f"0x{ip.checksum:04x}" if ip else None,
        ip.source if ip else None,
        ip.destination if ip else None,
        changed,
        crossing.fate,
    )


def _kernels(draft: Draft, result: Mapping[str, Any]) -> None:
    """ARP tables and routes, as the kernels have them."""
    rows = tuple(
        (each["host"], each["interface"], each["ip"], each["mac"], each["state"])
        for each in result["kernel"]["neighbours"]
    )
    draft.tables.append(Table("neighbours", NEIGHBOURS, rows))
    routes = tuple(
        (
            each["host"],
            each["destination"],
            each["gateway"] or each["kind"] if not each["interface"] or each["gateway"] else "itself: local",
            each["interface"],
        )
        for each in result["kernel"]["routes"]
    )
    draft.tables.append(Table("routes", ROUTES, routes))


def _dissected(draft: Draft, everyone: Sequence[Packet], chosen: frozenset[int], epoch_ns: int, start_ns: int) -> None:
    story = PacketTables(start_ns=epoch_ns + start_ns)
    for packet in everyone:
        first = packet.first
        record = CapturedFrame(
            epoch_ns + first.sent_ns, first.found.frame, len(first.found.frame), interface=first.link
        )
        story.add(record, packet.number <= _MOST_DISSECTED or packet.number in chosen)
    draft.tables += story.tables()


def _findings(draft: Draft, everyone: Sequence[Packet], result: Mapping[str, Any]) -> None:
    visits = result["visits"]
    if result["wire_lost"]:
        draft.warnings.append(
            f"The wires were not quick enough, and lost {result['wire_lost']} frames: a busy machine."
        )
    if visits[0]["failed"]:
        draft.findings.append(f"{visits[0]['failed']}. {visits[0]['hint']}.")
    if len(visits) > 1:
        counts = [
            sum(visit["began_ns"] <= packet.sent_ns < until for packet in everyone)
            for visit, until in zip(visits, [visits[1]["began_ns"], 1 << 63], strict=True)
        ]
        shouts = sum(bool(packet.arp) for packet in everyone if packet.sent_ns < visits[1]["began_ns"])
        draft.findings.append(
            f"The second time {counts[1]} packets do what took {counts[0]} the first time: of those, {shouts} were "
            f"ARP's and {sum(bool(packet.udp) for packet in everyone)} DNS's, and what they found out is remembered."
        )


def _exit_code(found: Measurement) -> int:
    """It ended early where there is something in "failed"."""
    return PeerError.exit_code if found.fact("failed").value else 0


EXPERIMENT = Experiment(
    Parameters,
    measure,
    about="""From the name in the address bar to the shop's answer, packet by packet.

    A client, a DNS server, a switch, two routers and a shop, on networks of your
    own: what each packet carries on each stretch, and what changes at each gate.
    Exit code 4 where the journey ends early.
    """,
    examples=(
        "netlab journey",
        "netlab journey http://www.kaola.com/big/5000 --packet 9 --pcap journey.pcap",
    ),
    exit_code=_exit_code,
)
