"""The forms of people, their employments, roles, units and jobs."""
