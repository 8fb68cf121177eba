"""Descriptors, used up, as facts and checks. ENFILE (fs.file-max) is not brought about: it would be everybody's."""

from __future__ import annotations

from netlab.experiments.limits import descriptors_scene
from netlab.experiments.limits.descriptors_scene import DescriptorsPlan, Exhaustion
from netlab.network.scene import run_scene
from netlab.progress import silent
from netlab.report.phrase import say
from netlab.report.quantity import Draft, Evidence

LIMIT = 64


def measure(draft: Draft) -> None:
    """Lower the limit in a process of its own, and meet it. Raises NetlabError."""
    result = run_scene(descriptors_scene.play, DescriptorsPlan(LIMIT), silent, timeout_s=60.0)
    accepts, failed = result.accepts, result.failed
    draft.fact("descriptors allowed", LIMIT, "1", "RLIMIT_NOFILE, lowered in one process")
    before = say("{in_use} were in use before", in_use=accepts.in_use)
    draft.fact("descriptors for accepted connections", accepts.made, "1", before)
    draft.fact("descriptors lacking for", failed.queued, "1", "connections that wait in the accept queue")
    claim, limit = "socket() fails when all descriptors are in use", f"{LIMIT}, EMFILE"
    allowed = Evidence(fact="descriptors allowed")
    draft.check(claim, "getrlimit(2), RLIMIT_NOFILE", limit, _reached(result.sockets), allowed)
    draft.check("so does accept()", "accept(2), EMFILE", limit, _reached(accepts), allowed)
    claim, left = "the connection whose accept() failed stays in the queue", failed.clients - accepts.made
    draft.check(claim, "accept(2); listen(2)", left, failed.queued, Evidence(fact="descriptors lacking for"))
    draft.check("its client does not know: ESTABLISHED", "course, lecture 13", "ESTABLISHED", failed.client_state)
    claim = "the listener stays readable, so a loop that only tries again would spin"
    draft.check(claim, "poll(2)", True, failed.readable)
    claim = "it is accepted once a descriptor is free, with what it has sent meanwhile"
    draft.check(claim, "accept(2)", True, failed.served_after)


def _reached(seen: Exhaustion) -> str:
    return f"{seen.in_use + seen.made}, {seen.error}"
