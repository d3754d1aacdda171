"""Finds out from recorded requests and a pasted secret who sent them, and how they are proved.

Every preset is tried; then the ways in which senders that nobody knows by name sign or log in.
"""

import hmac
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

from webhooks.presets import PRESETS, Arrival, BadOption, Preset
from webhooks.presets.schemes.comparing import decoded, is_digest, raw, seconds
from webhooks.presets.schemes.signed import signed_bytes

SIZES: Final = {20: "sha1", 32: "sha256", 48: "sha384", 64: "sha512"}
PATTERNS: Final = (
    "{timestamp}.{body}",
    "{timestamp}:{body}",
    "v0:{timestamp}:{body}",
    "{timestamp}{body}",
    "{body}{timestamp}",
    "{url}{body}",
)
LONGEST: Final = 1000
LEAST_SECRET: Final = 8
GENERAL: Final = ("hmac", "jwt", "basic", "token")


@dataclass(frozen=True, slots=True)
class Guess:
    """A preset with its options, and how many of the requests it proves. None of them: only their headers look like it."""

    preset: Preset
    options: Mapping[str, str] = field(default_factory=dict)
    proves: int = 0


def guesses(arrivals: Sequence[Arrival], secret: str) -> list[Guess]:
    """Those that prove something, the best first; without any, those whose headers are there."""
    found = [*_known(arrivals, secret), *_described(arrivals, secret)] if secret else []
    proving = sorted((one for one in found if one.proves), key=_worth)
    # A description of what is known by name would only be in the way.
    named = [one for one in proving if one.preset.name not in GENERAL]
    return named or proving or [Guess(one) for one in _by_looks(arrivals)]


def _worth(guess: Guess) -> tuple[int, bool, bool, int]:
    """A sender known by name before one's own description of it; what signs before what only carries a token."""
    return (-guess.proves, guess.preset.name in GENERAL, guess.preset.is_token, len(guess.options))


def proves(preset: Preset, options: Mapping[str, str], secret: str, arrival: Arrival) -> bool:
    """By the time at which it came, with some room: whose clock is off is shown later, by the source itself."""
    return preset.prove(replace(arrival, options=options), [secret], 3600).holds


def _known(arrivals: Sequence[Arrival], secret: str) -> Iterator[Guess]:
    for one in PRESETS.values():
        if one.name in GENERAL:
            continue
        for options in [{}, *({"version": version} for version in one.choices.get("version", ())[1:])]:
            if _fits(one, options, secret):
                yield Guess(one, options, sum(proves(one, options, secret, each) for each in arrivals))


def _described(arrivals: Sequence[Arrival], secret: str) -> Iterator[Guess]:
    for name, options in _descriptions(arrivals, secret):
        one = PRESETS[name]
        if _fits(one, options, secret):
            yield Guess(one, options, sum(proves(one, options, secret, each) for each in arrivals))


def _fits(preset: Preset, options: Mapping[str, str], secret: str) -> bool:
    try:
        preset.clean_secret(secret, preset.clean_options(options))
    except BadOption:
        return False
    return True


def _descriptions(arrivals: Sequence[Arrival], secret: str) -> list[tuple[str, dict[str, str]]]:
    """Each once, from the headers of the requests."""
    found: dict[tuple[Any, ...], tuple[str, dict[str, str]]] = {}
    for arrival in arrivals:
        for name, options in (*_signatures(arrival, secret), *_tokens(arrival, secret)):
            found.setdefault((name, *sorted(options.items())), (name, options))
    return list(found.values())


def _signatures(arrival: Arrival, secret: str) -> Iterator[tuple[str, dict[str, str]]]:
    times = {
        name: value
        for name, value in arrival.headers.items()
        if "time" in name and seconds(value) is not None
    }
    for header, value in arrival.headers.items():
        if len(value) > LONGEST:
            continue
        for prefix, rest in _cut(value):
            for encoding in ("hex", "base64", "base64url"):
                digest = decoded(rest, encoding)
                algorithm = SIZES.get(len(digest or b""))
                if (
                    digest is None
                    or algorithm is None
                    or (encoding == "base64url" and not set("-_") & set(rest))
                ):
                    continue
                for signed in _signed_as(arrival, raw(secret), digest, algorithm, times):
                    yield (
                        "hmac",
                        {
                            "header": header,
                            "algorithm": algorithm,
                            "encoding": encoding,
                            **({"prefix": prefix} if prefix else {}),
                            **signed,
                        },
                    )


def _cut(value: str) -> list[tuple[str, str]]:
    """With and without what stands before the value, such as sha256= or v1= or a word and a space."""
    cut = [("", value)]
    for sign in ("=", " ", ":"):
        begin, found, rest = value.partition(sign)
        if found and rest and len(begin) <= 20:
            cut.append((begin + found, rest))
    return cut


def _signed_as(
    arrival: Arrival, key: bytes, digest: bytes, algorithm: str, times: Mapping[str, str]
) -> Iterator[dict[str, str]]:
    if _is(digest, key, arrival.body, algorithm):
        yield {}
    for pattern in PATTERNS:
        has_time = "{timestamp}" in pattern
        for header, moment in times.items() if has_time else (("", ""),):
            if _is(digest, key, signed_bytes(pattern, arrival, moment), algorithm):
                unit = {"timestamp_unit": "ms"} if len(moment) > 11 else {}
                yield {"signed": pattern, **({"timestamp_header": header, **unit} if has_time else {})}


def _is(digest: bytes, key: bytes, content: bytes, algorithm: str) -> bool:
    return is_digest(hmac.digest(key, content, algorithm).hex(), digest)


def _tokens(arrival: Arrival, secret: str) -> Iterator[tuple[str, dict[str, str]]]:
    if len(secret) >= LEAST_SECRET:
        for header, value in arrival.headers.items():
            if value.endswith(secret) and len(value) - len(secret) <= 20:
                prefix = value[: len(value) - len(secret)]
                yield "token", {"header": header, **({"prefix": prefix} if prefix else {})}
    yield "token", {}
    yield "basic", {}
    for algorithm in PRESETS["jwt"].choices["algorithm"]:
        yield "jwt", {"algorithm": algorithm}


def _by_looks(arrivals: Sequence[Arrival]) -> list[Preset]:
    names = set().union(*(arrival.headers.keys() for arrival in arrivals)) - {"authorization"}
    return [one for one in PRESETS.values() if one.secret_headers & names]
