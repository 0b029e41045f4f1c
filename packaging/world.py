"""A root file system with neither cargo nor a compiler, and a person in it: what the ways in are tried in.

It is a tmpfs in a mount namespace of its own, so nothing of it is left behind. It has busybox, git, and what a way
needs, bound read-only from this machine; the network namespace has the loopback interface alone.
"""

import json
import os
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

USER = 1000
HOME = "/home/user"
PATH = f"{HOME}/.local/bin:/usr/local/bin:/usr/bin:/bin"

# Where dynamic programs find their libraries, on Debian and its kin.
LIBRARIES = ("/lib64", f"/usr/lib/{os.uname().machine}-linux-gnu", "/usr/lib64", "/etc/ssl", "/usr/lib/git-core")

# What an MCP client says first.
INITIALIZE = (
    '{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-06-18","capabilities":{},'
    '"clientInfo":{"name":"test","version":"1"}}}\n'
)

SETTINGS = '{ "model": "opus" } '


class Failure(Exception):
    """What was not as it must be."""


@dataclass
class Done:
    """What a command came to."""

    code: int
    out: str
    err: str

    @property
    def said(self) -> str:
        return self.out + self.err


class World:
    """One root file system with one HOME, gone after the `with` block."""

    def __init__(self, bound: dict[Path, str] | None = None) -> None:
        self.root = Path(tempfile.mkdtemp(prefix="agent-handoff-root-"))
        usual = {Path(path): path for path in (*LIBRARIES, "/usr/bin/git", "/usr/bin/dash")}
        self.bound = usual | (bound or {})

    def __enter__(self) -> "World":
        subprocess.run(["mount", "-t", "tmpfs", "-o", "mode=755", "tmpfs", str(self.root)], check=True)
        for directory in ("bin", "usr/bin", "usr/local/bin", "dev", "proc", "etc", "home/user", "tmp", "media"):
            self.at(f"/{directory}").mkdir(parents=True)
        self.at("/tmp").chmod(0o1777)
        self.at("/lib").symlink_to("usr/lib")
        self.at("/etc/passwd").write_text(f"root:x:0:0::/root:/bin/sh\nuser:x:{USER}:{USER}::{HOME}:/bin/sh\n")
        self.at("/etc/hosts").write_text("127.0.0.1 localhost\n")
        self.busybox()
        for device in ("null", "zero", "urandom", "tty"):
            self.bind(Path("/dev") / device, f"/dev/{device}")
        self.bind(Path("/proc"), "/proc")
        for source, place in self.bound.items():
            if source.exists():
                self.bind(source, place, read_only=True)
        self.person()
        return self

    def __exit__(self, *_: object) -> None:
        subprocess.run(["umount", "--recursive", "--lazy", str(self.root)], check=False)
        self.root.rmdir()

    def at(self, path: str) -> Path:
        """Where `path` of that root is here."""
        return self.root / path.lstrip("/")

    def bind(self, source: Path, place: str, read_only: bool = False) -> None:
        target = self.at(place)
        if source.is_dir():
            target.mkdir(parents=True, exist_ok=True)
        else:
            target.parent.mkdir(parents=True, exist_ok=True)
            target.touch()
        subprocess.run(["mount", "--rbind", str(source.resolve()), str(target)], check=True)
        if read_only:
            subprocess.run(["mount", "-o", "remount,bind,ro", str(target)], check=True)

    def busybox(self) -> None:
        program = shutil.which("busybox")
        if program is None:
            raise Failure("there is no busybox on PATH: install busybox-static")
        shutil.copy(program, self.at("/bin/busybox"))
        listed = subprocess.run([program, "--list"], capture_output=True, text=True, check=True).stdout
        for name in listed.split():
            if name != "busybox":
                self.at(f"/bin/{name}").symlink_to("busybox")
        # Where scripts of every system look for it.
        self.at("/usr/bin/env").symlink_to("/bin/busybox")

    def person(self) -> None:
        """A HOME with both agents' directories and settings of the person's own."""
        home = self.at(HOME)
        (home / ".claude").mkdir()
        (home / ".codex").mkdir()
        (home / ".claude/settings.json").write_text(SETTINGS)
        for path in (home, *home.rglob("*")):
            os.chown(path, USER, USER)

    def put(self, source: Path, place: str) -> str:
        """Copies a file or directory in, readable by everybody; gives `place`."""
        target = self.at(place)
        target.parent.mkdir(parents=True, exist_ok=True)
        if source.is_dir():
            shutil.copytree(source, target, dirs_exist_ok=True)
        else:
            shutil.copy(source, target)
        return place

    def run(
        self,
        *command: str,
        input: str = "",
        cwd: str = HOME,
        path: str = PATH,
        user: int = USER,
        **environment: str,
    ) -> Done:
        """Runs a command in it as the person, with this environment and no other."""
        inside = self.command(*command, cwd=cwd, path=path, user=user, **environment)
        done = subprocess.run(inside, input=input, capture_output=True, text=True, timeout=300)
        return Done(done.returncode, done.stdout, done.stderr)

    def command(
        self, *command: str, cwd: str = HOME, path: str = PATH, user: int = USER, **environment: str
    ) -> list[str]:
        """What runs a command in it as `run` does."""
        given = {"HOME": HOME, "PATH": path, "SHELL": "/bin/bash", "USER": "user"} | environment
        inside = ["chroot", f"--userspec={user}:{user}", str(self.root), "/bin/env", "-i"]
        inside += [f"{name}={value}" for name, value in given.items()]
        return [*inside, "/bin/sh", "-c", 'cd "$0" && exec "$@"', cwd, *command]

    def must(self, *command: str, **options) -> Done:
        """Runs a command that has to succeed."""
        done = self.run(*command, **options)
        if done.code != 0:
            raise Failure(f"{' '.join(command)} ended with {done.code}:\n{done.said}")
        return done

    def home(self) -> list[str]:
        """Everything in HOME: path, kind, mode, and what is in it."""
        found = []
        for path in sorted(self.at(HOME).rglob("*")):
            info = path.lstat()
            content = str(path.readlink()) if path.is_symlink() else path.read_bytes().hex() if path.is_file() else ""
            found.append(f"{path.relative_to(self.at(HOME))} {info.st_mode:o} {content}")
        return found

    def prove(self, version: str, mcp: bool = True) -> None:
        """The main job, as the agents do it: the wired hook shows a handoff; doctor finds nothing wrong. The MCP server of the
        same version is there, or is not."""
        told = self.must("handoff", "--version").out
        if version not in told:
            raise Failure(f"`handoff --version` says {told!r}, not {version}")
        doctor = self.must("handoff", "doctor", "--quick")
        if f"version {version}" not in doctor.out:
            raise Failure(f"doctor does not say that it is {version}:\n{doctor.said}")
        served = self.run("handoff", "mcp", input=INITIALIZE)
        if mcp and f'"version":"{version}"' not in served.out:
            raise Failure(f"there is no MCP server of {version}:\n{served.said}")
        if not mcp and served.code == 0:
            raise Failure(f"there is an MCP server:\n{served.said}")
        self.works()

    def works(self) -> None:
        """A handoff is written, and the wired hook shows it."""
        self.must("git", "init", "--quiet", f"{HOME}/app")
        app = f"{HOME}/app"
        written = self.must("handoff", "write", "--name", "Try it", input="## Immediate next action\nRun `make`.\n", cwd=app)
        sentinel = written.out.split("sentinel:")[1].split()[0]
        shown = self.must(*self.hook(), input=json.dumps(self.payload(app)), cwd=app).out
        if sentinel not in shown or "Run `make`." not in shown:
            raise Failure(f"the hook did not show the handoff:\n{shown}")
        shutil.rmtree(self.at(app))
        # Else doctor finds a handoff for a directory that is gone, and rightly so.
        for inbox in self.at(f"{HOME}/.agent-handoffs").glob("*-app"):
            shutil.rmtree(inbox)

    def hook(self) -> list[str]:
        """The command that Claude Code's settings have for the start of a session."""
        settings = json.loads(self.at(f"{HOME}/.claude/settings.json").read_text())
        hook = settings["hooks"]["SessionStart"][0]["hooks"][0]
        return [hook["command"], *hook.get("args", [])]

    @staticmethod
    def payload(cwd: str) -> dict:
        return {
            "session_id": "a-session",
            "transcript_path": f"{HOME}/.claude/projects/a-session.jsonl",
            "cwd": cwd,
            "hook_event_name": "SessionStart",
            "source": "startup",
        }

    def uninstall(self, before: list[str]) -> None:
        """Takes it away; HOME must be as it was but for the handoffs, which are the person's."""
        self.must("handoff", "uninstall")
        shutil.rmtree(self.at(f"{HOME}/.agent-handoffs"), ignore_errors=True)
        after = self.home()
        if after != before:
            changed = sorted(set(before) ^ set(after))
            raise Failure("uninstalling left or changed:\n" + "\n".join(line[:200] for line in changed))
