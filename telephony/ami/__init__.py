"""The exchange's manager interface (AMI): packets, one connection, actions and their answers."""

from telephony.ami.connection import AmiConnection, AmiGone, AmiRefused, NoAmi
from telephony.ami.packets import BadValue, Packet, PacketReader, encode

__all__ = ["AmiConnection", "AmiGone", "AmiRefused", "BadValue", "NoAmi", "Packet", "PacketReader", "encode"]
