"""How events start onboardings: one run for each customer and event."""
