"""Writes the released archives: the same input gives the same bytes."""

import hashlib
import io
import json
import tarfile
from pathlib import Path

import macho
import project

# What an archive has beside the programs.
PAPERS = ("LICENSE", "README.md")

# Made from the tables of lib/cli: `generate` of packaging/build puts them below this directory.
GENERATED = ("man", "completions")

# Says how an installation came. The installer finds it beside the directory of the programs that it installs.
ORIGIN = "origin.json"


def write(out: Path, target: str, programs: Path, generated: Path, repository: str) -> Path:
    """Writes the archive of `target` to `out`; gives its path."""
    name = archive_name(target).removesuffix(".tar.gz")
    path = out / archive_name(target)
    path.write_bytes(packed(name, contents(target, programs, generated, repository)))
    return path


def program(target: str, path: Path) -> bytes:
    """A built program as it is released."""
    return macho.with_own_id(path.read_bytes()) if target in macho.PROCESSORS else path.read_bytes()


def write_mcp(out: Path, target: str, programs: Path) -> Path:
    """Writes the archive of the MCP server, which is unpacked over the other; gives its path."""
    files = {f"bin/{project.MCP}": (program(target, programs / project.MCP), 0o755)}
    files["LICENSE-MCP"] = ((project.ROOT / "LICENSE").read_bytes(), 0o644)
    path = out / mcp_name(target)
    path.write_bytes(packed(archive_name(target).removesuffix(".tar.gz"), files))
    return path


def mcp_name(target: str) -> str:
    return f"{project.MCP}-{project.version()}-{target}.tar.gz"


def archive_name(target: str) -> str:
    return f"agent-handoff-{project.version()}-{target}.tar.gz"


def contents(target: str, programs: Path, generated: Path, repository: str) -> dict[str, tuple[bytes, int]]:
    """What the archive holds: path, then bytes and mode."""
    files = {f"bin/{name}": (program(target, programs / name), 0o755) for name in project.PROGRAMS}
    files |= {paper: ((project.ROOT / paper).read_bytes(), 0o644) for paper in PAPERS}
    files["install"] = ((project.ROOT / "packaging/install").read_bytes(), 0o755)
    files[ORIGIN] = (origin(target, repository).encode(), 0o644)
    for directory in GENERATED:
        for path in sorted((generated / directory).iterdir()):
            files[f"{directory}/{path.name}"] = (path.read_bytes(), 0o644)
    return files


def origin(target: str, repository: str) -> str:
    """How an installation from the archive came, as JSON on one line: `packaging/README.md` says what it means."""
    fields = {
        "way": "archive",
        "version": project.version(),
        "target": target,
        "commit": project.commit(),
        "repository": repository,
    }
    return json.dumps(fields) + "\n"


def read_all(dist: Path) -> list[tuple[str, dict[str, tuple[bytes, int]]]]:
    """The released targets of which `dist` has archives, each with what is in it, and the MCP server of its other archive."""
    there = []
    for target in project.TARGETS:
        path, mcp = dist / archive_name(target), dist / mcp_name(target)
        if path.is_file() and not mcp.is_file():
            raise SystemExit(f"there is no {mcp.name} in {dist}: run packaging/build first")
        if path.is_file():
            server = {name: content for name, content in read(mcp).items() if name.startswith("bin/")}
            there.append((target, read(path) | server))
    if not there:
        raise SystemExit(f"there is no archive of version {project.version()} in {dist}: run packaging/build first")
    return there


def read(path: Path) -> dict[str, tuple[bytes, int]]:
    """What is in an archive: path below its directory, then bytes and mode."""
    with tarfile.open(path) as tar:
        return {
            member.name.split("/", 1)[1]: (tar.extractfile(member).read(), member.mode)
            for member in tar.getmembers()
            if member.isfile()
        }


def came_by(way: str, files: dict[str, tuple[bytes, int]]) -> bytes:
    """The archive's `origin.json` for a package that is made from it."""
    return (json.dumps(json.loads(files[ORIGIN][0]) | {"way": way}) + "\n").encode()


def repository(files: dict[str, tuple[bytes, int]]) -> str:
    """The address of the project that an archive names; empty when it names none."""
    return json.loads(files[ORIGIN][0])["repository"]


def packed(name: str, files: dict[str, tuple[bytes, int]]) -> bytes:
    """A compressed tar archive with all `files` below the directory `name`."""
    directories = {str(parent) for path in files for parent in Path(name, path).parents} - {"."}
    entries = {f"{name}/{path}": content for path, content in files.items()}
    entries |= {directory: (None, 0o755) for directory in directories}
    buffer = io.BytesIO()
    with tarfile.open(mode="w", fileobj=buffer, format=tarfile.USTAR_FORMAT) as tar:
        for path in sorted(entries):
            tar.addfile(*entry(path, *entries[path]))
    # Its header has neither name nor time. 4 % less than gzip -9, for the same gzip to unpack.
    return project.tool("deflate").gzip_compress(buffer.getvalue(), 12)


def entry(path: str, content: bytes | None, mode: int) -> tuple[tarfile.TarInfo, io.BytesIO | None]:
    info = tarfile.TarInfo(path)
    info.mtime, info.mode = project.commit_time(), mode
    info.uid = info.gid = 0
    info.uname = info.gname = "root"
    if content is None:
        info.type = tarfile.DIRTYPE
        return info, None
    info.size = len(content)
    return info, io.BytesIO(content)


def write_installer(out: Path, repository: str) -> None:
    """Writes the released `install.sh`: it knows its version, where the archives are, and their sums."""
    text = (project.ROOT / "packaging/install.sh").read_text()
    base = f"{repository}/releases/download/v{project.version()}" if repository else ""
    archives = sorted([*out.glob(archive_name("*")), *out.glob(mcp_name("*"))])
    sums = "".join(f"{sha256(path)}  {path.name}\n" for path in archives)
    for name, value in (("VERSION", project.version()), ("BASE", base), ("SUMS", sums)):
        blank = f"\n{name}=''\n"
        if text.count(blank) != 1:
            raise SystemExit(f"packaging/build: install.sh has no line {name}=''")
        text = text.replace(blank, f"\n{name}='{value}'\n")
    path = out / "install.sh"
    path.write_text(text)
    path.chmod(0o755)


def write_sums(out: Path) -> None:
    """Writes SHA256SUMS of all that lies in `out`."""
    files = sorted(path for path in out.iterdir() if path.is_file() and path.name != "SHA256SUMS")
    (out / "SHA256SUMS").write_text("".join(f"{sha256(path)}  {path.name}\n" for path in files))


def sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
