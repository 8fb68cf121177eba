"""What a wire does to frames: by chance with a seed, in order, with a queue; and real wires between real stacks."""

from __future__ import annotations

from typing import Any

import pytest
from examples import examples
from hypothesis import given
from hypothesis import strategies as st
from ordinary import needs_networks

from netlab.codec import decode, encode
from netlab.errors import Doubt, NetlabError, UsageError
from netlab.linux import ring
from netlab.network import echo_scene, flood_scene, frame_record
from netlab.network.conditions import Conditions, Direction, Verdict
from netlab.network.echo_scene import EchoPlan, EchoResult
from netlab.network.flood_scene import FloodPlan, FloodResult
from netlab.network.scene import ReportProgress, run_scene
from netlab.network.two_hosts import TwoHostsPlan
from netlab.progress import silent

MS = 1_000_000
chance = st.sampled_from([0.0, 0.1, 0.5, 1.0])


def fates(conditions: Conditions, seed: str = "1", count: int = 200, gap_ns: int = MS) -> list[Verdict]:
    direction = Direction(conditions, seed)
    return [direction.take(bytes([number % 256]) * 100, number * gap_ns) for number in range(count)]


def test_a_plain_wire_passes_everything_on_at_once() -> None:
    for number, fate in enumerate(fates(Conditions())):
        assert (fate.word, fate.departures_ns) == ("delivered", (number * MS,))


@given(st.builds(Conditions, loss=chance, duplicate=chance, reorder=chance, corrupt=chance, jitter_s=chance))
@examples(40)
def test_the_same_seed_does_the_same(conditions: Conditions) -> None:
    assert fates(conditions, count=50) == fates(conditions, count=50)


def test_what_is_lost_does_not_depend_on_what_else_happens() -> None:
    one = [fate.word == "dropped" for fate in fates(Conditions(loss=0.3))]
    other = [fate.word == "dropped" for fate in fates(Conditions(loss=0.3, duplicate=0.5, corrupt=0.5, jitter_s=0.1))]
    assert one == other and 20 < sum(one) < 100
    assert one != [fate.word == "dropped" for fate in fates(Conditions(loss=0.3), seed="2")]


@given(st.floats(0, 0.1), st.floats(0, 0.1))
@examples(40)
def test_jitter_delays_and_keeps_the_order(delay_s: float, jitter_s: float) -> None:
    found = fates(Conditions(delay_s=delay_s, jitter_s=jitter_s), count=50)
    times = [fate.departures_ns[0] for fate in found]
    assert times == sorted(times)
    for number, time in enumerate(times):
        assert time >= number * MS + round(delay_s * 1e9) - 1


def test_jitter_is_spread_over_all_of_its_range() -> None:
    """Frames far apart, so that none waits for the one before it: each has a delay of its own."""
    delays = [
        (fate.departures_ns[0] - number * 100 * MS) / MS
        for number, fate in enumerate(fates(Conditions(delay_s=0.005, jitter_s=0.02), gap_ns=100 * MS))
    ]
    assert 5 <= min(delays) < 6 and 24 < max(delays) <= 25
    assert 13 < sum(delays) / len(delays) < 17 and len(set(delays)) > 190


def test_a_frame_held_back_is_overtaken() -> None:
    found = fates(Conditions(reorder=0.1, reorder_s=0.01))
    times = [fate.departures_ns[0] for fate in found]
    held = [number for number, fate in enumerate(found) if fate.word == "held back"]
    assert held and all(times[number] > times[number + 1] for number in held if number + 1 not in held and number < 199)


def test_a_damaged_frame_differs_in_one_bit_behind_its_ethernet_header() -> None:
    for number, fate in enumerate(fates(Conditions(corrupt=1.0))):
        sent = bytes([number % 256]) * 100
        changed = int.from_bytes(sent, "big") ^ int.from_bytes(fate.frame, "big")
        assert changed.bit_count() == 1 and fate.frame[:14] == sent[:14]


def test_a_rate_spaces_frames_and_a_full_queue_drops_them() -> None:
    found = fates(Conditions(rate=100_000.0, queue=5), gap_ns=0, count=20)  # 100 B at 100 kB/s: 1 ms each
    left = [fate.departures_ns[0] for fate in found if fate.departures_ns]
    assert left == [MS * number for number in range(1, 7)]  # one being sent, five waiting
    assert [fate.word for fate in found[6:]] == ["queue full"] * 14


def test_frames_dropped_by_number() -> None:
    found = fates(Conditions(drop=(0, 3)), count=5)
    assert [fate.word == "dropped" for fate in found] == [True, False, False, True, False]
    assert not any(fate.departures_ns for fate in fates(Conditions(blocked=True)))


