"""Every check of the DNS experiments fails once: a fault is put into a run on the miniature Internet."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from judged import Judged, failed, of_draft, silent

from netlab.dns import stub
from netlab.dns.iterate import Resolution
from netlab.dns.records import NOERROR, SERVFAIL
from netlab.experiments.dns import bench, layered_cache, recursion_cost, trace, transfer
from netlab.experiments.dns.layered_cache import LookupRow
from netlab.report.quantity import Measurement

Patch = pytest.MonkeyPatch
HOST_IS_TOLD = "the host is told what the local name server found out"
EIGHT = "messages from the question to the answer"


def traced(fault: Callable[[Patch], None] = lambda _: None) -> Callable[[Patch], Measurement]:
    """The question of the course, with a fault."""

    def measure(patch: Patch) -> Measurement:
        fault(patch)
        return trace.measure(trace.Parameters(seed=1), silent)

    return measure


def another_rcode(patch: Patch) -> None:
    """The host hears SERVFAIL, whatever the local name server found."""
    real = stub.ask

    def ask(*arguments: Any, **options: Any) -> Any:
        reply = real(*arguments, **options)
        reply.message.rcode = SERVFAIL
        return reply

    patch.setattr(trace.stub, "ask", ask)


def one_query_more(patch: Patch) -> None:
    """A query was sent twice."""
    real = Resolution.sent
    assert isinstance(real, property) and real.fget
    count = real.fget
    patch.setattr(Resolution, "sent", property(lambda self: count(self) + 1))


def cached(**changes: dict[str, Any]) -> Callable[[Patch], Measurement]:
    """Two lookups through the caches; `first` and `again` change a row."""
    first = LookupRow("1. first", 0, "iteration", 300, 0.01, 4, "192.0.2.1")
    again = LookupRow("2. again, at once", 0, "browser", 300, 0.001, 0, "192.0.2.1")
    rows = [replace(first, **changes.get("first", {})), replace(again, **changes.get("again", {}))]
    return lambda _: of_draft(lambda draft: layered_cache._report(draft, rows))


def benched(failures: int = 0) -> Callable[[Patch], Measurement]:
    """A round, of whose resolutions so many failed."""
    found = bench._Rounds(failed=failures, rcodes={NOERROR})
    found.add("cold, from the root", 10, 2.0, 3.0)
    found.cold_s.append(0.2)
    return lambda _: of_draft(lambda draft: bench._report(draft, bench.Parameters(), found))


def compared(**changes: dict[str, Any]) -> Callable[[Patch], Measurement]:
    """One round of all four ways; a keyword changes a way: cold_by_recursion={"host_sent": [2]}."""
    sent = {"recursive, cold": (1, 3), "iterative, cold": (3, 0), "recursive, warm": (1, 0), "iterative, warm": (0, 0)}
    ways = {
        way: recursion_cost._Way([0.25], [host], [server], [100], [0.001], {NOERROR})
        for way, (host, server) in sent.items()
    }
    for name, values in changes.items():
        warm, _, kind = name.partition("_by_")
        way = ways[f"{kind}, {warm}".replace("recursion", "recursive").replace("iteration", "iterative")]
        for field, value in values.items():
            setattr(way, field, value)
    return lambda _: of_draft(lambda draft: recursion_cost._report(draft, ways))


def transferred(
    *,
    unequal_at: int = 0,
    wrong_answer_at: int = 0,
    rcode_at: tuple[int, int] = (0, 0),
    kind: str = "",
    bad: bool = False,
) -> Callable[[Patch], Measurement]:
    """A zone's way to its secondary. The n-th time somebody asks, the answer is another one."""

    def measure(patch: Patch) -> Measurement:
        servers: Any = transfer._TwoServers
        _turned(patch, servers, "equal", unequal_at)
        _turned(patch, transfer, "_answers", wrong_answer_at)
        asked = [0]
        real = servers.ask

        def ask(self: Any, where: Any, payload: bytes) -> Any:
            reply = real(self, where, payload)
            if payload[2] >> 3 & 15 in (transfer.UPDATE, 4):  # UPDATE, NOTIFY; not the questions for the diary
                asked[0] += 1
                if asked[0] == rcode_at[0]:
                    reply.rcode = rcode_at[1]
            return reply

        patch.setattr(servers, "ask", ask)
        if kind:
            note = servers.note

            def noted(self: Any, event: str, said: str) -> None:
                note(self, event, said)
                if event == "NOTIFY":
                    self.following.history[-1] = f"{kind}: as it was not to be"

            patch.setattr(servers, "note", noted)
        return transfer.measure(transfer.Parameters(seed=1, bad_ixfr=bad), silent)

    return measure


