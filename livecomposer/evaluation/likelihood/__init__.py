"""likelihood: see docs/architecture.md."""
