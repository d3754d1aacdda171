"""The dialplan's posts of a company whose colleagues have mobiles: with their extensions in the place of those numbers.

A post says how the exchange sees the call: one that comes from a colleague's mobile, or goes to it, is outside for it.
"""

from dataclasses import replace

from telephony.fold.channels import direction_of
from telephony.fold.facts import Seen
from telephony.fold.ours import Ours
from telephony.fold.state import Direction


def as_colleagues(posts: list[Seen], ours: Ours) -> list[Seen]:
    """The same posts, in their order. A channel that once showed a mobile belongs to it, whatever its other posts leave out."""
    calling = {post.channel for post in posts if _calls_in(post, ours)}
    called = {post.channel: whom for post in posts if (whom := _calls_out_to(post, ours))}
    return [
        _to_a_colleague(post, called[post.channel], ours)
        if post.channel in called
        else _named(post, ours, is_calling=post.channel in calling)
        for post in posts
    ]


def _calls_in(post: Seen, ours: Ours) -> bool:
    return direction_of(post) is Direction.IN and bool(ours.colleague(post.number))


def _calls_out_to(post: Seen, ours: Ours) -> str:
    return ours.colleague(post.did) if direction_of(post) is Direction.OUT else ""


def _named(post: Seen, ours: Ours, *, is_calling: bool) -> Seen:
    is_in = is_calling and direction_of(post) is not Direction.OUT
    rang = dict.fromkeys(ours.colleague(one) or one for one in post.extensions)
    return replace(
        post,
        direction=Direction.INTERNAL if is_in else post.direction,
        number=ours.colleague(post.number) or post.number,
        connected=ours.colleague(post.connected) or post.connected,
        extensions=tuple(rang),
    )


def _to_a_colleague(post: Seen, whom: str, ours: Ours) -> Seen:
    """Of an outgoing call the posts name who calls as the phone that rings."""
    return replace(
        _named(post, ours, is_calling=False),
        direction=Direction.INTERNAL,
        did="",
        extensions=(whom,),
        connected=whom if post.connected else "",
    )
