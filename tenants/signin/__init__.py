"""People at the door: sign-in, its throttle, second factors, sessions, and each company's rules for them.

Passwords, TOTP, passkeys, recovery codes and OpenID Connect are django-allauth's; what it leaves open is here.
"""
