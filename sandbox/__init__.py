"""Runs strangers' code in isolation. Pure standard library; knows nothing of the site."""

from sandbox.environments import Environment, build, find
from sandbox.errors import EnvironmentMissing, SandboxFault, SandboxUnavailable
from sandbox.jobs import CellResult, Job, Limits, Result
from sandbox.runner import Handle, open, run, run_pair  # noqa: A004 - `sandbox.open`, as one opens a file

__all__ = [
    "CellResult",
    "Environment",
    "EnvironmentMissing",
    "Handle",
    "Job",
    "Limits",
    "Result",
    "SandboxFault",
    "SandboxUnavailable",
    "build",
    "find",
    "open",
    "run",
    "run_pair",
]
