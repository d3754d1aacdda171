"""PostgreSQL, RabbitMQ and Redis of the tests' own: private ports, private folders, gone afterwards.

`python -m tests.services -- COMMAND…` runs COMMAND with TEST_POSTGRES_URL, TEST_AMQP_URL and TEST_REDIS_URL set. One that is
already set is taken as it is.
"""
