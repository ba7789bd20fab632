"""How people come in and keep their account: login, first login, reset, second factor, sessions, preferences.

django-allauth runs the login and the second factor; what stands here is how they look and what they may do with us.
"""
