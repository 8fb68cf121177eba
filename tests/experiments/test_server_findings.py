"""What the report of one trial says: each finding and warning where it belongs, and not where it does not."""

from __future__ import annotations

from array import array
from typing import Any

import pytest
from made_trials import load, outcome, trial, udp_load

from netlab.experiments.servers.server_report import DISTURBED, STARVED, late_sends, measurement_of
from netlab.experiments.servers.trial import Trial
from netlab.load.outcome import UNANSWERED
from netlab.report.quantity import Draft, Measurement, Value
from netlab.servers.limits import Limits
from netlab.servers.supervisor import ServerLook


def said(transport: str = "tcp", **changes: Any) -> tuple[str, ...]:
    """The findings of a trial with these changes."""
    return measurement_of(trial(transport, **changes)).findings


def warned(**changes: Any) -> tuple[str, ...]:
    """The warnings of a trial with these changes."""
    return measurement_of(trial(**changes)).warnings


def facts_of(found: Measurement) -> dict[str, Value]:
    """Facts by name."""
    return {fact.name: fact.value for fact in found.facts}


@pytest.mark.parametrize("transport", ["tcp", "udp"])
def test_of_a_trial_in_order_there_is_nothing_to_say(transport: str) -> None:
    found = measurement_of(trial(transport))
    assert found.findings == found.warnings == found.tables == ()
    assert found.passed and not found.interrupted


def test_facts_are_those_of_the_trial() -> None:
    facts = facts_of(measurement_of(trial()))
    assert facts == {
        "mode": "epoll",
        "placement": "server on CPU 0, load on CPU 1",
        "messages per second": 500.0,
        "throughput": 50_000.0,
        "window": 2.0,
        "fairness": 1.0,
        "server CPU per message": 1 / 2000,
        "server CPUs busy": 0.25,
        "server user time": 0.75,
        "server system time": 0.5,
        "server wake-ups per message": 0.5,
        "server voluntary switches per message": 0.5,
        "server involuntary switches per message": 0.25,
        "server page faults per connection": 20.0,
        "server memory at rest": 5_000_000,
        "server memory per connection": 100_000,
        "server peak RSS": 9_000_000,
        "server processes": 3,
        "server threads": 5,
        "server descriptors": 11,
        "served messages": 1200,
        "served bytes": 120_000,
        "served connections": 4,
        "served at once at most": 4,
        "served not, shed": 0,
        "load messages in window": 1000,
        "load connections": 4,
        "load CPUs busy": 0.25,
        "load fewest by a connection": 250,
        "load median of a connection": 250,
        "load most by a connection": 250,
    }


def test_facts_of_udp_are_about_datagrams() -> None:
    changes = {"load": udp_load(lost=3), "outcome": outcome(OVERFLOWED=2, SHED=6)}
    facts = facts_of(measurement_of(trial("udp", **changes)))
    assert (facts["datagrams sent"], facts["datagrams lost"]) == (1200, 3)
    assert facts["served not, queue full"] == 2
    assert facts["load clients"] == 4
    assert not {"load connections", "served clients", "served connections", "served not, shed"} & set(facts)
    a_process_each = facts_of(measurement_of(trial("udp", "fork", **changes)))
    assert (a_process_each["served clients"], a_process_each["served not, shed"]) == (4, 6)
    assert a_process_each["server voluntary switches per message"] == 600 / 1200


def test_shares_are_sorted_and_the_middle_one_is_the_median() -> None:
    facts = facts_of(measurement_of(trial(load=load(per_connection=[40, 10, 30, 20, 50]))))
    names = ("fewest by a", "median of a", "most by a")
    assert [facts[f"load {name} connection"] for name in names] == [10, 30, 50]
    facts = facts_of(measurement_of(trial(load=load(per_connection=[]))))
    assert [facts[f"load {name} connection"] for name in names] == [None, None, None]


def test_what_nobody_knows_is_no_number() -> None:
    killed = outcome(None)
    unknown = type(killed)(None, killed.counts)
    facts = facts_of(measurement_of(trial(load=load(window_ns=0, messages=0), outcome=unknown)))
    for name in ("messages per second", "throughput", "load CPUs busy", "server user time", "server system time"):
        assert facts[name] is None
    for name in ("voluntary switches per message", "involuntary switches per message", "page faults per connection"):
        assert facts[f"server {name}"] is None


