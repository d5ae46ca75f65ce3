"""Holding an onboarding at a moment, and killing what works on it."""
