"""`netlab journey`: lecture 1 from end to end, on hosts of one's own: every packet on every link that it crossed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Annotated

from netlab.dns.mini_internet import SITE
from netlab.dns.names import from_text
from netlab.errors import PeerError, UsageError
from netlab.experiment import Experiment
from netlab.experiments.journey import journey_scene, world
from netlab.experiments.journey.checks import changed_on_the_way, changes, checks, transits
from netlab.experiments.journey.journey_recording import recording_of
from netlab.experiments.journey.journey_result import JourneyPlan, JourneyResult
from netlab.experiments.journey.journey_rows import JourneyStepRow, NeighbourRow, PathRow, RouteRow, StretchRow
from netlab.experiments.journey.packets import Crossing, Packet, assembled, dissected
from netlab.experiments.journey.story import JourneyStep, PacketWords, StepKind, by_visit, steps
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
from netlab.packets.capture_file import CapturedFrame
from netlab.progress import Progress
from netlab.report.phrase import say
from netlab.report.quantity import Draft, Measurement
from netlab.report.rows import table_of

URL = "http://www.kaola.com/order"
_TIMEOUT_S = 150.0
_MOST_DISSECTED = 60  # packets field by field, for --json


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
    plan = JourneyPlan(str(url), 2 if parameters.again else 1, far, parameters.seed, (SITE, site()))
    result = run_scene(journey_scene.play, plan, progress, timeout_s=_TIMEOUT_S)
    packets = assembled(dissected(result.frames))
    chosen = numbers(parameters.packet, len(packets)) if parameters.packet else frozenset()
    trace.write_pcap(parameters.pcap, trace.at_client(result.frames[world.FIRST], result.epoch_ns))
    draft = Draft()
    story = steps(packets, url, result)
    start_ns = result.visits[0].began_ns
    _facts(draft, packets, result, chosen)
    _tables(draft, story, packets, parameters.packets, start_ns)
    draft.tables.append(table_of(NeighbourRow, result.kernel.neighbours))
    draft.tables.append(table_of(RouteRow, result.kernel.routes))
    draft.tables += _dissections(packets, chosen, result.epoch_ns, start_ns).tables()
    draft.recording = recording_of(packets, result.epoch_ns, start_ns)
    checks(draft, packets, result)
    _findings(draft, packets, result)
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


def _facts(draft: Draft, packets: Sequence[Packet], result: JourneyResult, chosen: frozenset[int]) -> None:
    first = result.visits[0]
    crossings = [each for packet in packets for each in packet.crossings]
    routed = sum(world.plan(host).kind == "router" for host, *_ in transits(packets))
    body = first.response.body.strip() if first.response else ""
    links = {each.link for each in crossings}
    draft.fact("packets", len(packets), "1", say("on {links} links", links=len(links)))
    draft.fact("frames", len(crossings), "1", "each packet once on every link it crossed")
    draft.fact("gates passed", routed, "1", "each time a new MAC header")
    draft.fact("lost on the wire", sum(each.arrived_ns is None for each in crossings), "1")
    draft.fact("HTTP status", first.response.status if first.response else None, "")
    draft.fact("answer", body.splitlines()[0][:60] if body else None, "")
    draft.fact("failed", first.failed or None, "", first.hint)
    draft.show(boxes=tuple(sorted(chosen)))
    if first.response is not None:
        text = "The shop answered {status}; it took {packets} packets in {frames} frames on {links} links."
        status, frames = first.response.status, len(crossings)
        draft.answer = say(text, status=status, packets=len(packets), frames=frames, links=len(links))


def _tables(
    draft: Draft, story: Sequence[JourneyStep], packets: Sequence[Packet], in_full: bool, start_ns: int
) -> None:
    draft.tables.append(table_of(JourneyStepRow, (_step(each, start_ns) for each in story)))
    shown = {packet.number for packet in packets} if in_full else _telling(story)
    words = PacketWords()
    ways = [_way(packet, words, packet.number in shown) for packet in packets]
    draft.tables.append(table_of(PathRow, ways))
    draft.tables.append(table_of(StretchRow, (each for packet in packets for each in _stretches(packet, start_ns))))


def _step(step: JourneyStep, start_ns: int) -> JourneyStepRow:
    began_ns = min((packet.first.sent_ns for packet in step.packets), default=None)
    began = None if began_ns is None else (began_ns - start_ns) / 1e9
    return JourneyStepRow(step.number, step.visit + 1, step.title, step.words, len(step.packets), began)


def _telling(story: Sequence[JourneyStep]) -> set[int]:
    """Packets shown on every stretch by default: the first question, the first SYN and its answer."""
    chosen: set[int] = set()
    for step in story:
        if step.kind is StepKind.BOOK and step.visit == 0:
            chosen |= {packet.number for packet in step.packets[:1]}
        if step.kind is StepKind.CALL and step.visit == 0:
            chosen |= {packet.number for packet in step.packets if packet.tcp and packet.tcp.syn and not packet.again}
    return chosen


def _way(packet: Packet, words: PacketWords, in_full: bool) -> PathRow:
    found = packet.first.found
    layers = [f"{layer.name} {layer.end - layer.start}" for layer in found.layers if not layer.quoted]
    if packet.size:
        layers.append(f"{found.content.name if found.content else 'data'} {packet.size}")
    lost = "; ".join(f"{each.link}: {each.fate}" for each in packet.crossings if each.arrived_ns is None)
    changed = "; ".join(changed_on_the_way(packet))
    said = words.of(packet)
    return PathRow(packet.number, packet.step, *said, ", ".join(layers), lost, int(in_full), changed)


def _stretches(packet: Packet, start_ns: int) -> Iterator[StretchRow]:
    for each in packet.crossings:
        ip = each.ip
        yield StretchRow(
            packet=packet.number,
            link=each.link,
            sender=each.sender,
            receiver=each.receiver,
            sent=(each.sent_ns - start_ns) / 1e9,
            arrived=None if each.arrived_ns is None else (each.arrived_ns - start_ns) / 1e9,
            source_mac=each.ethernet.source,
            destination_mac=each.ethernet.destination,
            ttl=ip.ttl if ip else None,
            checksum=f"0x{ip.checksum:04x}" if ip else None,
            source_ip=ip.source if ip else None,
            destination_ip=ip.destination if ip else None,
            changed=_changed(packet, each),
            fate=each.fate,
        )


def _changed(packet: Packet, crossing: Crossing) -> str:
    """What is not as on the stretch before; empty on the first."""
    came = [each for each in packet.crossings if each.receiver == crossing.sender and each is not crossing]
    return ", ".join(changes(came[0], crossing)) or "nothing" if came else ""


def _dissections(packets: Sequence[Packet], chosen: frozenset[int], epoch_ns: int, start_ns: int) -> PacketTables:
    tables = PacketTables(start_ns=epoch_ns + start_ns)
    for packet in packets:
        sent, frame = packet.first, packet.first.found.frame
        record = CapturedFrame(epoch_ns + sent.sent_ns, frame, len(frame), interface=sent.link)
        tables.add(record, packet.number <= _MOST_DISSECTED or packet.number in chosen)
    return tables


def _findings(draft: Draft, packets: Sequence[Packet], result: JourneyResult) -> None:
    if result.visits[0].failed:
        draft.finding(say("{failed}. {hint}.", failed=result.visits[0].failed, hint=result.visits[0].hint))
    if len(result.visits) > 1:
        first, second = (own for _, own in by_visit(packets, result))
        arp, dns = sum(packet.arp is not None for packet in first), sum(packet.udp is not None for packet in packets)
        text = (
            "The second time {second} packets do what took {first} the first time: of those, {arp} were ARP's and "
            "{dns} DNS's, and what they found out is remembered."
        )
        draft.finding(say(text, second=len(second), first=len(first), arp=arp, dns=dns))


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
