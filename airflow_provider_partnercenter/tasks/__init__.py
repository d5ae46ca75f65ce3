"""What the operators and sensors share: how a task checks its arguments, goes to sleep, wakes up and ends."""
