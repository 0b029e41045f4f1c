"""What the packaging scripts know of the project: names, versions, places, tools."""

import functools
import importlib
import json
import os
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType

ROOT = Path(__file__).resolve().parent.parent

PROGRAMS = ("handoff", "handoff-write", "handover", "inbox", "session-start")

# What is released in an archive of its own, for those who unpack one by hand: most users need no MCP server, and it would make
# theirs a tenth larger. Every other way in brings it.
MCP = "handoff-mcp"

# What is released, with what the other registries call it.
TARGETS = {
    "x86_64-unknown-linux-musl": {
        "npm": ("linux", "x64"),
        # Static, so it runs on any of them; the lowest version that pip knows.
        "wheel": "manylinux_2_5_x86_64.manylinux1_x86_64.musllinux_1_1_x86_64",
        "brew": ("on_linux", "on_intel"),
    },
    "aarch64-unknown-linux-musl": {
        "npm": ("linux", "arm64"),
        "wheel": "manylinux_2_17_aarch64.manylinux2014_aarch64.musllinux_1_1_aarch64",
        "brew": ("on_linux", "on_arm"),
    },
    "x86_64-apple-darwin": {
        # The oldest macOS, that of Rust's own target.
        "macos": "10.12",
        "npm": ("darwin", "x64"),
        "wheel": "macosx_10_12_x86_64",
        "brew": ("on_macos", "on_intel"),
    },
    "aarch64-apple-darwin": {
        "macos": "11.0",
        "npm": ("darwin", "arm64"),
        "wheel": "macosx_11_0_arm64",
        "brew": ("on_macos", "on_arm"),
    },
}

# The name there: `agent-handoff` is another project's.
PYPI = "handoff-inbox"

SUMMARY = "Carries work across the boundaries where coding agents lose it"


@functools.cache
def metadata() -> dict:
    """What cargo says of the workspace."""
    platforms = [f"--filter-platform={target}" for target in TARGETS]
    return json.loads(run("cargo", "metadata", "--format-version=1", "--locked", *platforms))


# The version that tests release, instead of the one that is built.
PRETENDED = "AGENT_HANDOFF_PACKAGING_VERSION"


def version() -> str:
    """The version of all the programs."""
    return os.environ.get(PRETENDED) or next(package["version"] for package in metadata()["packages"] if package["name"] == "installer")


@contextmanager
def as_version(pretended: str):
    """Has these scripts, and those that they start, package another version."""
    os.environ[PRETENDED] = pretended
    try:
        yield
    finally:
        del os.environ[PRETENDED]


def target_directory() -> Path:
    return Path(metadata()["target_directory"])


@functools.cache
def commit() -> str:
    """The commit that is built; empty outside of git."""
    return run("git", "rev-parse", "HEAD", check=False)


@functools.cache
def commit_time() -> int:
    """The time that everything made here bears: `SOURCE_DATE_EPOCH`, else that of the commit."""
    given = os.environ.get("SOURCE_DATE_EPOCH") or run("git", "log", "-1", "--format=%ct", check=False)
    return int(given) if given else 315532800


def tools() -> Path:
    """The directory of the pinned tools, installed now where they are missing."""
    place = target_directory() / "packaging-tools"
    wanted = (ROOT / "packaging/requirements.txt").read_text()
    mark = place / "installed.txt"
    if not mark.is_file() or mark.read_text() != wanted:
        subprocess.run([sys.executable, "-m", "venv", "--clear", str(place)], check=True)
        install = [str(place / "bin/pip"), "install", "--quiet", "--disable-pip-version-check"]
        subprocess.run([*install, "--requirement", str(ROOT / "packaging/requirements.txt")], check=True)
        mark.write_text(wanted)
    return place / "bin"


@functools.cache
def tool(name: str) -> ModuleType:
    """A pinned tool that is a Python module."""
    for place in tools().parent.glob("lib/python*/site-packages"):
        sys.path.append(str(place))
    return importlib.import_module(name)


def run(*command: str, check: bool = True) -> str:
    """What a command prints, run at the root of the project; empty when it fails and `check` is not set."""
    errors = None if check else subprocess.DEVNULL
    done = subprocess.run(command, cwd=ROOT, check=check, stdout=subprocess.PIPE, stderr=errors, text=True)
    return done.stdout.strip() if done.returncode == 0 else ""
