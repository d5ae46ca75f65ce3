"""Storage that processes share: Airflow's task state, object storage and Variables."""
