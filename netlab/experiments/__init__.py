"""One folder per topic; in it, everything about an experiment: what is measured, played and drawn (docs/design.md)."""
