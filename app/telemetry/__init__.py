"""telemetry: what an operator can see of the service: metrics, spans and logs.

Nothing here decides anything, and nothing here holds text of a problem, a prompt or an answer
unless that was asked for (`tracing.content`).
"""
