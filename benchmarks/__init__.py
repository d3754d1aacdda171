"""Measures Switchboard beside what else one could have built, side by side in one run (docs/performance.md).

    .venv/bin/python -m benchmarks.ingest       events of telephone exchanges: requests per second, latency
    .venv/bin/python -m benchmarks.popup        event accepted → CRM request on the wire
    .venv/bin/python -m benchmarks.fold         events → a call: the fold alone, and with its database
    .venv/bin/python -m benchmarks.apiclient    a call to an outside system beside a bare requests.Session
    .venv/bin/python -m benchmarks.sync         a synchronisation of contacts beside the same loop by hand
    .venv/bin/python -m benchmarks.deliveries   webhooks: deliveries per second, CPU, memory, latency
    .venv/bin/python -m benchmarks.exports      values → CSV, Excel, JSON Lines
    .venv/bin/python -m benchmarks.exports_job  the database's rows → the sealed file
    .venv/bin/python -m benchmarks.exports_large  ten million rows → one file: the worker's memory on the way

Each starts installations of its own in temporary folders and removes them. PostgreSQL, RabbitMQ and Redis are those
that TEST_POSTGRES_URL, TEST_AMQP_URL and TEST_REDIS_URL name, else those of this machine; with none, put
`.venv/bin/python -m tests.services --` in front. `--help` lists the options.
"""
