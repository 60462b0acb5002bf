"""Prints how much faster so many Python threads are than one, on processor-bound work."""

import sys
import threading
import time


def loop(steps):
    state = 1
    for _ in range(steps):
        state = (state * 1103515245 + 12345) & 0x7FFFFFFF
    done.append(state)


def timed(workers, steps):
    threads = [threading.Thread(target=loop, args=(steps // workers,)) for _ in range(workers)]
    start = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return time.perf_counter() - start


done = []
seconds, workers = float(sys.argv[1]), int(sys.argv[2])
steps = 20_000
while timed(1, steps) < seconds / 2:
    steps *= 2
ratio = timed(1, steps) / timed(workers, steps)
assert len(done) >= workers + 2, "threads were lost"
print(ratio)
