"""Self-test examples of the domain `calendar`: answers that must pass, and why others must not."""

from critics.domain import Example

TEAM = Example(
    name="team-meeting",
    problem={
        "participants": ["Ada", "Bo", "Cyd"],
        "days": ["Monday", "Tuesday"],
        "duration_min": "1 hour",
        "work_hours": ["9:00", "5:00PM"],
        "busy": [
            {"person": "Ada", "day": "Monday", "start": "9:00", "end": "12:00"},
            {"person": "Bo", "day": "Monday", "start": "12:30", "end": "14:00"},
            {"person": "Bo", "day": "Monday", "start": "15:15", "end": "17:00"},
            {"person": "Cyd", "day": "Tuesday", "start": "9:00", "end": "16:30"},
        ],
        "preferences": [
            {"person": "Cyd", "day": "Monday", "after": "15:30"},
            {"person": "Ada", "day": "Monday", "before": "14:15", "hard": False},
        ],
    },
    good=(
        '{"day": "Monday", "start": "14:00", "end": "15:00"}',
        '{"day": "Monday", "start": "2:15 pm", "end": "3:15 pm"}',
    ),
    bad={
        '{"day": "Monday", "start": "14:16", "end": "15:16"}': "calendar-conflict",
        '{"day": "Monday", "start": "13:59", "end": "14:59"}': "calendar-conflict",
        '{"day": "Monday", "start": "15:00", "end": "16:00"}': "calendar-preference",
        '{"day": "Monday", "start": "14:00", "end": "14:30"}': "calendar-duration",
        '{"day": "Monday", "start": "15:00", "end": "14:00"}': "calendar-duration",
        '{"day": "Tuesday", "start": "16:30", "end": "17:30"}': "calendar-hours",
        '{"day": "Tuesday", "start": "8:00", "end": "9:00"}': "calendar-hours",
        '{"day": "Friday", "start": "14:00", "end": "15:00"}': "calendar-day",
        '{"day": "Monday", "start": "14", "end": "15:00"}': "calendar-format",
        '{"day": "Monday", "start": "14:00"}': "calendar-format",
        '{"day": "Monday", "day": "Monday", "start": "14:00", "end": "15:00"}': "calendar-format",
        "Monday, 14:00 - 15:00": "calendar-format",
    },
    responses={
        "Here is the proposed time: Monday, 14:00 - 15:00": [
            '{"day": "Monday", "start": "14:00", "end": "15:00"}'
        ],
        "SOLUTION: Here is the proposed time: **Monday, 2:00PM - 3:00PM**, as all are free.": [
            '{"day": "Monday", "start": "14:00", "end": "15:00"}'
        ],
        'First {"day": "monday", "time_range": "{14:00:15:00}"}, or\n'
        '{"time_range": "9:00-10:00", "day": "Tuesday"}': [
            '{"day": "Monday", "start": "14:00", "end": "15:00"}',
            '{"day": "Tuesday", "start": "09:00", "end": "10:00"}',
        ],
        '{"day": "Monday", "start_time": "14:00", "end_time": "later"}': [
            '{"day": "Monday", "start": "14:00", "end": "later"}'
        ],
        "Ada is free on Monday between 12:00 and 17:00.": [],
    },
)

EARLIEST = Example(
    name="earliest",
    problem={
        "participants": ["Ada", "Bo"],
        "days": ["Monday"],
        "duration_min": 30,
        "work_hours": ["09:00", "12:00"],
        "busy": [{"person": "Bo", "day": "Monday", "start": "09:00", "end": "09:50"}],
        "objective": "earliest",
        "grid_min": 15,
    },
    good=('{"day": "Monday", "start": "10:00", "end": "10:30"}',),
    bad={
        '{"day": "Monday", "start": "10:15", "end": "10:45"}': "calendar-not-earliest",
        '{"day": "Monday", "start": "09:50", "end": "10:20"}': "calendar-grid",
    },
)

EXAMPLES = (TEAM, EARLIEST)
