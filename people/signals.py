"""What higher apps may listen to; receivers live in their `receivers.py`."""

from django.dispatch import Signal

# Sent inside the transaction when what a person's employments and leaves say today has changed: unit, manager,
# job role or status. Arguments: person (as it is now), before (a `services.standing.Standing`), by (User or None).
employment_changed = Signal()
