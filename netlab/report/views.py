"""Experiments whose findings are better told than tabulated: each has a file here that composes its sections."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from importlib import import_module

from rich.text import Text

from netlab.measure.quantity import Measurement

Sections = Callable[[Measurement, int], Iterator[Iterator[Text]]]

_VIEWS = {
    "cidr-interfaces": "netlab.report.cidr_interfaces",
    "dns-trace": "netlab.report.dns_trace",
    "dns-query": "netlab.report.dns_query",
    "http-get": "netlab.report.http_get",
    "http-explain": "netlab.report.http_get",
    "http-check": "netlab.report.http_check",
    "dissect": "netlab.report.dissect",
    "capture": "netlab.report.dissect",
    "journey": "netlab.report.journey",
    "tcp-handshake": "netlab.report.tcp_timeline",
    "tcp-teardown": "netlab.report.tcp_timeline",
    "tcp-backlog": "netlab.report.tcp_timeline",
    "tcp-limits": "netlab.report.tcp_limits",
    "tcp-flow": "netlab.report.tcp_timeline",
    "tcp-nagle": "netlab.report.tcp_timeline",
    "tcp-congestion": "netlab.report.tcp_congestion",
    "udp-behaviour": "netlab.report.udp_behaviour",
}


def find(experiment: str) -> Sections | None:
    """What composes the sections of this experiment's report in place of its facts and tables, if anything does."""
    module = _VIEWS.get(experiment)
    return None if module is None else import_module(module).sections
