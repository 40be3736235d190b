"""`python -m connector` is `thaksa`."""

from connector.cli import main

main()
