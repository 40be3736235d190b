"""Measures the product as an operator runs it; `scripts/bench` starts it."""
