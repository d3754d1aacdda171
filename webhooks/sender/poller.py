"""Tells libcurl's multi interface which sockets are ready, by epoll; a second thread can interrupt the wait."""

import os
import select
import time

import pycurl

_TO_EPOLL = {
    pycurl.POLL_IN: select.EPOLLIN,
    pycurl.POLL_OUT: select.EPOLLOUT,
    pycurl.POLL_INOUT: select.EPOLLIN | select.EPOLLOUT,
}
_BROKEN = select.EPOLLERR | select.EPOLLHUP
LONGEST_WAIT = 1.0


class Poller:
    """libcurl's own select() stops at file descriptor 1024 and looks at every socket each time; epoll does neither."""

    def __init__(self, multi: pycurl.CurlMulti) -> None:
        self._multi = multi
        self._epoll = select.epoll()
        self._watched: dict[int, int] = {}
        self._deadline: float | None = None
        self._wake = os.eventfd(0, os.EFD_NONBLOCK | os.EFD_CLOEXEC)
        self._epoll.register(self._wake, select.EPOLLIN)
        multi.setopt(pycurl.M_SOCKETFUNCTION, self._on_socket)
        multi.setopt(pycurl.M_TIMERFUNCTION, self._on_timer)

    def interrupt(self) -> None:
        os.eventfd_write(self._wake, 1)

    def turn(self) -> None:
        """Wait for sockets, the timer or an interruption, and let libcurl work."""
        act = self._multi.socket_action
        for fd, events in self._epoll.poll(self._patience()):
            if fd == self._wake:
                os.eventfd_read(self._wake)
                continue
            flags = pycurl.CSELECT_IN if events & select.EPOLLIN else 0
            flags |= pycurl.CSELECT_OUT if events & select.EPOLLOUT else 0
            flags |= pycurl.CSELECT_ERR if events & _BROKEN else 0
            act(fd, flags)
        if self._deadline is not None and time.monotonic() >= self._deadline:
            self._deadline = None
            act(pycurl.SOCKET_TIMEOUT, 0)

    def _patience(self) -> float:
        if self._deadline is None:
            return LONGEST_WAIT
        return min(max(self._deadline - time.monotonic(), 0.0), LONGEST_WAIT)

    def _on_socket(self, what: int, fd: int, multi: object, data: object) -> None:
        if what == pycurl.POLL_REMOVE:
            if self._watched.pop(fd, None) is not None:
                self._epoll.unregister(fd)
            return
        events = _TO_EPOLL[what]
        known = self._watched.get(fd)
        if known is None:
            self._epoll.register(fd, events)
        elif known != events:
            self._epoll.modify(fd, events)
        self._watched[fd] = events

    def _on_timer(self, milliseconds: int) -> int:
        self._deadline = None if milliseconds < 0 else time.monotonic() + milliseconds / 1000
        return 0

    def close(self) -> None:
        self._epoll.close()
        os.close(self._wake)
