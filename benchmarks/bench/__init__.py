"""The benchmark harness behind run.py: standard library only, so that it runs wherever netlab does."""
