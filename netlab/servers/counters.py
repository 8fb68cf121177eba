"""What a server counts: the columns of its table (child/shared_counters.py), one row per process or thread."""

from __future__ import annotations

from enum import IntEnum

from netlab.child.shared_counters import Row


class Count(IntEnum):
    """A column. Each writer adds to its own row; a total is the sum over all rows."""

    ACCEPTED = 0  # connections taken from the accept queue and served (UDP: clients given a worker of their own)
    CLOSED = 1  # of those, how many have ended
    PEAK_OPEN = 2  # most open at once in this row; summed over workers, so an upper bound where there are several
    SHED = 3  # connections closed unserved (UDP: datagrams of clients that are not served): over --max-connections, or
    #           no descriptor, process or thread to be had
    OUT_OF_DESCRIPTORS = 4  # of those: accept(2) failed with EMFILE or ENFILE
    OUT_OF_FD_SET = 5  # of those: the descriptor's number was FD_SETSIZE or more (select(2))
    OUT_OF_WORKERS = 6  # of those: fork(2) failed, or no thread could be started
    ABORTED = 7  # accept(2) failed with ECONNABORTED and its like: the peer had gone before we came
    RESET = 8  # connections that ended in ECONNRESET or EPIPE
    IDLED_OUT = 9  # connections closed because nothing came for --idle-timeout
    FORCE_CLOSED = 10  # of CLOSED: still open when the drain time was over, and ended by us: count_force_closed()
    CHUNKS = 11  # reads that brought data (TCP: a chunk may be part of a message, or several; UDP: a datagram)
    BYTES_IN = 12
    BYTES_OUT = 13
    WAKEUPS = 14  # returns from the call that waits
    REAPED = 15  # children waited for
    REAPED_CPU_NS = 16  # their CPU time: wait4(2)
    CRASHED = 17  # children that ended otherwise than by their own exit 0
    ALIEN = 18  # UDP: datagrams for a client's own socket that came from somebody else
    UNSENT = 19  # UDP: echoes that the kernel refused to take
    REFUSED = 20  # UDP: "port unreachable" came back for an echo: the client had gone
    OVERFLOWED = 21  # UDP: datagrams that the receive queue had no room for


def count_force_closed(row: Row, connections: int) -> None:
    """Count connections as closed, and by force.

    Both in one place, when they end and not when their end is decided: so what is still open of a process that is
    killed can be added to what it has counted itself, and no connection is counted twice.
    """
    row[Count.CLOSED] += connections
    row[Count.FORCE_CLOSED] += connections
