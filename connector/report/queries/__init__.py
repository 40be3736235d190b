"""The SELECTs behind page and API, one noun a file. Each takes `conn` and, where people count, a Scope."""
