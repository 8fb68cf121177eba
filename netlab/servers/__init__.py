"""Echo servers. A mode is one file that differs from the others only in how it *waits*; the rest is shared:

echo.py       what an echo is: blocking, and non-blocking with a bounded buffer
acceptor.py   accepting: limits, shedding, and what to do when accept(2) fails
stopping.py   SIGTERM, draining, and when a server is done
counters.py   what is counted, in shared memory
datagram*.py  the same for UDP: what an echo is, who is a new client, how a socket is stopped
child.py      a server in a process of its own; supervisor.py is its parent's side
tcp/, udp/    the modes
"""
