"""Watches the installation itself, and tells its operator when something of it is wrong: once when that begins, once when
it ends.

`troubles.py` collects what is wrong now from probes, `watch.py` makes alerts with a beginning and an end of it, `telling.py`
carries them to people and endpoints, `service.py` runs all that in the web process, which sees the workers go.
"""
