"""Metrics and spans: what the client, the rules and the storage tell, in the terms of Airflow's own telemetry."""
