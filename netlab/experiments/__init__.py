"""One file per experiment: parameters in, Measurement out. registry.py lists them."""
