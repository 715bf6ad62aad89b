"""The command line `modulo`: one module a command, imported when it is used."""
