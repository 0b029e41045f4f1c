"""Upgrading, by each way: back from a release whose programs fail their proof, forward to a newer one, killed at any moment."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import archive
import project
from world import Failure, World

# What the tests release after the version that is built: as many bytes, since the programs have it in them.
_BASE = project.version().split("-")[0][:-1]
BROKEN, NEWER = _BASE + "8", _BASE + "9"

# An upgrade is killed at a moment later by this part of the time that it takes, until it is faster; at most so many times.
STEP, MOST_KILLS = 1 / 24, 60


def release(dist: Path, target: str, out: Path, version: str, repository: str = "") -> Path:
    """Makes `out` what `packaging/build` would have written for `target` at `version`; gives it. The programs are those of
    `dist` with another version in them. Those of `BROKEN` show no handoff."""
    shutil.rmtree(out, ignore_errors=True)
    out.mkdir(parents=True)
    old = project.version()
    files = renamed(archive.read(dist / archive.archive_name(target)), old, version)
    server = renamed(archive.read(dist / archive.mcp_name(target)), old, version)
    if version == BROKEN:
        files["bin/session-start"] = (b"#!/bin/sh\nexit 0\n", 0o755)
    origin = json.loads(files[archive.ORIGIN][0]) | {"version": version, "repository": repository}
    files[archive.ORIGIN] = ((json.dumps(origin) + "\n").encode(), 0o644)
    with project.as_version(version):
        name = archive.archive_name(target)
        for path, content in ((out / name, files), (out / archive.mcp_name(target), server)):
            path.write_bytes(archive.packed(name.removesuffix(".tar.gz"), content))
        archive.write_installer(out, repository)
        for registry in ("npm", "pypi", "cargo"):
            making = [sys.executable, str(project.ROOT / f"packaging/{registry}/build"), str(out)]
            subprocess.run(making, check=True, stdout=subprocess.DEVNULL)
        archive.write_sums(out)
    return out


def renamed(files: dict[str, tuple[bytes, int]], old: str, version: str) -> dict[str, tuple[bytes, int]]:
    """An archive's files, with another version in the programs."""
    replaced = {path: (content.replace(old.encode(), version.encode()), mode) for path, (content, mode) in files.items()}
    return {path: replaced[path] if path.startswith("bin/") else content for path, content in files.items()}


def scratch() -> Path:
    """Where releases are made."""
    return project.target_directory() / "packaging-tools/releases"


def publish(site: Path, released: Path, version: str) -> None:
    """Has a served directory have a release, as the newest, where a repository has them."""
    place = site / f"it/releases/download/v{version}"
    newest = site / "it/releases/latest/download"
    for directory in (place, newest):
        shutil.rmtree(directory, ignore_errors=True)
        directory.mkdir(parents=True)
    for path in released.iterdir():
        if path.is_file():
            shutil.copy(path, place / path.name)
    shutil.copy(released / "SHA256SUMS", newest / "SHA256SUMS")


def tried(world: World, put: Callable[[str], None], **settings: str) -> None:
    """Upgrades what is installed in `world`; `put` publishes a version."""
    old = project.version()
    world.must("handoff", "upgrade", **settings)
    put(BROKEN)
    done = world.run("handoff", "upgrade", **settings)
    if done.code != 1 or "the old one is still there" not in done.err:
        raise Failure(f"upgrading to programs that fail their proof ended with {done.code}: {done.said}")
    world.prove(old)
    put(NEWER)
    done = world.must("handoff", "upgrade", **settings)
    if f"{NEWER} is installed and proved" not in done.out:
        raise Failure(f"upgrading does not say what it did: {done.said}")
    world.prove(NEWER)
    if f"{NEWER} is the newest" not in world.must("handoff", "upgrade", **settings).out:
        raise Failure("what is newest is not known as that")


def killed(world: World, back: Callable[[], None]) -> str:
    """Kills an upgrade with all that it started, at one moment after the other until it ends by itself: what is there must
    do the main job. `back` installs the older version again."""
    begun = time.monotonic()
    world.must("handoff", "upgrade")
    took = time.monotonic() - begun
    seen: dict[str, int] = {}
    # Before, it downloads.
    moment, ended = took / 2, False
    while not ended and sum(seen.values()) < MOST_KILLS:
        back()
        upgrading = subprocess.Popen(
            world.command("handoff", "upgrade"),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        time.sleep(moment)
        moment += took * STEP
        ended = upgrading.poll() is not None
        if not ended:
            os.killpg(upgrading.pid, signal.SIGKILL)
        upgrading.wait()
        world.works()
        version = world.must("handoff", "--version").out.split()[-1]
        seen[version] = seen.get(version, 0) + 1
    world.must("handoff", "upgrade")
    world.prove(NEWER)
    if NEWER not in seen:
        raise Failure("no upgrade came to its end")
    return ", ".join(f"{count} times {version}" for version, count in sorted(seen.items()))
