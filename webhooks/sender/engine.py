"""The sending thread: takes requests, keeps up to so many on the wire, reports replies in groups."""

import logging
import threading
from collections import deque
from collections.abc import Callable, Sequence

import pycurl

from webhooks.sender.failures import UNEXPECTED
from webhooks.sender.messages import Limits, Reply, Request
from webhooks.sender.poller import Poller
from webhooks.sender.transfer import Transfer, failed
from webhooks.sender.waiting import Waiting

logger = logging.getLogger(__name__)

Deliver = Callable[[list[Reply]], None]


class Engine:
    """Every request given to `send` comes back in exactly one call of `deliver`, made from the engine's thread.

    The thread starts with the first request. `stop` lets what is on the wire finish and gives the rest back.
    """

    def __init__(self, deliver: Deliver, limits: Limits | None = None) -> None:
        self._deliver = deliver
        self._limits = limits or Limits()
        self._inbox: deque[Request] = deque()
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._poller: Poller | None = None
        self._is_stopping = False
        self._carrying: dict[pycurl.Curl, Transfer] = {}
        self._idle: list[Transfer] = []
        self._waiting = Waiting(self._limits.per_host)
        self._replies: list[Reply] = []

    def send(self, requests: Sequence[Request]) -> None:
        with self._lock:
            if self._is_stopping:
                raise RuntimeError("the sender was stopped")
            self._inbox.extend(requests)
            if self._thread is None:
                self._start()
        self._interrupt()

    def stop(self, seconds: float) -> list[Request]:
        """Let what is on the wire finish within that time; the requests that were never started."""
        with self._lock:
            thread, self._is_stopping = self._thread, True
        if thread is None:
            return list(self._inbox)
        self._interrupt()
        thread.join(seconds)
        return [*self._waiting.drain(), *self._inbox]

    def _start(self) -> None:
        self._multi = pycurl.CurlMulti()
        self._multi.setopt(pycurl.M_MAXCONNECTS, self._limits.connections)
        self._poller = Poller(self._multi)
        self._thread = threading.Thread(target=self._run, name="webhook-sender", daemon=True)
        self._thread.start()

    def _interrupt(self) -> None:
        if self._poller is not None:
            self._poller.interrupt()

    def _run(self) -> None:
        poller = self._poller
        assert poller is not None
        while not (self._is_stopping and not self._carrying):
            try:
                self._admit()
                poller.turn()
                self._collect()
            except Exception as error:
                # The thread must outlive any defect: a request that never comes back would hold its row for ever.
                logger.exception("webhook sender: unexpected error")
                self._fail_all(str(error))
            self._report()
        self._close(poller)

    def _admit(self) -> None:
        """Put on the wire what the limits allow."""
        while self._inbox:
            self._waiting.add([self._inbox.popleft()])
        while not self._is_stopping and len(self._carrying) < self._limits.connections:
            request = self._waiting.next()
            if request is None:
                return
            self._begin(request)

    def _begin(self, request: Request) -> None:
        is_plain = request.way is None
        transfer = self._idle.pop() if is_plain and self._idle else Transfer(request.way)
        try:
            transfer.begin(request)
            self._multi.add_handle(transfer.handle)
        except Exception as error:  # noqa: BLE001 whatever it is, the row must come back
            # `headers` is the caller's code and the URL may be anything: one bad request must not end the others.
            logger.warning("webhook sender: a request could not be made: %r", error)
            self._waiting.free(request.host)
            self._replies.append(failed(request, UNEXPECTED, str(error)))
            transfer.handle.close()
        else:
            self._carrying[transfer.handle] = transfer

    def _collect(self) -> None:
        while True:
            left, finished, broken = self._multi.info_read()
            for handle in finished:
                self._end(handle, 0, "")
            for handle, number, text in broken:
                self._end(handle, number, text)
            if not left:
                return

    def _end(self, handle: pycurl.Curl, number: int, text: str) -> None:
        transfer = self._carrying[handle]
        reply = transfer.finish(number, text)
        self._multi.remove_handle(handle)
        del self._carrying[handle]
        self._waiting.free(reply.request.host)
        self._replies.append(reply)
        if reply.request.way is None:
            self._idle.append(transfer)
        else:
            # What a way set is taken back nowhere: kept connections live in the multi handle, not here.
            handle.close()

    def _report(self) -> None:
        if not self._replies:
            return
        replies, self._replies = self._replies, []
        try:
            self._deliver(replies)
        except Exception:
            # The receiver of replies has to cope with its own defects; the other requests must go on.
            logger.exception("webhook sender: %d replies could not be handed over", len(replies))

    def _fail_all(self, detail: str) -> None:
        for handle, transfer in list(self._carrying.items()):
            del self._carrying[handle]
            self._multi.remove_handle(handle)
            self._waiting.free(transfer.request.host)
            self._replies.append(failed(transfer.request, UNEXPECTED, detail))
            # Not put back among the idle: its state is unknown.
            handle.close()

    def _close(self, poller: Poller) -> None:
        for transfer in self._idle:
            transfer.handle.close()
        self._idle.clear()
        self._multi.close()
        self._poller = None
        poller.close()
