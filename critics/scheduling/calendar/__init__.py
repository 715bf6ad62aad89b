"""The domain `calendar`."""
