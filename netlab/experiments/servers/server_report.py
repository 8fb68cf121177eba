"""From a trial to a measurement: the facts, samples, checks and plain words that tcp-server and udp-server report."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from netlab.experiments.servers.trial import Setup, Trial
from netlab.load.generator import LoadResult
from netlab.load.outcome import UNANSWERED
from netlab.load.plan import Plan
from netlab.report.phrase import listed, say
from netlab.report.quantity import Check, Column, Draft, Measurement, Samples, Table
from netlab.report.stats import ratio
from netlab.servers.counters import Count
from netlab.servers.limits import FD_SETSIZE

FAIRNESS = "Jain's index over the connections: 1 is all alike"
DISTURBED = 0.3
"""More CPUs than this kept busy by others, and the report says so."""
STARVED = 0.5
"""Below this index of fairness, the report says that some connections got little."""


def measurement_of(trial: Trial) -> Measurement:
    draft = Draft()
    _facts(draft, trial)
    if trial.rate is not None:
        text = "{mode} echoed {rate:,.0f} messages per second."
        draft.answer = say(text, mode=trial.setup.mode.name, rate=trial.rate)
    load_samples(draft, trial.load)
    draft.checks.extend(checks_of(trial))
    error_table(draft, trial.load)
    _findings(draft, trial)
    return draft.finish()


def _facts(draft: Draft, trial: Trial) -> None:
    setup, load = trial.setup, trial.load
    plan, outcome = setup.plan, trial.outcome
    life = ratio(1.0, outcome.counts[Count.CHUNKS] if setup.transport == "udp" else load.messages)
    draft.fact("mode", setup.mode.name, "")
    draft.fact("placement", setup.placement.describe(), "")
    draft.fact("messages per second", trial.rate, "1/s")
    draft.fact("throughput", _times(plan.size, trial.rate), "B/s", "one way; the echo is as much again")
    draft.fact("window", trial.window_s, "s")
    draft.fact("fairness", trial.fairness, "ratio", FAIRNESS)

    draft.fact("server CPU per message", trial.cpu_per_message_s, "s")
    draft.fact("server CPUs busy", trial.server_busy, "ratio")
    draft.fact("server user time", outcome.user_s, "s")
    draft.fact("server system time", outcome.system_s, "s")
    draft.fact("server wake-ups per message", trial.wakeups_per_message, "ratio")
    draft.fact("server voluntary switches per message", _times(outcome.voluntary_switches, life), "ratio")
    draft.fact("server involuntary switches per message", _times(outcome.involuntary_switches, life), "ratio")
    draft.fact("server page faults per connection", ratio(outcome.page_faults, outcome.counts[Count.ACCEPTED]), "ratio")
    draft.fact("server memory at rest", trial.at_rest.pss_bytes, "B")
    draft.fact("server memory per connection", trial.memory_per_connection, "B")
    draft.fact("server peak RSS", outcome.peak_rss_bytes, "B")
    draft.fact("server processes", trial.held.processes, "1")
    draft.fact("server threads", trial.held.threads, "1")
    draft.fact("server descriptors", trial.held.descriptors, "1")

    counts = outcome.counts
    draft.fact("served messages", load.messages, "1")
    draft.fact("served bytes", counts[Count.BYTES_OUT], "B")
    if setup.transport == "tcp" or setup.mode.per_connection:  # else nobody keeps count of who the clients are
        draft.fact("served connections" if setup.transport == "tcp" else "served clients", counts[Count.ACCEPTED], "1")
        draft.fact("served at once at most", counts[Count.PEAK_OPEN], "1")
        draft.fact("served not, shed", counts[Count.SHED], "1")
    if setup.transport == "udp":
        draft.fact("served not, queue full", counts[Count.OVERFLOWED], "1")

    draft.fact("load messages in window", load.window_messages, "1")
    draft.fact("load connections" if setup.transport == "tcp" else "load clients", load.connections, "1")
    draft.fact("load CPUs busy", load.busy_share if load.window_ns else None, "ratio")
    share_facts(draft, load)
    for name, count in load.datagrams.items():
        draft.fact(f"datagrams {name}", count, "1")
    schedule_facts(draft, plan, load)


def share_facts(draft: Draft, load: LoadResult) -> None:
    """How the messages were shared out."""
    shares: list[int | None] = [*sorted(load.per_connection)] or [None]
    draft.fact("load fewest by a connection", shares[0], "1")
    draft.fact("load median of a connection", shares[len(shares) // 2], "1")
    draft.fact("load most by a connection", shares[-1], "1")


def schedule_facts(draft: Draft, plan: Plan, load: LoadResult) -> None:
    """How an open loop kept its schedule."""
    if plan.rate is not None:
        draft.fact("load rate asked for", plan.rate, "1/s")
        draft.fact("load sends over 1 ms late", load.late_sends, "1")


def _times(count: int | None, factor: float | None) -> float | None:
    return None if count is None or factor is None else count * factor


def load_samples(draft: Draft, load: LoadResult) -> None:
    draft.samples.append(Samples("latency", "s", load.latency_ns, 1e-9))  # of all that were sent in the window
    if load.kernel_ns:
        draft.samples.append(Samples("latency to the kernel", "s", load.kernel_ns, 1e-9))
    if load.connect_ns:
        draft.samples.append(Samples("connect", "s", load.connect_ns, 1e-9))


def error_table(draft: Draft, load: LoadResult) -> None:
    """What went wrong, by kind, if anything did."""
    if load.errors:
        rows = tuple(Counter(load.errors).most_common())
        draft.tables.append(Table("errors", (Column("what", ""), Column("count", "1")), rows))


def client_checks(transport: str, load: LoadResult, unanswered: int, corrupt: int, others: int) -> list[Check]:
    """The claims that can be checked from the client's side alone. What is observed is how many break the claim."""
    checks = [
        Check("something was measured", "netlab", "yes", "yes" if load.window_messages else "no"),
        Check("no echo differs from what was sent", "RFC 862", 0, corrupt),
    ]
    if transport == "tcp":
        return [
            *checks,
            Check("no message is without an echo", "RFC 862", 0, unanswered),
            Check("no connection failed, but those that the server shed", "RFC 9293 §3.10", 0, max(0, others)),
        ]
    # Loss is no failure of a protocol that promises nothing (RFC 768): it is counted, and each loss is accounted for.
    fates = load.datagrams
    accounted = fates.get("echoed", 0) + fates.get("lost", 0)
    return [
        *checks,
        Check("every datagram sent was echoed or counted as lost", "netlab", fates.get("sent", 0), accounted),
        Check("no client went without an answer, or was refused", "RFC 862", 0, max(0, others)),
    ]


