"""What is kept in Airflow between processes: task state, object storage, Variables."""
