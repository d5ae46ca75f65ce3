"""The commands of ``airflow partnercenter``. Airflow imports only :mod:`.definition` unless one of them is run."""
