"""What stands in front of the service: every request passes here, is counted, journalled, and may be spoilt."""
