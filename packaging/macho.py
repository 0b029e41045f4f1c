"""What can be told of a macOS program without a Mac: that it is one, what it loads, that what it needs is there, and that
its signature is of its bytes, without which an arm64 Mac kills it at once. And its id, made from its bytes."""

import hashlib
import struct
import uuid
from pathlib import Path

import project
from world import Failure

PROCESSORS = {"x86_64-apple-darwin": 0x01000007, "aarch64-apple-darwin": 0x0100000C}

MAGIC, EXECUTE = 0xFEEDFACF, 2
LC_SYMTAB, LC_LOAD_DYLIB, LC_LOAD_DYLINKER, LC_CODE_SIGNATURE = 0x2, 0xC, 0xE, 0x1D
LC_VERSION_MIN_MACOSX, LC_BUILD_VERSION, LC_MAIN, LC_UUID = 0x24, 0x32, 0x80000028, 0x1B
MAGIC_SIGNATURE, MAGIC_CODE_DIRECTORY = 0xFADE0CC0, 0xFADE0C02
SHA256 = 2


def check(target: str, name: str, program: bytes) -> None:
    """Fails with the first thing that is not as it must be."""
    magic, processor, _, kind, count, _, _, _ = struct.unpack_from("<8I", program)
    expect(magic == MAGIC and kind == EXECUTE, name, "it is no program for macOS")
    expect(processor == PROCESSORS[target], name, "it is for another processor")
    commands = load_commands(program, count)
    libraries = [text(command, 8) for kind, command in commands if kind == LC_LOAD_DYLIB]
    foreign = [path for path in libraries if not path.startswith(("/usr/lib/", "/System/Library/"))]
    expect(not foreign, name, f"it loads {foreign}, which no Mac has")
    expect("/usr/lib/libSystem.B.dylib" in libraries, name, "it does not load the system's library")
    expect([text(command, 8) for kind, command in commands if kind == LC_LOAD_DYLINKER] == ["/usr/lib/dyld"], name, "no dyld")
    expect(any(kind == LC_MAIN for kind, _ in commands), name, "it has no entry point")
    allowed = tuple(int(part) for part in project.TARGETS[target]["macos"].split("."))
    expect(oldest(commands) <= allowed, name, f"it asks for macOS {oldest(commands)}")
    missing = needed(program, commands) - provided()
    expect(not missing, name, f"no library has {sorted(missing)}")
    # What exchanges two files, and refuses to replace one, is looked up while the program runs: older systems have none.
    expect(name == "session-start" or b"renameatx_np" in program, name, "it does not ask for renameatx_np")
    signature = next((command for kind, command in commands if kind == LC_CODE_SIGNATURE), None)
    if signature is not None:
        check_signature(name, program, *struct.unpack_from("<2I", signature, 8))
    # The older processor starts programs that have none.
    expect(signature is not None or target.startswith("x86_64"), name, "it has no signature")


def expect(holds: bool, name: str, otherwise: str) -> None:
    if not holds:
        raise Failure(f"{name}: {otherwise}")


def load_commands(program: bytes, count: int) -> list[tuple[int, bytes]]:
    found, at = [], 32
    for _ in range(count):
        kind, size = struct.unpack_from("<2I", program, at)
        found.append((kind, program[at : at + size]))
        at += size
    return found


def text(command: bytes, field: int) -> str:
    """The string whose offset stands at `field`."""
    start = struct.unpack_from("<I", command, field)[0]
    return command[start:].split(b"\0")[0].decode()


def oldest(commands: list[tuple[int, bytes]]) -> tuple[int, int]:
    """The oldest system that the program says it runs on."""
    for kind, command in commands:
        if kind in (LC_BUILD_VERSION, LC_VERSION_MIN_MACOSX):
            version = struct.unpack_from("<I", command, 12 if kind == LC_BUILD_VERSION else 8)[0]
            return version >> 16, version >> 8 & 0xFF
    raise Failure("a program does not say which macOS it is for")


