"""speed: see docs/architecture.md."""
