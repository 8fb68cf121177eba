"""Lecture 1 from end to end: a browser, an address book, two gates and a shop, on a private network.

world.py    who is there, and which cables lie between them
shop.py     what the shop answers
servers.py  the address book and the shop, each at its sockets on its own host
browser.py  the client: its question to the address book, its request to the shop
play.py     all of it played once, in the process that holds the network (network/inside.py)
zones/      the root of this network's name space: what is not in a zone does not exist

Above the packages that it puts together (network, dns, http, http_origin, kernel), which do not know each other.
"""
