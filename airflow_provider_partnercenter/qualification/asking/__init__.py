"""
Ask a person what to do about a denial, or for what is missing: what is asked, and what an answer means.

Pure decisions, and one procedure that reads before it is asked. How Airflow shows a question and hands back the answer
is known in ``operators/asking.py`` only.
"""
