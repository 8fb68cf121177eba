"""Whether this machine allows private networks: make one of two hosts, in a child process."""

from __future__ import annotations

from netlab.child.child_side import Message, send
from netlab.child.handle import Child
from netlab.errors import NetlabError
from netlab.network.private import Pair


def private_network() -> tuple[bool, str]:
    """Whether two hosts can be joined by netlab's wire (network/), tried in a child process; and if not, why not."""
    try:
        with Child("netlab.network.probe:main", {}) as child:
            child.expect(10.0)
    except (NetlabError, TimeoutError, OSError) as error:
        return False, str(error)
    return True, ""


def main(config: Message) -> None:
    """Answer {"made": true}, or the error that says which step was refused."""
    with Pair({}, 0):
        send({"made": True})
