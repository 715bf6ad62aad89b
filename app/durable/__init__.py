"""Durable runs: whatever is killed, no completed model call is lost or paid again."""
