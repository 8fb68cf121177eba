"""What happens on a private network, step by step: played in the process that holds the network (network/inside.py).

A scenario is a file with `play(config, tell) -> dict`. It makes real sockets on the hosts, calls what an application
would call, and returns what was seen: events of the timeline, and every frame that was on the wire. It judges nothing;
that is the experiment's part. Only the standard library is there.
"""
