"""Cost against number of customers, drawn as SVG."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import matplotlib as mpl
from matplotlib.figure import Figure

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

# Text stays text, and the same figures give the same file.
mpl.rcParams.update({"svg.fonttype": "none", "svg.hashsalt": "benchmarks"})
LABELS = {"ours": "this provider: one task", "stock": "stock HTTP provider: a task for each call"}


def draw(results: Mapping[str, Mapping[str, Any]], folder: Path) -> None:
    """Write the plots of what was measured."""
    if "onboarding" not in results:
        return
    folder.mkdir(parents=True, exist_ok=True)
    found = results["onboarding"]
    _plot(folder / "benchmarks-cpu.svg", "CPU-seconds", [(LABELS[side], found[side], "cpu", 1.0) for side in LABELS])
    _plot(folder / "benchmarks-time.svg", "seconds", [(LABELS[side], found[side], "seconds", 1.0) for side in LABELS])
    _plot(
        folder / "benchmarks-growth.svg",
        "this provider",
        [
            ("MB of the task", found["ours"], "task_bytes", 1e-6),
            ("MB that the triggerer grew by", found["ours"], "triggerer_bytes", 1e-6),
            ("requests", found["ours"], "requests", 1.0),
        ],
    )


def _plot(path: Path, unit: str, lines: Sequence[tuple[str, Sequence[Mapping[str, Any]], str, float]]) -> None:
    figure = Figure(figsize=(7, 4), layout="constrained")
    axes = figure.subplots()
    for label, runs, name, factor in lines:
        axes.plot([run["customers"] for run in runs], [run[name] * factor for run in runs], marker="o", label=label)
    axes.set(xscale="log", yscale="log", xlabel="customers", ylabel=unit)
    axes.grid(which="both", alpha=0.25)
    axes.legend()
    figure.savefig(path, metadata={"Date": None})
