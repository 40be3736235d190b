"""Moodle, read through its core web services; recorded on Moodle 4.5."""
