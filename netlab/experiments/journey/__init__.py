"""Lecture 1 from end to end: a browser, an address book, two gates and a shop, on a private network.

world.py          who is there, and which cables lie between them
shop.py           what the shop answers
servers.py        the address book and the shop, each at its sockets on its own host
browser.py        the client: its question to the address book, its request to the shop
journey_scene.py  all of it played once, in the process that holds the network (network/scene.py)
packets.py        the frames of all links, put together to packets
story.py          which packet belongs to which step, and what is decided there
checks.py         what the course and the RFCs say of a packet's way
zones/            the root of this network's name space: what is not in a zone does not exist
"""
