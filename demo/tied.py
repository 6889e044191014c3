"""`python -m demo.tied main.py`: a script that ends when its standard input does, as the services do.

`python -m demo.tied -m patchbay serve` runs a module so.

So it never outlives the process that started it and holds the other end, not even one that was killed. The
script runs in this process and hears of it as SIGTERM; it is killed when it has not ended after END_SECONDS.
"""

import os
import runpy
import signal
import sys
import threading
import time
from typing import Final

from demo.stdin import when_stdin_ends

END_SECONDS: Final = 15.0


def end() -> None:
    """Ends this process. Called in a thread; the signal goes to the main one, which handlers run in."""
    signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGTERM)
    time.sleep(END_SECONDS)
    os.kill(os.getpid(), signal.SIGKILL)


if __name__ == "__main__":
    when_stdin_ends(end)
    sys.argv = sys.argv[1:]
    if sys.argv[0] == "-m":
        sys.argv = sys.argv[1:]
        runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)
    else:
        runpy.run_path(sys.argv[0], run_name="__main__")
