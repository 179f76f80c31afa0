"""Measuring what a generator says: figures of merit, reports and their pages.

Nothing here knows a network. What is measured answers through the small protocol
`measuring.Subject`; everything after that works on the plain values it gave.
"""
