"""Runs the program `handoff`, which lies in this package."""

import os
import sys


def main() -> None:
    """Becomes the program, with the arguments of this one."""
    program = os.path.join(os.path.dirname(os.path.abspath(__file__)), "bin", "handoff")
    try:
        os.execv(program, [program, *sys.argv[1:]])
    except OSError as error:
        sys.exit(f"agent-handoff: could not run {program}: {error.strerror}")
