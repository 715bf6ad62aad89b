"""The domain `meeting`."""
