"""A real Airflow on this machine, for the demo, the tests and the benchmarks: database, processes, REST API."""
