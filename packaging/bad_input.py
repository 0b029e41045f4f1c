"""What the install script must refuse: nothing is changed, and it says what to do."""

import shutil
import subprocess
import tarfile
from pathlib import Path

import archive
import project
from world import HOME, Done, Failure, World

DIST = "/media/dist"


class Case:
    """A world with the released directory in it, writable."""

    def __init__(self, world: World, dist: Path, target: str) -> None:
        self.world, self.name, self.target = world, archive.archive_name(target), target
        shutil.rmtree(world.at(DIST), ignore_errors=True)
        world.at(DIST).mkdir()
        for name in ("install.sh", "SHA256SUMS", self.name, archive.mcp_name(target)):
            shutil.copy(dist / name, world.at(DIST) / name)
        self.archive = world.at(DIST) / self.name
        self.mcp = world.at(DIST) / archive.mcp_name(target)
        self.script = f"{DIST}/install.sh"

    def sign(self) -> None:
        """Writes SHA256SUMS anew, as one who changed an archive would."""
        archive.write_sums(self.world.at(DIST))

    def unstamped(self) -> None:
        """Takes the script that knows no release: what lies beside the archive is all that there is to check it."""
        shutil.copy(project.ROOT / "packaging/install.sh", self.world.at(DIST) / "install.sh")

    def run(self, *options: str, **environment: str) -> Done:
        return self.world.run("dash", self.script, *(options or ("--from", DIST)), **environment)

    def refused(self, expected: str, *options: str, code: int = 1, **environment: str) -> None:
        before = self.world.home()
        done = self.run(*options, **environment)
        if done.code != code or expected not in done.err:
            raise Failure(f"expected exit {code} and {expected!r}, but it ended with {done.code}:\n{done.said}")
        if self.world.home() != before:
            raise Failure("HOME was changed")


def a_truncated_archive(case: Case) -> None:
    content = case.archive.read_bytes()
    for length in (0, 1, len(content) // 2, len(content) - 1):
        case.archive.write_bytes(content[:length])
        case.refused("it was cut short or changed, so get it again")


def a_truncated_archive_with_sums_of_its_own(case: Case) -> None:
    case.unstamped()
    case.archive.write_bytes(case.archive.read_bytes()[:-1000])
    case.sign()
    case.refused("it is not a whole .tar.gz")


def a_changed_archive(case: Case) -> None:
    content = bytearray(case.archive.read_bytes())
    content[len(content) // 2] ^= 1
    case.archive.write_bytes(content)
    case.refused("it was cut short or changed")
    # The released script has the sums itself.
    case.sign()
    case.refused("it was cut short or changed")
    case.refused("must be 0000", "--from", DIST, "--sha256", "0000")


def an_archive_without_a_sum(case: Case) -> None:
    case.unstamped()
    (case.world.at(DIST) / "SHA256SUMS").unlink()
    case.refused("no SHA256SUMS beside it names it; give its sum with --sha256")


def an_archive_that_leads_out_of_its_directory(case: Case) -> None:
    case.unstamped()
    files = {"../../escaped": (b"", 0o644)}
    case.archive.write_bytes(archive.packed(case.name.removesuffix(".tar.gz"), files))
    case.sign()
    case.refused("it holds files outside of")


def an_archive_with_a_link(case: Case) -> None:
    case.unstamped()
    directory = case.name.removesuffix(".tar.gz")
    with tarfile.open(case.archive, "w:gz") as tar:
        link = tarfile.TarInfo(f"{directory}/bin")
        link.type, link.linkname = tarfile.SYMTYPE, HOME
        tar.addfile(link)
    case.sign()
    case.refused("it holds more than files and directories")


def a_changed_mcp_archive(case: Case) -> None:
    content = bytearray(case.mcp.read_bytes())
    content[len(content) // 2] ^= 1
    case.mcp.write_bytes(content)
    case.refused("it was cut short or changed, so get it again; or leave it out with --without-mcp")
    case.sign()
    case.refused("it was cut short or changed")
    case.unstamped()
    case.mcp.write_bytes(archive.packed("elsewhere", {"bin/handoff-mcp": (b"", 0o755)}))
    case.sign()
    case.refused("it holds files outside of")
    done = case.run("--from", DIST, "--without-mcp")
    if done.code != 0:
        raise Failure(f"without it, it ended with {done.code}: {done.said}")
    case.world.prove(project.version(), mcp=False)
    case.world.must("handoff", "uninstall")


def a_release_whose_mcp_archive_cannot_be_had(case: Case) -> None:
    aside = case.mcp.rename(case.mcp.with_suffix(".aside"))
    done = case.run()
    if done.code != 0 or f"without the MCP server: {DIST} has no {case.mcp.name}" not in done.out:
        raise Failure(f"it does not install the rest and say so: {done.said}")
    case.world.prove(project.version(), mcp=False)
    aside.rename(case.mcp)
    case.world.must("dash", case.script, "--from", DIST)
    case.world.prove(project.version())
    # What is installed is not taken away unasked.
    case.mcp.unlink()
    case.refused("the MCP server is installed, and")
    case.unstamped()
    case.sign()
    case.refused(f"no SHA256SUMS names {case.mcp.name}; to install the rest without it, add --without-mcp")
    case.world.prove(project.version())
    case.world.must("handoff", "uninstall")


def an_archive_of_another_platform(case: Case) -> None:
    case.unstamped()
    other = next(target for target in project.TARGETS if target != case.target)
    renamed = case.archive.with_name(archive.archive_name(other))
    case.archive.rename(renamed)
    case.sign()
    case.refused("it is not an archive for", "--from", f"{DIST}/{renamed.name}")


def an_older_archive(case: Case) -> None:
    files = archive.read(case.archive)
    if case.run().code != 0:
        raise Failure("the archive does not install")
    case.unstamped()
    older = f"agent-handoff-0.0.9-{case.target}"
    case.archive.unlink()
    (case.world.at(DIST) / f"{older}.tar.gz").write_bytes(archive.packed(older, files))
    case.sign()
    case.refused("which is newer than 0.0.9; to go back to that, add --downgrade")
    # The MCP server of that version is not there.
    done = case.run("--from", DIST, "--downgrade", "--without-mcp")
    if done.code != 0:
        raise Failure(f"--downgrade does not: {done.said}")
    case.world.must("handoff", "uninstall")


def an_unknown_platform(case: Case) -> None:
    for system, machine in (("Linux", "riscv64"), ("FreeBSD", "amd64")):
        put_program(case, "uname", f"case $1 in -s) echo {system} ;; *) echo {machine} ;; esac")
        case.refused(f"there is no released archive for {system} on {machine}")


def put_program(case: Case, name: str, script: str) -> None:
    """Has `name` on PATH do something else."""
    path = case.world.at(f"/usr/local/bin/{name}")
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)


def a_prefix_that_cannot_be_written(case: Case) -> None:
    case.refused("cannot be written; choose another with --prefix DIR", "--from", DIST, "--prefix", "/usr/agent-handoff")
    case.refused("is not a directory", "--from", DIST, "--prefix", f"{HOME}/.claude/settings.json/x")


def an_address_that_does_not_answer_or_is_not_private(case: Case) -> None:
    case.refused("could not download", "--from", "http://127.0.0.1:9", code=3)
    case.refused("only https addresses are taken", "--from", "http://example.org/agent-handoff")


def a_temporary_directory_that_forbids_programs(case: Case) -> None:
    case.world.at("/media/noexec").mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "noexec,mode=1777", "tmpfs", case.world.at("/media/noexec")], check=True)
    case.refused("where the directory forbids programs, unpack it elsewhere", TMPDIR="/media/noexec")
    if list(case.world.at("/media/noexec").iterdir()):
        raise Failure("it left what it unpacked")


