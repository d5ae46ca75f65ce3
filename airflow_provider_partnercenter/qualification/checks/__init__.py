"""What is known before a request is sent: what gets it denied, and which validation code it can have."""
