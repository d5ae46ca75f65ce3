"""The tests; how they are laid out and which to write is told in CONTRIBUTING.md."""
