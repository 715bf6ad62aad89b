"""Asks `/healthz` five times a second; prints how many seconds an answer took, and how late it was.

The second column is how much longer it slept than it wanted to: what a busy machine adds to all.
"""

import signal
import sys
import time
import urllib.error
import urllib.request

OVER = 10.0
"""What an answer counts as that does not come, or is another one."""
PAUSE_S = 0.2


def main() -> None:
    """Ask until told to stop."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    while True:
        began = time.perf_counter()
        try:
            with urllib.request.urlopen(f"{sys.argv[1]}/healthz", timeout=OVER) as answer:  # noqa: S310  # our own
                took = time.perf_counter() - began if answer.status == 200 else OVER  # noqa: PLR2004  # fine
        except (OSError, urllib.error.URLError):
            took = OVER
        slept = time.perf_counter()
        time.sleep(PAUSE_S)
        print(f"{took:.4f} {time.perf_counter() - slept - PAUSE_S:.4f}", flush=True)


if __name__ == "__main__":
    main()
