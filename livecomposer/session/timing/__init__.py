"""timing: see docs/architecture.md."""
