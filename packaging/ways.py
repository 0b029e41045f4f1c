"""The ways in: each from nothing to a handoff that is shown, and back to nothing."""

import json
import os
import shutil
import subprocess
import sys
import time
import tomllib
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from urllib.request import urlopen

import archive
import project
import upgrades
from world import HOME, Failure, World

DIST = "/media/dist"


@contextmanager
def served(directory: Path):
    """Serves a directory on the loopback interface; gives its address."""

    class Quiet(SimpleHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(directory)))
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


def from_archive(dist: Path, target: str) -> str:
    with World() as world:
        world.put(dist / archive.archive_name(target), "/media/it.tar.gz")
        before = world.home()
        begun = time.monotonic()
        world.must("tar", "-xzf", "/media/it.tar.gz", "-C", "/tmp")
        name = archive.archive_name(target).removesuffix(".tar.gz")
        world.must(f"/tmp/{name}/install")
        took = time.monotonic() - begun
        world.prove(project.version(), mcp=False)
        world.put(dist / archive.mcp_name(target), "/media/mcp.tar.gz")
        world.must("tar", "-xzf", "/media/mcp.tar.gz", "-C", "/tmp")
        world.must(f"/tmp/{name}/install")
        shutil.rmtree(world.at(f"/tmp/{name}"))
        world.prove(project.version())
        world.uninstall(before)
    return f"from the archive to wired in {took:.2f} s; then with the MCP server unpacked over it"


def by_script(dist: Path, target: str) -> str:
    with World() as world:
        world.put(dist, DIST)
        before = world.home()
        world.must("dash", f"{DIST}/install.sh", "--from", DIST)
        world.prove(project.version())
        world.uninstall(before)
        with served(dist) as address:
            world.must("sh", f"{DIST}/install.sh", "--from", address, "--prefix", f"{HOME}/apps/agent handoff")
        world.prove(project.version())
        if not world.at(f"{HOME}/apps/agent handoff/bin/handoff").is_file():
            raise Failure("it is not where --prefix says")
        world.uninstall(before)
        world.must("dash", f"{DIST}/install.sh", "--from", f"{DIST}/{archive.archive_name(target)}")
        world.prove(project.version())
        world.must("dash", f"{DIST}/install.sh", "--from", DIST, "--without-mcp")
        world.prove(project.version(), mcp=False)
        world.uninstall(before)
    return "from a directory, over HTTP to another prefix, from a file, and without the MCP server"


def upgraded_by_script(dist: Path, target: str) -> str:
    """What the released script installed, from the releases of a repository."""
    site = upgrades.scratch() / "site"
    shutil.rmtree(site, ignore_errors=True)
    site.mkdir(parents=True)
    with World() as world, served(site) as address:
        repository = f"{address}/it"

        def put(version: str) -> None:
            released = upgrades.release(dist, target, upgrades.scratch() / version, version, repository)
            upgrades.publish(site, released, version)

        def install(*options: str) -> None:
            world.put(upgrades.scratch() / project.version(), DIST)
            world.must("sh", f"{DIST}/install.sh", "--from", DIST, *options)

        before = world.home()
        put(project.version())
        install()
        world.prove(project.version())
        upgrades.tried(world, put)
        install("--downgrade")
        seen = upgrades.killed(world, lambda: install("--downgrade"))
        world.uninstall(before)
    return f"and killed at many moments: {seen}"


def by_binstall(dist: Path, target: str) -> str:
    """The file that `cargo binstall` downloads and puts on PATH, by the address that the crate has."""
    described = tomllib.loads((dist / "cargo/Cargo.toml").read_text())["package"]
    address = described["metadata"]["binstall"]["pkg-url"].replace("{ repo }", "").replace("{ target }", target)
    name = address.replace("{ version }", described["version"]).rsplit("/", 1)[1]
    with World() as world:
        world.put(dist / name, "/usr/local/bin/agent-handoff")
        before = world.home()
        world.must("agent-handoff", "install")
        world.prove(project.version())
        world.uninstall(before)
        if list(world.at("/tmp").iterdir()):
            raise Failure("it left what it unpacked")
    return "the file of `cargo binstall agent-handoff`"


