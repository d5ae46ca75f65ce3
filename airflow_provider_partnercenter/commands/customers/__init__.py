"""The commands of ``airflow partnercenter`` about customers, each in a module of its name."""
