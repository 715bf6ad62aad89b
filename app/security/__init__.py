"""Security: who may ask, for what, how much of it, and whom the service itself may call."""
