"""What tests share: imported as a package, whichever folder the test is in."""
