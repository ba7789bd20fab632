"""Every change to people, their employments, roles, units and accounts. Each writes its audit event with it."""
