"""What the tests of events that start onboardings share."""
