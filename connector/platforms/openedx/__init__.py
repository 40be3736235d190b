"""Open edX (Thai MOOC), read through its REST APIs; written by their published sources."""
