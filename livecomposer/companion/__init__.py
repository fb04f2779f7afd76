"""companion: see docs/architecture.md."""
