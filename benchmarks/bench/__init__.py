"""The benchmark harness behind benchmarks/run.py: standard library only, so that it runs wherever netlab does."""
