"""What ``make demo`` and ``make ui`` run; not part of the installed package."""