def _turned(patch: Patch, owner: Any, name: str, at: int) -> None:
    """Let the `at`-th call answer the contrary."""
    real, calls = getattr(owner, name), [0]

    def call(*arguments: Any) -> bool:
        calls[0] += 1
        return bool(real(*arguments)) != (calls[0] == at)

    patch.setattr(owner, name, call)


LAYERS = ("the first lookup goes all the way to iteration", "the second is answered by the browser")
ALIKE, ONE_QUERY = "all ways lead to the same rcode", "by recursion, the host sends one query and waits"
SAME_WORK, WARM = "cold, the local server sends what the host would have to send", "warm, nobody asks the Internet"
COPIED, EQUAL_AGAIN = (
    "after AXFR, the secondary has every record of the primary",
    "after NOTIFY, the secondary is equal again",
)
DIFFERENCE, WHOLE = "only the difference was sent", "an IXFR that is no good is answered by an AXFR"
READ_ONLY, ITS_PRIMARY = "the secondary is a read-only copy", "only its primary may notify it"
STILL, NO_MORE = "after a failed refresh, the secondary still answers", "after expire, the secondary answers no more"
BACK = "when the primary is back, so is the secondary"

CASES = (
    Judged("dns trace", "nothing", traced()),
    Judged("dns trace", "the reply's rcode", traced(another_rcode), (HOST_IS_TOLD,)),
    Judged("dns trace", "the number of queries", traced(one_query_more), (EIGHT,)),
    Judged("dns cache", "nothing", cached()),
    Judged("dns cache", "who answered first", cached(first={"answered_by": "ISP"}), LAYERS[:1]),
    Judged("dns cache", "who answered then", cached(again={"answered_by": "system"}), LAYERS[1:]),
    Judged("dns bench", "nothing", benched()),
    Judged("dns bench", "a resolution", benched(failures=1), ("resolutions that failed",)),
    Judged("dns compare", "nothing", compared()),
    Judged("dns compare", "an rcode", compared(warm_by_recursion={"rcodes": {3}}), (ALIKE,)),
    Judged("dns compare", "what the host sent", compared(cold_by_recursion={"host_sent": [2]}), (ONE_QUERY,)),
    Judged("dns compare", "what the server sent", compared(cold_by_recursion={"server_sent": [4]}), (SAME_WORK,)),
    Judged("dns compare", "what iteration sent", compared(cold_by_iteration={"host_sent": [2]}), (SAME_WORK,)),
    Judged("dns compare", "the server's cache", compared(warm_by_recursion={"server_sent": [1]}), (WARM,)),
    Judged("dns compare", "the host's cache", compared(warm_by_iteration={"host_sent": [1]}), (WARM,)),
    Judged("dns transfer", "nothing", transferred()),
    Judged("dns transfer", "nothing, after a useless IXFR", transferred(bad=True)),
    Judged("dns transfer", "the first copy", transferred(unequal_at=1), (COPIED,)),
    Judged("dns transfer", "the copy after NOTIFY", transferred(unequal_at=2), (EQUAL_AGAIN,)),
    Judged("dns transfer", "the kind of transfer", transferred(kind="AXFR"), (DIFFERENCE,)),
    Judged("dns transfer", "the kind of transfer after a useless IXFR", transferred(kind="IXFR", bad=True), (WHOLE,)),
    Judged("dns transfer", "an UPDATE that is taken", transferred(rcode_at=(1, NOERROR)), (READ_ONLY,)),
    Judged("dns transfer", "a stranger's NOTIFY that is taken", transferred(rcode_at=(2, NOERROR)), (ITS_PRIMARY,)),
    Judged("dns transfer", "the answer after refresh", transferred(wrong_answer_at=1), (STILL,)),
    Judged("dns transfer", "the silence after expire", transferred(wrong_answer_at=2), (NO_MORE,)),
    Judged("dns transfer", "the answer in the end", transferred(wrong_answer_at=3), (BACK,)),
    Judged("dns transfer", "the copy in the end", transferred(unequal_at=3), (BACK,)),
)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_exactly_the_checks_of_what_is_wrong_fail(case: Judged, monkeypatch: pytest.MonkeyPatch) -> None:
    assert failed(case.measure(monkeypatch)) == case.fails
