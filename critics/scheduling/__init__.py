"""Everyday scheduling: a meeting in calendars, a day of meetings across a city, a trip by air.

Three domains that share how times and durations are read (`clock`), and how answers are found in
a model's response (`objects`).
"""
