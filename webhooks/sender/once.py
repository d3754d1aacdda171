"""One request in the calling thread, with everything that the engine's requests are held to."""

import pycurl

from webhooks.sender.messages import Reply, Request
from webhooks.sender.transfer import Transfer


def send_once(request: Request) -> Reply:
    """The reply; a failure is a Reply with its `error`, never an exception."""
    transfer = Transfer(request.way)
    number, detail = 0, ""
    try:
        transfer.begin(request)
        transfer.handle.perform()
    except pycurl.error as error:
        number, detail = error.args[0], str(error.args[1])
    try:
        return transfer.finish(number, detail)
    finally:
        transfer.handle.close()