def by_homebrew(dist: Path, target: str) -> str:
    """What the formula installs, and the command that it puts on PATH."""
    ruby, place = shutil.which("ruby"), project.target_directory() / "packaging-tools/homebrew"
    if ruby is None:
        return "without Ruby, so not at all"
    shutil.rmtree(place, ignore_errors=True)
    place.mkdir(parents=True)
    poured = project.ROOT / "packaging/homebrew/poured.rb"
    words = [*map(str, (poured, dist / "agent-handoff.rb", dist)), *project.TARGETS[target]["brew"], str(place)]
    done = subprocess.run([ruby, *words], capture_output=True, text=True)
    if done.returncode != 0:
        raise Failure(done.stderr)
    with World({place: str(place)}) as world:
        before = world.home()
        world.must(str(place / "bin/agent-handoff"), "install")
        world.prove(project.version())
        manifest = json.loads(world.at(f"{HOME}/.agent-handoff/manifest.json").read_text())
        if manifest["package"]["way"] != "homebrew":
            raise Failure(f"it came by {manifest['package']}")
        world.uninstall(before)
    return "the formula's files, by its own steps"


def from_clone(dist: Path, _: str) -> str:
    """`./install` of a clone: with an archive, without anything, and at a release that its origin has."""
    with World() as world:
        clone = f"{HOME}/clone"
        for path in ("install", "Cargo.toml", "packaging/install.sh"):
            world.put(project.ROOT / path, f"{clone}/{path}")
        world.put(dist, DIST)
        world.must("chown", "-R", "user", clone, user=0)
        before = world.home()
        world.must(f"{clone}/install", "--without-mcp", "--from", DIST)
        world.prove(project.version(), mcp=False)
        world.must(f"{clone}/install", "--from", DIST)
        world.prove(project.version())
        world.uninstall(before)
        refused = world.run(f"{clone}/install")
        if refused.code != 1 or "there is no cargo on PATH; install Rust" not in refused.err:
            raise Failure(f"without cargo and a release it ended with {refused.code}: {refused.said}")
        for command in (
            ["init", "--quiet"],
            ["add", "."],
            ["-c", "user.name=U", "-c", "user.email=u@example.org", "commit", "--quiet", "--message", "Release"],
            ["tag", f"v{project.version()}"],
        ):
            world.must("git", "-C", clone, *command)
        site = project.target_directory() / "packaging-tools/site"
        shutil.rmtree(site, ignore_errors=True)
        shutil.copytree(dist, site / f"it/releases/download/v{project.version()}")
        with served(site) as address:
            world.must("git", "-C", clone, "remote", "add", "origin", f"{address}/it.git")
            before = world.home()
            world.must(f"{clone}/install")
        world.prove(project.version())
        world.uninstall(before)
        unreachable = world.run(f"{clone}/install")
        if unreachable.code != 1 or "building the programs instead" not in unreachable.err:
            raise Failure(f"with its origin out of reach it ended with {unreachable.code}: {unreachable.said}")
    return "`./install`, with an archive, and at a release"


def by_npm(dist: Path, target: str) -> str:
    node, command = shutil.which("node"), shutil.which("npm")
    if node is None or command is None:
        raise Failure("there is no node with npm")
    # `…/npm/bin/npm-cli.js`, wherever that is.
    npm = Path(command).resolve().parent.parent
    with World({Path(node): "/usr/bin/node", npm: "/usr/lib/node_modules/npm"}) as world, registry(dist) as address:
        for command in ("npm", "npx"):
            world.at(f"/usr/bin/{command}").symlink_to(f"../lib/node_modules/npm/bin/{command}-cli.js")
        before = world.home()
        # Its cache is no part of the installation.
        settings = {"npm_config_registry": address, "npm_config_cache": "/tmp/npm", "npm_config_update_notifier": "false"}
        world.must("npx", "--yes", "agent-handoff", "install", **settings)
        shutil.rmtree(world.at("/tmp/npm"))
        world.prove(project.version())

        def put(version: str) -> None:
            released = upgrades.release(dist, target, upgrades.scratch() / version, version)
            publish_to(address, released)

        upgrades.tried(world, put, **settings)
        world.uninstall(before)
    return "`npx agent-handoff install`, and its upgrades"


