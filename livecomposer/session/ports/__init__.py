"""ports: see docs/architecture.md."""