def needed(program: bytes, commands: list[tuple[int, bytes]]) -> set[str]:
    """The symbols that libraries have to provide, those apart that may be missing."""
    table = next(command for kind, command in commands if kind == LC_SYMTAB)
    at, count, strings, _ = struct.unpack_from("<4I", table, 8)
    found = set()
    for index in range(count):
        name, kind, _, description, _ = struct.unpack_from("<IBBHQ", program, at + 16 * index)
        is_undefined, is_weak = kind & 0x0E == 0 and kind & 0x01, description & 0x40
        if is_undefined and not is_weak:
            start = strings + name
            found.add(program[start : program.index(b"\0", start)].decode())
    return found


def provided() -> set[str]:
    """The symbols of the system's library, as the linker's own list of them says."""
    places = list(project.tools().parent.glob("lib/python*/site-packages/ziglang/lib/libc/darwin/libSystem.tbd"))
    if not places:
        raise Failure("the pinned zig has no list of the system's symbols")
    listed = Path(places[0]).read_text()
    for mark in "[],'\"":
        listed = listed.replace(mark, " ")
    return set(listed.split())


def with_own_id(program: bytes) -> bytes:
    """`program` with the id that its other bytes give. The linker's is made before symbols are taken out, from the names of
    directories too, so that two builds of one commit differ by it."""
    changed = bytearray(program)
    at, place, signature = 32, None, None
    for kind, command in load_commands(program, struct.unpack_from("<8I", program)[4]):
        if kind == LC_UUID:
            place = at + 8
            changed[place : place + 16] = bytes(16)
        if kind == LC_CODE_SIGNATURE:
            signature = struct.unpack_from("<2I", command, 8)
        at += len(command)
    if place is None:
        return program
    unsigned = changed[: signature[0]] if signature else changed
    made = uuid.UUID(bytes=hashlib.sha256(unsigned).digest()[:16], version=5)
    changed[place : place + 16] = made.bytes
    if signature:
        sign_page(changed, signature[0], place)
    return bytes(changed)


def sign_page(program: bytearray, signature: int, changed: int) -> None:
    """Puts the hash of the page that the byte `changed` is in into the signature."""
    directory = signature + code_directory(program[signature:])
    hashes, _, _, _, limit = struct.unpack_from(">5I", program, directory + 16)
    length, _, _, page_bits = struct.unpack_from(">4B", program, directory + 36)
    index = changed >> page_bits
    page = program[index << page_bits : min(index + 1 << page_bits, limit)]
    slot = directory + hashes + index * length
    program[slot : slot + length] = hashlib.sha256(page).digest()


def code_directory(blob: bytes) -> int | None:
    """Where in a signature the hashes of the pages are."""
    offsets = (struct.unpack_from(">I", blob, 16 + 8 * index)[0] for index in range(struct.unpack_from(">I", blob, 8)[0]))
    return next((at for at in offsets if struct.unpack_from(">I", blob, at)[0] == MAGIC_CODE_DIRECTORY), None)


def check_signature(name: str, program: bytes, at: int, size: int) -> None:
    """Whether the hashes in the signature are those of the program's pages."""
    blob = program[at : at + size]
    expect(struct.unpack_from(">I", blob)[0] == MAGIC_SIGNATURE, name, "its signature is none")
    directory = code_directory(blob)
    expect(directory is not None, name, "its signature has no hashes")
    check_pages(name, program, blob[directory:])


def check_pages(name: str, program: bytes, directory: bytes) -> None:
    hashes, _, _, pages, limit = struct.unpack_from(">5I", directory, 16)
    length, kind, _, page_bits = struct.unpack_from(">4B", directory, 36)
    expect(kind == SHA256, name, "its signature has hashes of another kind")
    page = 1 << page_bits
    expect(pages == -(-limit // page), name, "its signature leaves pages out")
    for index in range(pages):
        content = program[index * page : min((index + 1) * page, limit)]
        signed = directory[hashes + index * length : hashes + (index + 1) * length]
        expect(hashlib.sha256(content).digest() == signed, name, f"its page {index} is not what was signed")
