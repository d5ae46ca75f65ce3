"""One call from beginning to end without any I/O: what to send, when, and what the answer means."""
