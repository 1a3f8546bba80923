"""Assessments, people, calendars and codes: values and rules without database or screen."""
