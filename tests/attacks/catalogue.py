"""The attacks that must be contained, by where they begin. `make attacks` wants a test for each."""

from __future__ import annotations

NOTEBOOK = (
    "a skip-execution tag on a test",
    "flipped flags",
    "a test deleted or stripped of its metadata",
    "cells reordered around tests",
    "duplicated cells",
    "points changed, extra keys, odd types",
    "stored forged outputs",
    "another kernelspec",
    "bombs of JSON, archives and attachments",
    "scripts in outputs, Markdown and file names",
)
PROCESS = (
    "a syntax tree transformer drops asserts",
    "an input transformer rewrites tests",
    "the shell's way to run cells patched",
    "error messages dropped",
    "a partial score or NaN forged",
    "points over the maximum",
    "an object equal to everything",
    "hidden tests read through the shell",
    "frames and the collector walked",
    "the shell's traceback patched",
    "the process ends itself",
    "exit codes instead of a result",
    "libraries patched",
    "pickled results",
    "a table of known inputs",
    "inputs of tests mutated",
)
CHANNEL = (
    "an own results file",
    "an inherited descriptor forged",
    "descriptors duplicated and pipes put between",
    "the heap searched for a secret",
    "a thread or exit handler overwrites the result",
)
SYSTEM = (
    "a fork bomb",
    "a memory hog",
    "a flood of output",
    "a full disk",
    "daemons left behind",
    "processes and environment read",
    "the network",
    "linked outputs",
    "owners changed through links",
    "requests to internal services",
    "a privileged worker",
    "escapes through tools of containers",
    "the harness traced",
    "library files overwritten",
    "a poisoned compile cache",
    "set-uid programs and nested namespaces",
    "forbidden system calls",
    "something left for the next job",
)
# Where points could be forged: one of these that is not contained is a forgery.
FORGING = (*NOTEBOOK, *PROCESS, *CHANNEL)
ATTACKS = (*FORGING, *SYSTEM)
