"""Descriptors, used up, as facts and checks. ENFILE (fs.file-max) is not brought about: it would be everybody's."""

from __future__ import annotations

from netlab.experiments.limits import descriptors_scene
from netlab.network.scene import run_scene
from netlab.report.quantity import Draft

LIMIT = 64


def measure(draft: Draft) -> None:
    """Lower the limit in a process of its own, and meet it. Raises NetlabError."""
    seen = run_scene(descriptors_scene.play, {"limit": LIMIT}, lambda done, text: None, timeout_s=60.0)
    sockets, accept = seen["sockets"], seen["accept"]
    draft.fact("descriptors allowed", LIMIT, "1", "RLIMIT_NOFILE, lowered in one process")
    draft.fact(
        "descriptors for accepted connections", accept["accepted"], "1", f"{accept['in_use']} were in use before"
    )
    draft.fact("descriptors lacking for", accept["queue"], "1", "connections that wait in the accept queue")
    draft.check(
        "socket() fails when all descriptors are in use",
        "getrlimit(2), RLIMIT_NOFILE",
        f"{LIMIT}, EMFILE",
        f"{sockets['in_use'] + sockets['opened']}, {sockets['error']}",
    )
    draft.check(
        "so does accept()",
        "accept(2), EMFILE",
        f"{LIMIT}, EMFILE",
        f"{accept['in_use'] + accept['accepted']}, {accept['error']}",
    )
    draft.check(
        "the connection whose accept() failed stays in the queue",
        "accept(2); listen(2)",
        accept["clients"] - accept["accepted"],
        accept["queue"],
    )
    draft.check("its client does not know: ESTABLISHED", "course, lecture 13", "ESTABLISHED", accept["client"])
    draft.check(
        "the listener stays readable, so a loop that only tries again would spin", "poll(2)", True, accept["readable"]
    )
    draft.check(
        "it is accepted once a descriptor is free, with what it has sent meanwhile",
        "accept(2)",
        True,
        accept["served_after"],
    )
