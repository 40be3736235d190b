"""What becomes of a reminder."""

from enum import StrEnum


class State(StrEnum):
    """WAITING and SENDING are open; all others are the end."""

    WAITING = "waiting"
    # Handed to the server; a process that ends now leaves it so, and the next makes it UNSURE.
    SENDING = "sending"
    SENT = "sent"
    # Nobody knows whether the server took it; it is not sent again.
    UNSURE = "unsure"
    # The server does not take it for this address.
    REFUSED = "refused"
    # It could not be sent for days.
    EXPIRED = "expired"
    # Nothing is missing any more, or the person has left.
    NEEDLESS = "needless"
    # They want none.
    STOPPED = "stopped"
    NO_ADDRESS = "no_address"
    CANCELLED = "cancelled"


OPEN = (State.WAITING, State.SENDING)
