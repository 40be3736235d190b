"""An xAPI learning record store that is usable on its own; it knows no platform, person or competency."""
