"""Load generators: clients that send, wait for the echo, check every byte, and note how long it took.

plan.py         what to drive, and how (parent)
generator.py    start the workers, open the window, collect (parent)
worker.py       a process that generates load (child)
window.py       when to begin, measure and end; the counters that parent and worker share
dialling.py     opening connections
payload.py      what is sent, so that an echo can be told from any other
closed_loop.py  the next message goes out when the echo of the last is back
churn.py        the same, with a new connection every so many messages
open_loop.py    messages go out on schedule, whether echoes come back or not
stream.py       one connection with any number of messages in flight
holding.py      many connections that say nothing, held by many processes (parent); holder.py: one of them (child)
udp_*.py        the same for UDP: a worker, a client with numbered datagrams, a closed and an open loop
"""
