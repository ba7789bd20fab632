"""Runs strangers' code in isolation. Pure standard library; knows nothing of the site."""

from sandbox.environments import Environment, build, find
from sandbox.errors import EnvironmentMissing, SandboxFault, SandboxUnavailable
from sandbox.jobs import CellResult, Job, Limits, Result
from sandbox.runner import run

__all__ = [
    "CellResult",
    "Environment",
    "EnvironmentMissing",
    "Job",
    "Limits",
    "Result",
    "SandboxFault",
    "SandboxUnavailable",
    "build",
    "find",
    "run",
]