def checks_of(trial: Trial) -> list[Check]:
    """The claims of every server report."""
    load, outcome = trial.load, trial.outcome
    checks = client_checks(trial.setup.transport, load, trial.unanswered, trial.corrupt, trial.other_errors)
    if trial.setup.transport == "udp":
        at_least = "at least as many"
        observed = at_least if outcome.counts[Count.CHUNKS] >= load.datagrams.get("echoed", 0) else "fewer"
        claim = "datagrams the server echoed, against those that came back"
        checks.append(Check(claim, "netlab", at_least, observed))
    elif not load.errors:  # an echo that the client did not wait for or could not use is among them
        verified, echoed = load.messages * trial.setup.plan.size, outcome.counts[Count.BYTES_OUT]
        checks.append(Check("bytes echoed, as client and server count them", "netlab", verified, echoed))
    checks.append(Check("the server ended in order (exit code)", "netlab", 0, outcome.exit_code))
    checks.append(Check("no server process crashed", "netlab", 0, outcome.counts[Count.CRASHED]))
    return checks


def _findings(draft: Draft, trial: Trial) -> None:
    setup, load, counts = trial.setup, trial.load, trial.outcome.counts
    draft.interrupted = trial.interrupted
    _limits_reached(draft, setup, counts)
    _fairness(draft, trial)
    _loss(draft, load, counts[Count.OVERFLOWED])
    limit = trial.bottleneck()
    if limit == "load":
        draft.warnings.append(
            "The load generator, not the server, was the limit: it used its CPU fully, the server did not. "
            "Take CPU per message for comparisons, or more --load-workers."
        )
    elif limit == "server":
        draft.findings.append("The server was the limit: it used its CPU fully.")
    late_sends(draft, setup.plan, load)
    if (trial.others_busy or 0) > DISTURBED:
        text = (
            "Other processes kept {others_busy:.1f} CPUs busy meanwhile. Hold no other run against this one; on a "
            "quiet machine the figures will differ."
        )
        draft.warnings.append(say(text, others_busy=trial.others_busy))
    unrecorded(draft, load)


