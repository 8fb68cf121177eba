"""What this machine's kernel says of its own network: interfaces, routes, neighbours. Asks; never changes
anything.
"""
