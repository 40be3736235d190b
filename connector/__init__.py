"""Pulls learning records in and shows progress out; the only package that knows the others."""
