"""What the kernel counts in a network namespace: /proc/net/snmp (the RFCs' own) and
/proc/net/netstat (Linux's own).

Both files have pairs of lines, names and numbers. A counter is called as in nstat(8): "TcpExtListenOverflows".
"""

from __future__ import annotations

from pathlib import Path

FILES = ("/proc/thread-self/net/snmp", "/proc/thread-self/net/netstat")


def read() -> dict[str, int]:
    """All counters of the calling thread's namespace."""
    counters: dict[str, int] = {}
    for path in FILES:
        counters |= parse(Path(path).read_text())
    return counters


def parse(text: str) -> dict[str, int]:
    """Counters by name; lines that are no pair are left out."""
    counters: dict[str, int] = {}
    lines = text.splitlines()
    for names, numbers in zip(lines[::2], lines[1::2], strict=False):
        prefix, _, heads = names.partition(":")
        same, _, values = numbers.partition(":")
        if prefix == same:
            pairs = zip(heads.split(), values.split(), strict=False)
            counters |= {f"{prefix}{name}": int(value) for name, value in pairs}
    return counters


def difference(before: dict[str, int], after: dict[str, int]) -> dict[str, int]:
    """What has changed."""
    return {name: value - before.get(name, 0) for name, value in after.items() if value != before.get(name, 0)}
