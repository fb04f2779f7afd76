"""takes: see docs/architecture.md."""
