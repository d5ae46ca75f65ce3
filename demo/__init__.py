"""The demo that ``make demo`` and ``make ui`` run; it is not part of the installed package."""
