"""surfaces: see docs/architecture.md."""