def test_the_schedule_is_a_fact_of_an_open_loop() -> None:
    facts = facts_of(measurement_of(trial(plan={"rate": 300.0}, load=load(late_sends=5))))
    assert (facts["load rate asked for"], facts["load sends over 1 ms late"]) == (300.0, 5)
    assert "load rate asked for" not in facts_of(measurement_of(trial()))


def test_samples_are_those_that_were_taken() -> None:
    assert [each.name for each in measurement_of(trial()).samples] == ["latency"]
    more = load(kernel_ns=array("Q", [1]), connect_ns=array("Q", [2, 3]))
    samples = measurement_of(trial(load=more)).samples
    assert [(each.name, list(each.values)) for each in samples] == [
        ("latency", [1000, 2000, 3000]),
        ("latency to the kernel", [1]),
        ("connect", [2, 3]),
    ]
    assert {(each.unit, each.scale) for each in samples} == {("s", 1e-9)}


def test_errors_are_listed_the_most_frequent_first() -> None:
    (table,) = measurement_of(trial(load=load(errors={"a": 1, "b": 3, "c": 2}))).tables
    assert table.rows == (("b", 3), ("c", 2), ("a", 1))


def test_an_interrupted_trial_says_so() -> None:
    assert measurement_of(trial(interrupted=True)).interrupted


@pytest.mark.parametrize(
    ("ended", "words"),
    [
        ({"OUT_OF_FD_SET": 1100, "SHED": 1100}, "FD_SETSIZE reached: select(2) can watch descriptors below 1024"),
        ({"OUT_OF_DESCRIPTORS": 1100, "SHED": 1100}, "Out of descriptors: accept(2) failed with EMFILE, and 1,100 "),
        ({"OUT_OF_WORKERS": 1100, "SHED": 1100}, "1,100 connections were closed unserved: no process or thread"),
        ({"SHED": 1100}, "1,100 connections were over --max-connections 40,"),
        ({"IDLED_OUT": 1100}, "1,100 connections were closed after 1.5 s of silence (--idle-timeout)"),
    ],
)
def test_each_reason_for_not_serving_is_a_finding_and_the_only_one(ended: dict[str, int], words: str) -> None:
    (finding,) = said(outcome=outcome(**ended))
    assert words in finding and "1,100" in finding


def test_several_reasons_are_several_findings() -> None:
    ended = outcome(OUT_OF_FD_SET=1, OUT_OF_DESCRIPTORS=2, OUT_OF_WORKERS=3, IDLED_OUT=4, SHED=6)
    reasons = ("FD_SETSIZE", "EMFILE", "no process or thread", "silence")
    found = said(outcome=ended)
    assert len(found) == 4
    assert all(reason in finding for reason, finding in zip(reasons, found, strict=True))


def test_udp_says_the_same_of_datagrams_and_clients() -> None:
    (finding,) = said("udp", outcome=outcome(SHED=5), limits=Limits(1100))
    assert "5 datagrams came from clients beyond --max-connections 1,100," in finding
    (finding,) = said("udp", outcome=outcome(IDLED_OUT=2), limits=Limits(idle_timeout_s=0.5))
    assert "2 clients' workers ended after 0.5 s of silence" in finding


def busy(server: float, load_busy: float, **changes: Any) -> Trial:
    """A trial whose server used `server` of its CPU, and whose load `load_busy` of another."""
    looks = {name: ServerLook(outcome().counts, at * server, at * 10**9) for name, at in (("before", 0), ("after", 10))}
    return trial(load=load(busy_share=load_busy), machine_busy_s=None, **looks, **changes)


def test_the_limit_is_named_on_the_side_where_it_is() -> None:
    servers = measurement_of(busy(0.99, 0.3))
    assert servers.findings == ("The server was the limit: it used its CPU fully.",)
    assert servers.warnings == ()
    loads = measurement_of(busy(0.3, 0.99))
    assert loads.findings == ()
    (warning,) = loads.warnings
    assert warning.startswith("The load generator, not the server, was the limit")
    neither = measurement_of(busy(0.3, 0.3))
    assert neither.findings == neither.warnings == ()


@pytest.mark.parametrize(("busy_s", "number"), [(3.5 + 3.0, 0), (3.5 + 3.1, 1), (None, 0)])
def test_other_processes_are_a_warning_from_a_third_of_a_cpu_on(busy_s: float | None, number: int) -> None:
    looks = {
        name: ServerLook(outcome().counts, cpu, at * 10**9) for name, cpu, at in (("before", 1, 0), ("after", 2, 10))
    }
    found = warned(machine_busy_s=busy_s, **looks)
    assert ["Other processes kept 0.3 CPUs busy" in warning for warning in found] == [True] * number


