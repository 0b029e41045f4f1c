//! Files that are no letters.

use std::io::Write;
use std::path::Path;

use tests::{World, feed};

use crate::forge::{Forge, key_of};
use crate::support::{Machine, Pair};

#[track_caller]
fn refuses(desk: &Machine, file: &Path) {
    let said = desk.refuses(&["import", file.to_str().unwrap()]);
    assert!(said.starts_with("handoff: ") || said.starts_with("agent-handoff: "), "{said}");
    assert_eq!(said.lines().count(), 1, "{said}");
}

#[test]
fn what_is_no_letter_is_refused_in_one_line() {
    let pair = Pair::new();
    let letter = std::fs::read(pair.laptop.letter("q.handoff")).unwrap();
    let desk = &pair.desk;
    let file = desk.world.path("junk.handoff");
    let half = &letter[..letter.len() / 2];
    let mut flipped = letter.clone();
    let last = flipped.len() - 30;
    flipped[last] ^= 0xff;
    let long = [&letter[..], &[0; 100]].concat();
    let crlf = String::from_utf8_lossy(&letter[..200]).replace('\n', "\r\n");
    let contents: [&[u8]; 9] = [
        b"",
        b"\0",
        b"hello\n",
        b"# v2 git bundle\n\n",
        b"# v3 git bundle\n@filter=blob:none\n\n",
        b"# v2 git bundle\n-0123456789012345678901234567890123456789 x\n\nPACK",
        half,
        &flipped,
        crlf.as_bytes(),
    ];
    for content in contents {
        std::fs::write(&file, content).unwrap();
        refuses(desk, &file);
    }
    for end in (0..letter.len()).step_by(letter.len() / 12) {
        std::fs::write(&file, &letter[..end]).unwrap();
        refuses(desk, &file);
    }
    // Bytes behind its end are passed over or refused, and nothing else is.
    std::fs::write(&file, long).unwrap();
    let _ = desk.run(&["import", file.to_str().unwrap()]);
    refuses(desk, &desk.world.path("missing"));
    refuses(desk, &desk.world.dir("a directory"));
    refuses(desk, Path::new("/dev/null"));
    let pipe = desk.world.path("pipe");
    let mut mkfifo = desk.world.bare_command("mkfifo");
    mkfifo.arg(&pipe);
    feed(mkfifo, b"");
    refuses(desk, &pipe);
}

#[test]
fn a_bundle_of_git_that_is_no_letter_is_refused() {
    let pair = Pair::new();
    let file = pair.laptop.world.path("main.bundle");
    pair.laptop.git(&["bundle", "create", "--quiet", file.to_str().unwrap(), "main"]);
    refuses(&pair.desk, &file);
    pair.laptop.git(&["update-ref", "refs/handoffs/v1/0123456789abcdef/x", "HEAD"]);
    let name = "refs/handoffs/v1/0123456789abcdef/x";
    pair.laptop.git(&["bundle", "create", "--quiet", file.to_str().unwrap(), name]);
    refuses(&pair.desk, &file);
}

#[test]
fn a_huge_file_is_refused_before_it_is_read() {
    let pair = Pair::new();
    let file = pair.desk.world.path("huge.handoff");
    std::fs::File::create(&file).unwrap().set_len(3 << 30).unwrap();
    let said = pair.desk.refuses(&["import", file.to_str().unwrap()]);
    assert!(said.contains("larger than"), "{said}");
}

#[test]
fn what_unpacks_to_a_thousandfold_is_refused() {
    let pair = Pair::new();
    let original = pair.laptop.letter("q.handoff");
    let key = key_of(&pair.laptop.world);
    let mut forge = Forge::open(&original);
    forge.with_file(&key, "handoff.md", &vec![0; 300 << 20]);
    let file = forge.pack();
    assert!(std::fs::metadata(&file).unwrap().len() < 1 << 20);
    let said = pair.desk.refuses(&["import", file.to_str().unwrap()]);
    assert!(said.contains("larger than any letter has it"), "{said}");
}

/// A pack of a small blob, and of one that git has to make of it in memory, of `copies` times 16 MB.
fn delta_bomb(world: &World, base: &[u8], copies: usize) -> Vec<u8> {
    let varint = |mut number: usize| {
        let mut bytes = Vec::new();
        while number >= 0x80 {
            bytes.push(number as u8 | 0x80);
            number >>= 7;
        }
        bytes.push(number as u8);
        bytes
    };
    let deflate = |bytes: &[u8]| {
        let python = "import sys,zlib; sys.stdout.buffer.write(zlib.compress(sys.stdin.buffer.read()))";
        let mut command = world.bare_command("python3");
        command.args(["-c", python]);
        feed(command, bytes).out
    };
    let header = |kind: u8, size: usize| {
        let mut first = kind << 4 | (size & 15) as u8;
        let mut rest = size >> 4;
        let mut bytes = Vec::new();
        while rest > 0 {
            bytes.push(first | 0x80);
            first = rest as u8 & 0x7f;
            rest >>= 7;
        }
        bytes.push(first);
        bytes
    };
    // Each copies the whole base: offset 0, the size in three bytes.
    let size = base.len();
    let copy = [0b1111_0000, size as u8, (size >> 8) as u8, (size >> 16) as u8];
    let mut delta = varint(size);
    delta.extend(varint(size * copies));
    delta.extend(copy.repeat(copies));
    let mut pack = b"PACK\0\0\0\x02\0\0\0\x02".to_vec();
    let first = [header(3, size), deflate(base)].concat();
    pack.extend(&first);
    // An offset delta on the object before it.
    pack.extend(header(6, delta.len()));
    let mut distance = first.len();
    let mut offset = vec![(distance & 0x7f) as u8];
    distance >>= 7;
    while distance > 0 {
        distance -= 1;
        offset.insert(0, 0x80 | (distance & 0x7f) as u8);
        distance >>= 7;
    }
    pack.extend(offset);
    pack.extend(deflate(&delta));
    let mut sum = world.bare_command("python3");
    sum.args([
        "-c",
        "import sys,hashlib; sys.stdout.buffer.write(hashlib.sha1(sys.stdin.buffer.read()).digest())",
    ]);
    pack.extend(feed(sum, &pack).out);
    pack
}

#[test]
fn a_small_object_that_git_would_blow_up_in_memory_is_refused() {
    let pair = Pair::new();
    let desk = &pair.desk;
    if !tests::can("run python3", tests::has("python3")) {
        return;
    }
    let file = desk.world.path("bomb.handoff");
    let base = vec![b'x'; 10 << 20];
    let mut bomb = std::fs::File::create(&file).unwrap();
    let id = "1".repeat(40);
    writeln!(bomb, "# v2 git bundle\n{id} refs/handoffs/v1/0123456789abcdef/x\n").unwrap();
    // 20 GB of 20 kB.
    bomb.write_all(&delta_bomb(&desk.world, &base, 2_000)).unwrap();
    drop(bomb);
    refuses(desk, &file);
}
