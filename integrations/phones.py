"""How outside systems want telephone numbers written."""


def digits(phone: str) -> str:
    """Numbers go without plus and without decoration."""
    return "".join(char for char in phone if char in "0123456789")
