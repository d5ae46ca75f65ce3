"""The commands of ``airflow partnercenter webhook``, each in a module of its name."""
