"""What is read or kept for people who look at a page of Airflow, and for nothing else."""
