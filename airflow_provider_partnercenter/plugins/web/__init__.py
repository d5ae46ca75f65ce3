"""What the API server serves. No other process imports it."""