def _limits_reached(draft: Draft, setup: Setup, counts: Mapping[Count, int]) -> None:
    tcp, most, after = setup.transport == "tcp", setup.limits.max_connections, setup.limits.idle_timeout_s
    no_descriptor, no_worker = counts[Count.OUT_OF_DESCRIPTORS], counts[Count.OUT_OF_WORKERS]
    if too_high := counts[Count.OUT_OF_FD_SET]:
        text = (
            "FD_SETSIZE reached: select(2) can watch descriptors below {fd_setsize} only, so {too_high:,} connections "
            "with a higher number were closed unserved. poll and epoll have no such limit."
        )
        draft.finding(say(text, fd_setsize=FD_SETSIZE, too_high=too_high))
    if no_descriptor:
        text = (
            "Out of descriptors: accept(2) failed with EMFILE, and {connections:,} connections were closed unserved. "
            "`ulimit -n` is the limit; netlab doctor shows it."
        )
        draft.finding(say(text, connections=no_descriptor))
    if no_worker:
        text = "{connections:,} connections were closed unserved: no process or thread could be started for them."
        draft.finding(say(text, connections=no_worker))
    elif (shed := counts[Count.SHED]) and not too_high and not no_descriptor:
        over = "{shed:,} connections were over --max-connections {most:,}, and closed unserved."
        beyond = "{shed:,} datagrams came from clients beyond --max-connections {most:,}, and were dropped."
        draft.finding(say(over, shed=shed, most=most) if tcp else say(beyond, shed=shed, most=most))
    if silent := counts[Count.IDLED_OUT]:
        closed = "{silent:,} connections were closed after {after:g} s of silence (--idle-timeout)."
        ended = "{silent:,} clients' workers ended after {after:g} s of silence (--idle-timeout)."
        draft.finding(say(closed, silent=silent, after=after) if tcp else say(ended, silent=silent, after=after))


def unrecorded(draft: Draft, load: LoadResult) -> None:
    """Say so when not all latencies could be kept."""
    if load.unrecorded:
        text = "Latencies of the last {unrecorded:,} messages were not kept: the sample store was full."
        draft.warnings.append(say(text, unrecorded=load.unrecorded))


def _fairness(draft: Draft, trial: Trial) -> None:
    shares = trial.load.per_connection
    if trial.fairness is None or trial.fairness >= STARVED or len(shares) < 2:
        return
    served = sum(1 for messages in shares if messages)
    if trial.setup.transport == "tcp" and served < len(shares) - trial.outcome.counts[Count.SHED]:
        text = (
            "Not everybody was served: in the window {served:,} of {shares:,} connections got an echo. The others were "
            "connected, their bytes in the kernel's buffers, and nobody read them until the first were done."
        )
        draft.finding(say(text, served=served, shares=len(shares)))
    elif served == len(shares):
        text = "The shares differ much: one connection got {most:,} echoes in the window, another {least:,}."
        draft.finding(say(text, most=max(shares), least=min(shares)))


def _loss(draft: Draft, load: LoadResult, overflowed: int) -> None:
    """Where datagrams were lost, as far as the kernel's counters of both sockets tell."""
    sent, lost = load.datagrams.get("sent", 0), load.datagrams.get("lost", 0)
    if not lost:
        return
    places: list[str] = []
    if overflowed:
        places.append(say("the server's receive queue was full for {overflowed:,} (SO_RCVBUF)", overflowed=overflowed))
    if here := load.datagrams.get("lost here", 0):
        places.append(say("the client's for {here:,}", here=here))
    if late := load.datagrams.get("late", 0):
        places.append(say("{late:,} came back after all, too late", late=late))
    where = say(": {places}", places=listed(places)) if places else ""
    text = (
        "{lost:,} of {sent:,} datagrams ({share:.1%}) had no echo in time{where}. UDP tells nobody: who needs to know "
        "must number the datagrams, as this client does."
    )
    draft.finding(say(text, lost=lost, sent=sent, share=lost / sent, where=where))


def late_sends(draft: Draft, plan: Plan, load: LoadResult) -> None:
    """Say so when an open loop could not keep its schedule."""
    if plan.rate is None or not load.late_sends:
        return
    unsent = ""
    if plan.duration_s is not None and plan.messages is None and not draft.interrupted:
        due = round(plan.rate * (plan.warmup_s + plan.duration_s))
        sent = load.datagrams.get("sent", load.messages + load.errors.get(UNANSWERED, 0))
        if due - sent > due // 100:
            unsent = say(", and {unsent:,} of the {due:,} that were due not at all", unsent=due - sent, due=due)
    text = (
        "{late_sends:,} messages were sent over 1 ms after they were due{unsent}: this machine could not keep the "
        "schedule. Latency counts from when a message was due, all the same."
    )
    draft.warnings.append(say(text, late_sends=load.late_sends, unsent=unsent))
