"""The shell around the loop: HTTP service, command line and configuration."""
