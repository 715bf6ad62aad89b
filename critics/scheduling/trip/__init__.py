"""The domain `trip`."""
