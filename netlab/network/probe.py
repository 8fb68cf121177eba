"""In a child process: make a private network of two hosts, and see whether it comes to be."""

from __future__ import annotations

from netlab.child.inside import Message, send
from netlab.network.lab import Pair


def main(config: Message) -> None:
    """Answer {"made": true}, or the error that says which step was refused."""
    with Pair({}, 0):
        send({"made": True})
