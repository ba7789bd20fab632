"""What people try in order to get points, or to harm others, against the real sandbox.

`catalogue` names every attack; each test says by `@pytest.mark.attack` which of them it makes.
"""
