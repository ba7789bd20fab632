"""Sites that look as if they had been in use: a believable group of 600, and one of 200,000 to measure on.

Rows are written by COPY with the dates of their story, and hold what the services would have written.
"""
