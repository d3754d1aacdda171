"""Runners in tests: whatever happens, their threads are gone when the test ends."""

import threading

from tenants.work import Lane, pools
from tenants.work.runner import Runner
from tenants.work.wake import runners


class Running:
    """Starts runners and sees to it that their threads are gone when the test ends."""

    def __init__(self) -> None:
        self.started: list[Runner] = []
        self.gates: list[threading.Event] = []

    def __call__(self, lane: Lane) -> Runner:
        runner = Runner(lane)
        runners[lane.name] = runner
        self.started.append(runner)
        runner.start()
        return runner

    def gate(self) -> threading.Event:
        """An event that is set at the latest when the test ends."""
        self.gates.append(threading.Event())
        return self.gates[-1]

    def end(self) -> None:
        for gate in self.gates:
            gate.set()
        for runner in self.started:
            assert runner.stop(20), "the runner did not stop"
        runners.clear()
        pools.close(wait=True)