def a_wrong_command_line(case: Case) -> None:
    case.refused("there is no option `--form`", "--form", DIST, code=2)
    case.refused("--from needs a value", "--from", code=2)
    case.refused("there is no such file or directory", "--from", "/nowhere")
    put_program(case, "id", "echo 0")
    case.refused("run it without sudo, as user", "--from", DIST, SUDO_USER="user")


def commands_that_are_not_on_path(case: Case) -> None:
    done = case.run(path="/usr/local/bin:/usr/bin:/bin")
    if done.code != 0 or "~/.local/bin is not on your PATH" not in done.out or ".bashrc" not in done.out:
        raise Failure(f"it does not say that the commands are not on PATH: {done.said}")
    case.world.must("handoff", "uninstall")


def an_installation_from_a_checkout(case: Case) -> None:
    if case.run().code != 0:
        raise Failure("the archive does not install")
    manifest = case.world.at(f"{HOME}/.agent-handoff/manifest.json")
    manifest.write_text(manifest.read_text().replace('"checkout": null', '"checkout": "/home/user/agent-handoff"'))
    done = case.run()
    if done.code != 0 or "which was built from /home/user/agent-handoff" not in done.out:
        raise Failure(f"it does not say what it replaces: {done.said}")
    case.world.must("handoff", "uninstall")


ALL = [
    a_truncated_archive,
    a_truncated_archive_with_sums_of_its_own,
    a_changed_archive,
    an_archive_without_a_sum,
    an_archive_that_leads_out_of_its_directory,
    an_archive_with_a_link,
    a_changed_mcp_archive,
    a_release_whose_mcp_archive_cannot_be_had,
    an_archive_of_another_platform,
    an_older_archive,
    an_unknown_platform,
    a_prefix_that_cannot_be_written,
    an_address_that_does_not_answer_or_is_not_private,
    a_temporary_directory_that_forbids_programs,
    a_wrong_command_line,
    commands_that_are_not_on_path,
    an_installation_from_a_checkout,
]
