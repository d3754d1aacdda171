"""A simulated exchange that really ends and moves the channels that it lists, as Asterisk 16 was seen to."""

from telephony.ami.packets import Packet, text
from telephony.ami.simulator import AmiSimulator


class SwitchingSimulator(AmiSimulator):
    """A channel that is hung up is gone, and with it those that were connected with nobody else; a channel that is moved leaves its bridge.

    `moved` says where to: name -> context, extension.
    """

    def __init__(self) -> None:
        super().__init__()
        self.moved: dict[str, tuple[str, str]] = {}

    def talk(self, bridge: str, *names: str, linked: str) -> None:
        """Channels in a conversation; each has its name's end as its id."""
        self.channels += [self._channel(name, linked, bridge) for name in names]

    def ring(self, *names: str, linked: str) -> None:
        """Channels that are connected with nobody."""
        self.channels += [self._channel(name, linked, "") for name in names]

    def names(self) -> set[str]:
        return {one["Channel"] for one in self.channels}

    def _channel(self, name: str, linked: str, bridge: str) -> dict[str, str]:
        unique = name.rpartition("-")[2]
        return {
            "Channel": name,
            "Uniqueid": unique,
            "Linkedid": linked,
            "BridgeID": bridge,
            "ChannelState": "6",
        }

    def _do_hangup(self, action: Packet) -> bytes:
        found = self._found(action)
        if found is None:
            return self._said(action, "Error", "No such channel")
        self._leave(found)
        self.channels.remove(found)
        return self._said(action, "Success", "Channel Hungup")

    def _do_redirect(self, action: Packet) -> bytes:
        found = self._found(action)
        if found is None:
            return self._said(action, "Error", f"Channel does not exist: {text(action, 'Channel')}")
        self._leave(found)
        found["BridgeID"] = ""
        self.moved[found["Channel"]] = (text(action, "Context"), text(action, "Exten"))
        return self._said(action, "Success", "Redirect successful")

    def _leave(self, channel: dict[str, str]) -> None:
        """Who is left alone in a conversation of two is hung up."""
        bridge = channel["BridgeID"]
        others = [one for one in self.channels if bridge and one["BridgeID"] == bridge and one is not channel]
        if len(others) == 1:
            self.channels.remove(others[0])

    def _found(self, action: Packet) -> dict[str, str] | None:
        return next((one for one in self.channels if one["Channel"] == text(action, "Channel")), None)

    def _said(self, action: Packet, response: str, message: str) -> bytes:
        number = text(action, "ActionID")
        return f"Response: {response}\r\nActionID: {number}\r\nMessage: {message}\r\n\r\n".encode()