def test_disturbed_and_starved_are_what_they_are() -> None:
    assert (DISTURBED, STARVED) == (0.3, 0.5)


def test_latencies_that_were_not_kept_are_a_warning() -> None:
    (warning,) = warned(load=load(unrecorded=1234))
    assert "last 1,234 messages were not kept" in warning


@pytest.mark.parametrize(
    ("shares", "shed", "words"),
    [
        ([1000, 0, 0, 0], 0, "Not everybody was served: in the window 1 of 4 connections got"),
        ([1000, 0, 0, 0], 2, "Not everybody was served"),
        ([1000, 0, 0, 0], 3, None),  # those that got nothing were shed: that is said elsewhere
        ([1000, 1, 2, 3], 0, "The shares differ much: one connection got 1,000 echoes in the window, another 1."),
        ([1000, 1000, 0, 0], 0, None),  # an index of exactly a half is enough
        ([1000], 0, None),
        ([], 0, None),
    ],
)
def test_unequal_shares_are_a_finding(shares: list[int], shed: int, words: str | None) -> None:
    found = [each for each in said(load=load(per_connection=shares), outcome=outcome(SHED=shed)) if "over" not in each]
    assert [words in finding for finding in found if words] == ([True] if words else [])
    assert len(found) == bool(words)


def test_over_udp_a_client_without_an_echo_may_only_have_lost_it() -> None:
    datagrams = {"sent": 1200, "echoed": 1200, "lost": 0}
    assert said("udp", load=load(per_connection=[1000, 0, 0, 0], datagrams=datagrams)) == ()
    (finding,) = said("udp", load=load(per_connection=[1000, 1, 1, 1], datagrams=datagrams))
    assert "The shares differ much" in finding


@pytest.mark.parametrize(
    ("datagrams", "overflowed", "words"),
    [
        ({}, 0, "12 of 1,200 datagrams (1.0%) had no echo in time. UDP"),
        ({}, 7, "in time: the server's receive queue was full for 7 (SO_RCVBUF). UDP"),
        ({"lost here": 3}, 0, "in time: the client's for 3. UDP"),
        ({"late": 2}, 0, "in time: 2 came back after all, too late. UDP"),
        ({"lost here": 3, "late": 2}, 7, "full for 7 (SO_RCVBUF); the client's for 3; 2 came back"),
    ],
)
def test_loss_is_a_finding_with_its_places(datagrams: dict[str, int], overflowed: int, words: str) -> None:
    lossy = udp_load(echoed=1188, lost=12, **datagrams)
    (finding,) = said("udp", load=lossy, outcome=outcome(OVERFLOWED=overflowed))
    assert words in finding


def test_a_queue_that_overflowed_is_no_loss_if_all_came_back() -> None:
    assert said("udp", outcome=outcome(OVERFLOWED=7)) == ()


RATE = {"rate": 1000.0, "warmup_s": 0.5, "duration_s": 2.0}


@pytest.mark.parametrize(
    ("plan", "of_load", "unsent"),
    [
        (RATE, {"messages": 2400, "errors": {UNANSWERED: 20}}, "80 of the 2,500 that were due not at all"),
        (RATE, {"messages": 2475}, None),  # one in a hundred is not worth a word
        (RATE, {"messages": 2474}, "26 of the 2,500"),
        (RATE, {"messages": 0, "datagrams": {"sent": 2000}}, "500 of the 2,500"),
        ({**RATE, "messages": 100}, {"messages": 0}, None),  # it ends by their number, however late
    ],
)
def test_a_schedule_that_was_not_kept_is_a_warning(
    plan: dict[str, float], of_load: dict[str, Any], unsent: str | None
) -> None:
    (warning,) = warned(plan=plan, load=load(late_sends=1234, **of_load))
    assert "1,234 messages were sent over 1 ms after they were due" in warning
    assert ("not at all" in warning) == (unsent is not None)
    assert (unsent or "") in warning


def test_no_schedule_and_no_late_message_are_no_warning() -> None:
    assert warned(load=load(late_sends=5)) == ()
    assert warned(plan=RATE, load=load(late_sends=0)) == ()


def test_what_was_due_after_ctrl_c_is_not_missed() -> None:
    draft = Draft(interrupted=True)
    late_sends(draft, trial(plan=RATE).setup.plan, load(late_sends=5, messages=10))
    (warning,) = draft.warnings
    assert "not at all" not in warning
