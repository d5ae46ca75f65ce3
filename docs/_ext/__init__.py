"""What the documentation shows of the code itself: directives that Sphinx loads, see ``conf.py``."""
