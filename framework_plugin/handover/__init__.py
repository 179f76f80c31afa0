"""Handing a conversation over to a person, and back: queue, hours, summary, notices.

It knows neither Rasa nor the memory. The database, its tables and what is known of a
user are passed in.
"""
