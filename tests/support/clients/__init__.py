"""What the tests of the two clients share."""
