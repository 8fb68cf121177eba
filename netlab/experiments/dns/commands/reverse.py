"""`netlab dns reverse`: another question to dns-trace, and a record of that name."""

from __future__ import annotations

from netlab.cli import derive
from netlab.experiments.dns import trace
from netlab.registry import find

reverse = derive.command(find("dns-trace"), trace.REVERSE, derive.run_and_show)
