"""The console: pages that show the loop think, and why an answer holds.

Invariant: whatever a model wrote is hostile input. It reaches a page only as text, through
templates that escape it, under a policy that runs no script but ours.
"""
