"""The commands and their arguments. Airflow imports these whenever its command line starts."""
