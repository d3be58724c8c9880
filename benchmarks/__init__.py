"""What measures speed: ratios in one run on one machine, never a timed test.

Run from the root of the repository: ``python -m benchmarks.extract``. Reports go to ``benchmarks/results/``.
"""
