"""
What Airflow's database says about the tasks of this package.

Its tables are not public API, so only the modules in here know them. They are imported when they are needed, by a
command or by a page of the API server; a task or a trigger has no access to the database.
"""
