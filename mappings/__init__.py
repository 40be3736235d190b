"""What counts as evidence for which competency, and whose account is whose."""
