"""`python -m app` is `modulo`."""

from app.cli.main import main

main()
