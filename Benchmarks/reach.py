"""How every benchmark says what it was to reach: one line a figure, `yes` or `no` at its end."""


def reach(what, value, bound, is_reached):
    """Prints `reach  WHAT: VALUE, BOUND: yes`; the bound has the unit."""
    shown = value if isinstance(value, (str, int)) else f"{value:.2f}"
    print(f"reach  {what}: {shown} ({bound}): {'yes' if is_reached else 'NO'}", flush=True)
    return is_reached
