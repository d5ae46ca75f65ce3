"""Code that the operators and sensors share: how a task checks its arguments, defers, and ends."""
