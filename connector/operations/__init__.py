"""What operators need around the service: is it ready, how does it fare, copies of all that it holds."""
