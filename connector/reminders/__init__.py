"""Reminders by e-mail: who is reminded, what they are told, and the queue that is sent bit by bit."""
