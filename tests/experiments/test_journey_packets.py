"""Frames are put together to packets by what stays the same; and the checks fail where something else has changed."""

from __future__ import annotations

from typing import Any

import pytest

from netlab.experiments.journey import world
from netlab.experiments.journey.checks import checks
from netlab.experiments.journey.journey_result import JourneyResult, KernelTables, NameLookup, Visit
from netlab.experiments.journey.packets import Packet, assembled, dissected
from netlab.experiments.journey.shop import Shop
from netlab.experiments.journey.world import FAR, FIRST
from netlab.network.conditions import Conditions
from netlab.network.frame_record import FrameRecord
from netlab.packets.build import build
from netlab.packets.ethernet import Ethernet
from netlab.packets.ipv4 import Ipv4
from netlab.packets.tcp import Tcp
from netlab.report.quantity import Draft

CLIENT, SHOP = "192.168.1.101", "106.114.138.24"
_C1, _A1, _A2, _B1 = (f"02:00:00:00:00:{end}" for end in ("c1", "a1", "a2", "b1"))


def frame(source_mac: str, destination_mac: str, ttl: int, *, source: str = CLIENT, port: int = 80) -> bytes:
    headers = [Ethernet(destination_mac, source_mac), Ipv4(source, SHOP, ttl=ttl, identification=7)]
    return build([*headers, Tcp(40000, port, syn=1)])


def seen(
    *, ttl: int = 63, source: str = CLIENT, mac: str = _A2, next_hop: str = _B1, lost: bool = False
) -> list[Packet]:
    """A SYN from the client to the gateway, and on to the router as the arguments have it."""
    arrived, fate = (None, "dropped") if lost else (35, "delivered")
    frames = {
        FIRST: [FrameRecord("client", 10, 15, "delivered", frame(_C1, _A1, 64), 0, 54)],
        "switch–gateway": [FrameRecord("switch", 20, 25, "delivered", frame(_C1, _A1, 64), 0, 54)],
        FAR: [FrameRecord("gateway", 30, arrived, fate, frame(mac, next_hop, ttl, source=source), 0, 54)],
    }
    return assembled(dissected(frames))


def verdicts(found: list[Packet]) -> dict[str, bool]:
    draft = Draft()
    visit = Visit(0, "GET", "", NameLookup(addresses=(SHOP,)))
    result = JourneyResult((visit,), {}, 0, KernelTables((), (), {"gateway": 1}), (), (), (), 0)
    checks(draft, found, result)
    return {check.claim: check.passed for check in draft.checks}


def test_one_packet_on_three_stretches() -> None:
    (packet,) = seen(lost=True)
    assert [each.link for each in packet.crossings] == [FIRST, "switch–gateway", FAR]
    assert all(verdicts([packet]).values())


@pytest.mark.parametrize(
    ("wrong", "claim"),
    [
        ({"ttl": 62}, "and the TTL is one less"),
        ({"ttl": 64}, "and the TTL is one less"),
        ({"mac": _C1}, "through a router (layer 3) both MAC addresses change"),
        ({"next_hop": _A1}, "through a router (layer 3) both MAC addresses change"),
    ],
)
def test_a_router_that_does_otherwise_is_found_out(wrong: dict[str, Any], claim: str) -> None:
    held = verdicts(seen(lost=True, **wrong))
    assert [each for each, passed in held.items() if not passed] == [claim]


def test_a_router_that_changes_an_address_makes_another_packet() -> None:
    held = verdicts(seen(lost=True, source="10.0.0.1"))
    assert held["from sender to receiver: same IP addresses, ports and data on every stretch"] is False


def test_the_same_frame_sent_twice_is_two_packets() -> None:
    frames = {
        link: [FrameRecord(sender, at, at + 1, "delivered", frame(_C1, _A1, 64), 0, 54) for at in times]
        for link, sender, times in ((FIRST, "client", (10, 20)), ("switch–gateway", "switch", (30, 40)))
    }
    found = assembled(dissected(frames))
    assert [[each.sent_ns for each in packet.crossings] for packet in found] == [[10, 30], [20, 40]]
    assert [packet.again for packet in found] == [False, True]


def test_the_shop_takes_orders_and_counts_them() -> None:
    from netlab.http_origin.message import OriginAnswer, ReceivedRequest

    shop = Shop()

    def ask(method: str, target: str, body: bytes = b"") -> OriginAnswer:
        answer = shop.answer(ReceivedRequest(method, target, "1.1", (), body))
        assert isinstance(answer, OriginAnswer)
        return answer

    assert ask("POST", "/order", b'{"buy": "tea", "count": 2}').status == 200
    assert ask("POST", "/order", b'{"buy": "tea", "count": 0}').status == 400
    assert ask("POST", "/order", b"tea").status == 400
    assert ask("GET", "/order").status == 405
    assert ask("GET", "/big/1000001").status == 404
    assert ask("GET", "/wire/endless").status == 404
    assert len(shop.taken) == len(shop.given) == 6


def test_the_world_is_as_it_is_drawn() -> None:
    macs = [each.mac for host in world.HOSTS for each in host.interfaces]
    assert len(set(macs)) == len(macs)
    plugged = {end for link in world.links(Conditions()) for end in link.ends}
    assert plugged == {(host.name, each.name) for host in world.HOSTS for each in host.interfaces}
