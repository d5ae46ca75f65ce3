"""What Airflow loads by itself, in each of its processes."""
