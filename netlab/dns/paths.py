"""Where the servers of one zone do not say the same, when all of them are asked the same question (`--all-paths`).

Compared is the last word of each: what came by TCP after a truncated reply, or without EDNS after a FORMERR. Times to
live are left out, as a cache between may have counted them down; so is the additional section, which is a courtesy.
"""

from __future__ import annotations

from collections.abc import Iterable

from netlab.dns.names import to_text
from netlab.dns.readings import Outcome
from netlab.dns.records import NOERROR, NS, SOA, rcode_text, type_text
from netlab.dns.steps import ResolutionStep

MOST_SHOWN = 4  # records of an answer, in words


def differences(steps: Iterable[ResolutionStep]) -> list[str]:
    """A sentence for each server that does not say what the first useful one says. `steps`: of one question, one
    zone."""
    last = {(step.server, step.address): step for step in steps if step.asked}
    useful = [step for step in last.values() if step.kind not in (Outcome.LAME, Outcome.TIMEOUT, Outcome.UNREACHABLE)]
    if not useful:
        return []
    first = useful[0]
    return [
        f"{to_text(step.name)} {type_text(step.rtype)}: {_who(step)} {_says(step)}, but {_who(first)} {_says(first)}"
        for step in last.values()
        if step is not first and _told(step) != _told(first)
    ]


def _told(step: ResolutionStep) -> object:
    if step.rcode is None or step.kind is Outcome.LAME:
        return step.found
    sets = step.answer + step.authority
    return step.rcode, frozenset((each.owner, each.rtype, tuple(sorted(each.data))) for each in sets)


def _says(step: ResolutionStep) -> str:
    """What it told, in a few words."""
    if step.kind is Outcome.TIMEOUT:
        return "keeps silent"
    if step.rcode is None or step.kind is Outcome.LAME:
        return f"is of no use ({step.found.removeprefix('lame: ')})"
    if step.answer:
        texts = [text for rrset in step.answer for text in sorted(rrset.texts())]
        more = f" and {len(texts) - MOST_SHOWN} more" if len(texts) > MOST_SHOWN else ""
        return f"says {', '.join(text if len(text) <= 60 else text[:59] + '…' for text in texts[:MOST_SHOWN])}{more}"
    ns = next((each for each in step.authority if each.rtype == NS), None)
    if step.rcode == NOERROR and ns is not None:
        return f"refers to {', '.join(map(to_text, sorted(ns.targets())[:MOST_SHOWN]))}"
    said = "no such record" if step.rcode == NOERROR else rcode_text(step.rcode)
    soa = next((each.texts()[0] for each in step.authority if each.rtype == SOA), "")
    return f"says {said}" + (f" (serial {soa.split()[2]})" if soa else "")


def _who(step: ResolutionStep) -> str:
    return f"{to_text(step.server or ())} ({step.address})"
