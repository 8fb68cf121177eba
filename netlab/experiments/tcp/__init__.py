"""TCP on two hosts of a private network: opening, closing, queues, loss, flow and congestion (lectures 11 to 13)."""
