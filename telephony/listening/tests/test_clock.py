"""The exchange's clock: found out by pings, steady, and never a reason for events to change their order."""

from hypothesis import given
from hypothesis import strategies as st

from telephony.listening.clock import ExchangeClock


def test_the_quickest_ping_tells_the_difference():
    clock = ExchangeClock()

    clock.pinged(1000.0, 1002.0, "4600.5")
    clock.pinged(1010.0, 1010.01, "4610.0")
    clock.pinged(1020.0, 1023.0, "4623.0")

    assert clock.offset is not None
    assert abs(clock.offset - -3599.995) < 1e-6


def test_a_clock_that_was_set_is_followed_once_the_old_pings_are_forgotten():
    clock = ExchangeClock()
    clock.pinged(1000.0, 1000.001, "1000.0")

    for number in range(13):
        clock.pinged(2000.0 + number, 2000.002 + number, f"{5600.0 + number}")

    assert clock.offset is not None
    assert abs(clock.offset - -3600) < 0.01


def test_without_pings_the_least_difference_counts():
    clock = ExchangeClock()

    late = clock.moment("1000.0", 1001.0)
    prompt = clock.moment("1002.0", 1002.1)

    assert late.timestamp() == 1001.0
    assert round(prompt.timestamp(), 3) == 1002.1


def test_what_is_no_time_is_received_now():
    clock = ExchangeClock()

    for text in ("", "yesterday", "nan", "-5", "1e300"):
        assert clock.moment(text, 1234.5).timestamp() == 1234.5


@given(
    st.lists(st.tuples(st.floats(0.0001, 0.02), st.floats(0.0001, 0.02)), min_size=1, max_size=12),
    st.floats(-100000, 100000),
)
def test_on_an_ordinary_network_it_is_right_to_a_few_hundredths(journeys, ahead):
    clock = ExchangeClock()
    now = 1_800_000_000.0
    for there, back in journeys:
        clock.pinged(now, now + there + back, f"{now + there + ahead:.6f}")
        now += 10

    assert clock.offset is not None
    assert abs(clock.offset + ahead) < 0.06


@given(st.lists(st.floats(0.001, 0.5), min_size=2, max_size=30))
def test_events_keep_their_order(delays):
    clock = ExchangeClock()
    clock.pinged(1_800_000_000.0, 1_800_000_000.01, "1800007200.0")

    moments = [
        clock.moment(f"{1_800_007_201.0 + number * 0.01:.6f}", 1_800_000_001.0 + number * 0.01 + delay)
        for number, delay in enumerate(delays)
    ]

    assert moments == sorted(moments)
    assert len(set(moments)) == len(moments)
