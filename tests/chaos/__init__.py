"""What breaks in a running site, and what must hold all the same: no submission is lost, none is graded twice.

`catalogue` names every fault that is made; each test says by `@pytest.mark.fault` which of them it makes.
"""
