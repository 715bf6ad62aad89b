"""`python -m app` is `modulo`."""

from app.cli import main

main()
