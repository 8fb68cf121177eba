"""Networks of one's own, without root: hosts are network namespaces with real kernel stacks, joined by netlab's wire.

namespace.py  a user namespace and network namespaces in it, made by the process that will use them
conditions.py what a wire does to frames: delayed, dropped, doubled, reordered, damaged, queued
wire.py       frames from one end to the other, in a process of its own
forwarder.py  the loop of that process: frames by shared memory (linux/ring.py), in time (alarm.py), recorded
              (frame_record.py)
gate.py       what frames wait for where nothing may pass unseen
host.py       a host, a router, a switch: its interfaces, routes, forwarding
private.py    hosts and links put together: any number, or the pair
loopback.py   two addresses of this machine instead, where nobody may build networks
probe.py      whether this machine allows it: for `netlab doctor`
scene.py      the child process that all of it lives in, and dies with
two_hosts.py  a client and a server under watch: what scenes of two hosts share
timeline.py   what happened on the hosts, on one clock: system calls, and states of sockets
"""
