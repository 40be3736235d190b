"""Aggregates as xAPI statements: figures of offices for any xAPI client, without a name of anybody."""
