"""The recording of a call: where the exchange says that it lies, and how big it became."""

from dataclasses import dataclass

from telephony.fold.channels import Channels

EMPTY_FILE = 44  # a WAV header and not a sample: recording was on, nobody talked


@dataclass(frozen=True, slots=True)
class Recording:
    """`path` is the exchange's own; `size` is None until it says that the file is complete."""

    path: str = ""
    size: int | None = None


def find(channels: Channels) -> Recording:
    """The client's channel's recording; one known to be empty is none."""
    files = [event for event in channels.ordered if event.kind == "download" and event.recording]
    paths = [event.recording for event in channels.of_main if event.recording]
    paths += [event.recording for event in channels.of_calls if event.recording]
    path = paths[0] if paths else next((file.recording for file in files), "")
    done = next((file for file in files if file.recording.endswith(path)), None)
    if done is None:
        done = next((file for file in files if file.channel in channels.main), None)
    size = done.recording_size if done else None
    if size is not None and size <= EMPTY_FILE:
        return Recording()
    return Recording(path, size)
