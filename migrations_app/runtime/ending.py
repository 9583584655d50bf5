"""Whether this process was told to end. Whoever keeps somebody waiting looks at it and lets go early."""

import threading

#: Set by the server of the pages (`web/draining.py`); never unset.
process_ending = threading.Event()
