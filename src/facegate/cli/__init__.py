"""The command line: arguments in, words or JSON out; everything it does is in the rooms below."""

import time

STARTED_S = time.monotonic()
"""When this process began to load the command line, on the monotonic clock."""
