"""Descriptions of what the emulator does: behaviours of customers, faults, limits, and the ids of customers."""
