"""The listener: hears every exchange that has a manager interface, and stores what it says.

    keeper      which exchanges there are, whose turn it is (leases), their reports; one thread
    line        one exchange: connect, greet, listen, connect again; a thread each
    greeting    what is asked right after the log-in: version, clock, rights, channels, phones
    rebuilding  what happened while nobody listened: compares the exchange's channels with our open calls
    scribe      writes what all lines hear, many events in one statement; one thread

A line reads and queues, and does nothing that waits for the database: an exchange that is not read from hangs up.
"""
