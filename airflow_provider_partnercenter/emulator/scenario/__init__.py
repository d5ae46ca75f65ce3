"""What a customer or a request can be made to do: behaviours, faults, limits, and the ids that stand for them."""
