"""music: see docs/architecture.md."""
