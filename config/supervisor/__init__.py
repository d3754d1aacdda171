"""Runs the whole installation as one process tree: `manage.py serve`, and so `make run`.

    serve (terminal, preparation)  ->  supervisord (restarts what dies)  ->  web, worker, worker-batch, beat, listener, simulators

`processes` says what runs, `supervisord` writes its configuration, `tether` lets nobody outlive their parent, `logs` shows all
logs on one terminal, `preparation` brings database and files up to date, `terminal` is the process that a person sees, `words` what it
says to them.
"""
