"""Every change to submissions and grades; one file per verb, because finishing imports nbgrader."""