@contextmanager
def registry(dist: Path):
    """An npm registry of this machine with the packages in it; gives its address."""
    place = project.target_directory() / "packaging-tools/registry"
    scratch = place / "storage"
    shutil.rmtree(scratch, ignore_errors=True)
    scratch.mkdir()
    address = "http://127.0.0.1:4873"
    config = scratch / "config.yaml"
    config.write_text(
        f"storage: {scratch}/packages\nauth: {{ htpasswd: {{ file: {scratch}/users }} }}\nuplinks: {{}}\n"
        "max_body_size: 100mb\npackages: { '**': { access: $all, publish: $all } }\nlog: { type: stdout, level: error }\n"
    )
    server = subprocess.Popen(
        [str(place / "node_modules/.bin/verdaccio"), "--config", str(config), "--listen", address.removeprefix("http://")],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        wait_for(address, server)
        publish_to(address, dist)
        yield address
    finally:
        server.terminate()
        server.wait()


def publish_to(address: str, dist: Path) -> None:
    """Publishes the npm packages in `dist`, those of the platforms first."""
    scratch = project.target_directory() / "packaging-tools/registry/storage"
    environment = dict(os.environ, npm_config_userconfig=str(scratch / "npmrc"), npm_config_cache=str(scratch / "npm"))
    host = address.removeprefix("http:")
    (scratch / "npmrc").write_text(f"registry={address}\n{host}/:_authToken=none\n")
    for path in sorted((dist / "npm").glob("*.tgz"), reverse=True):
        published = subprocess.run(
            ["npm", "publish", str(path), "--loglevel", "error"], env=environment, capture_output=True, text=True
        )
        if published.returncode != 0:
            raise Failure(f"npm did not publish {path.name}: {published.stderr}")


def wait_for(address: str, server: subprocess.Popen) -> None:
    end = time.monotonic() + 60
    while time.monotonic() < end:
        if server.poll() is not None:
            break
        try:
            urlopen(f"{address}/-/ping", timeout=5).close()
            return
        except OSError:
            time.sleep(0.1)
    raise Failure("the npm registry did not start")


def by_pypi(dist: Path, target: str) -> str:
    uv, python = project.tools() / "uv", Path(sys.base_prefix)
    index = project.target_directory() / "packaging-tools/index"
    shutil.rmtree(index, ignore_errors=True)
    (index / "simple" / project.PYPI).mkdir(parents=True)
    for wheel in (dist / "pypi").glob("*.whl"):
        shutil.copy(wheel, index / "simple" / project.PYPI)
    bound = {uv: "/usr/bin/uv", uv.with_name("uvx"): "/usr/bin/uvx", python: "/opt/python"}
    with World(bound) as world, served(index) as address:
        before = world.home()
        settings = {
            "UV_CACHE_DIR": "/tmp/uv",
            "UV_TOOL_DIR": "/tmp/uv-tools",
            "UV_PYTHON": "/opt/python/bin/python3",
            "UV_INDEX_URL": f"{address}/simple",
            "UV_NO_CONFIG": "1",
        }
        world.must("uvx", project.PYPI, "install", **settings)
        shutil.rmtree(world.at("/tmp/uv"))
        world.prove(project.version())

        def put(version: str) -> None:
            released = upgrades.release(dist, target, upgrades.scratch() / version, version)
            for wheel in (released / "pypi").glob("*.whl"):
                shutil.copy(wheel, index / "simple" / project.PYPI)

        upgrades.tried(world, put, **settings)
        world.uninstall(before)
        for version in (upgrades.BROKEN, upgrades.NEWER):
            for wheel in (index / "simple" / project.PYPI).glob(f"*-{version}-*.whl"):
                wheel.unlink()
        world.must("/opt/python/bin/python3", "-m", "venv", "/tmp/venv")
        pip = ("/tmp/venv/bin/pip", "install", "--quiet", "--disable-pip-version-check", "--no-cache-dir")
        world.must(*pip, "--index-url", f"{address}/simple", project.PYPI)
        world.must("/tmp/venv/bin/agent-handoff", "install")
        world.prove(project.version())
        world.uninstall(before)
    return f"`uvx {project.PYPI} install` and its upgrades, and pip"
