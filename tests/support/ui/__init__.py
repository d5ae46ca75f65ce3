"""What the tests of the page in the UI share."""