@pytest.mark.parametrize("wrong", [{"loss": 1.5}, {"delay_s": -1.0}, {"rate": 0.0}, {"queue": 0}])
def test_what_no_wire_can_do_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(UsageError):
        Conditions(**wrong)


def test_conditions_survive_json() -> None:
    some = Conditions(0.1, loss=0.5, drop=(1, 2), rate=5.0)
    assert decode(Conditions, encode(some)) == some


def echo(**conditions: Any) -> EchoResult:
    needs_networks()
    hosts = TwoHostsPlan.alike(Conditions(**conditions), seed=7)
    return run_scene(echo_scene.play, EchoPlan(hosts, datagrams=60), silent, timeout_s=60)


def test_a_real_wire_adds_no_loss_and_no_change_of_its_own() -> None:
    told = echo()
    assert told.sent == told.echoed == 60 and told.intact
    assert [frame.fate for frame in told.observation.frames] == ["delivered"] * 120
    assert all(frame.arrived_ns is not None for frame in told.observation.frames)
    assert all((frame.arrived_ns or 0) >= frame.sent_ns for frame in told.observation.frames)


def test_a_real_wire_loses_the_same_frames_again() -> None:
    one, other = echo(loss=0.3), echo(loss=0.3)
    lost = [
        [frame.number for frame in told.observation.frames if (frame.sender, frame.fate) == ("client", "dropped")]
        for told in (one, other)
    ]
    assert lost[0] == lost[1] and 5 < len(lost[0]) < 40
    assert one.echoed < 60


def test_what_is_damaged_on_the_way_is_dropped_by_the_receivers_checksum() -> None:
    told = echo(corrupt=1.0)
    assert told.echoed == 0
    assert told.counters["UdpInCsumErrors"] + told.counters.get("IpInHdrErrors", 0) > 0


def test_a_scene_that_fails_is_an_error_and_no_traceback() -> None:
    with pytest.raises(NetlabError, match="child process"):
        run_scene(_nowhere, 1, silent, timeout_s=30)


def _nowhere(plan: int, report_progress: ReportProgress) -> int:
    """The child knows netlab only, so it cannot find this."""
    return plan


def test_conditions_change_at_a_frame_and_not_before() -> None:
    direction = Direction(Conditions(), "1")
    direction.then = (3, Conditions(blocked=True))
    assert [direction.take(b"x" * 60, 0).word for _ in range(5)] == ["delivered"] * 3 + ["dropped"] * 2


def flood(plan: FloodPlan) -> FloodResult:
    needs_networks()
    return run_scene(flood_scene.play, plan, silent, timeout_s=90)


def test_what_leaves_one_interface_comes_out_of_the_other() -> None:
    told = flood(FloodPlan(3000, snap=60))  # fewer than the ring has slots: nothing is lost even on a busy machine
    assert told.sent == told.received == 3000 and told.wire_lost == 0
    assert told.fates == {"delivered": 3000}
    assert told.sizes == (200,) and told.kept == 3000 * 60


def test_a_wire_that_cannot_keep_up_counts_what_it_loses_and_says_so() -> None:
    with pytest.warns(Doubt, match="the wire itself lost"):
        told = flood(FloodPlan(ring.SLOTS + 500, paused=True))
    assert told.wire_lost >= 500 and told.received + told.wire_lost == told.sent
    assert told.fates["delivered"] == told.received


def test_a_frame_counts_those_that_wait_before_it() -> None:
    found = fates(Conditions(rate=100_000.0, queue=5), gap_ns=0, count=8)
    assert [fate.waiting for fate in found] == [0, 0, 1, 2, 3, 4, 5, 5]  # the first is being sent, and waits no more
    assert [fate.waiting for fate in fates(Conditions(), count=2)] == [None, None]


@given(
    st.lists(st.tuples(st.sampled_from(frame_record.FATES), st.binary(max_size=70), st.none() | st.integers(0, 2**62)))
)
@examples(50)
def test_the_record_survives_its_way(rows: list[tuple[str, bytes, int | None]]) -> None:
    whole = [("ab"[n % 2], n, fate, frame, n, 1500, None if n % 3 else n) for n, (fate, frame, _) in enumerate(rows)]
    arrived = [at for *_, at in rows]
    back = frame_record.unpacked(frame_record.packed(whole, arrived, ("a", "b")), ("a", "b"))
    assert [each.arrived_ns for each in back] == arrived
    names = ("sender", "sent_ns", "fate", "frame", "number", "size", "waiting")
    assert [tuple(getattr(each, name) for name in names) for each in back] == whole
