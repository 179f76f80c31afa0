"""Speech to words and words to speech, in a process of its own.

It knows neither Rasa nor the memory. Nothing that is said is written down here: sound
and words live in memory until they are answered.
"""
