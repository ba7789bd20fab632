"""Benchmarks: figures with their goals, from one run, into docs/performance.md and docs/performance.json."""
