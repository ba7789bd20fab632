"""The pages of people: a list, one person, what changes them, the organization, jobs."""
