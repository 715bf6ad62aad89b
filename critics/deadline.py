"""How long the work at hand may still take.

A worker's alarm is set for the deadline of its job and a little more; code that searches asks it
how much is left, so that it can give its reason instead of being killed without one.
"""

import signal

ALARM_GRACE_S = 2.0
"""How much later than the deadline a worker's alarm goes off."""
MARGIN_S = 0.3
"""Left over to write the result down."""


def seconds_left(most: float) -> float:
    """Give the seconds before the deadline, at most `most`; `most` where no alarm is set."""
    alarm = signal.getitimer(signal.ITIMER_REAL)[0]
    return min(most, max(0.0, alarm - ALARM_GRACE_S - MARGIN_S)) if alarm else most
