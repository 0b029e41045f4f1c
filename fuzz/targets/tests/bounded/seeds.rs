//! The inputs that a run begins with.

use std::path::{Path, PathBuf};

/// The most bytes of an input: mutations of a long one seldom meet what matters.
const MAX_BYTES: usize = 24 << 10;

/// The beginnings of a patch and a manifest are short, those of a transcript are not.
pub(crate) struct Seed {
    /// The file it comes from.
    pub(crate) from: String,
    pub(crate) bytes: Vec<u8>,
}

/// The directory `fuzz` of the workspace.
pub(crate) fn fuzz() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("`targets` lies in `fuzz`")
}

/// The inputs of a target: those of `fuzz/corpus`, and what the tests of the crates recorded of the same kind.
pub(crate) fn of(target: &str) -> Vec<Seed> {
    let workspace = fuzz().parent().expect("`fuzz` lies in the workspace");
    let recorded = |directory: &str| files(&workspace.join(directory));
    let mut paths = files(&fuzz().join("corpus").join(target));
    match target {
        "config" => paths.push(workspace.join("lib/backends/src/preset.yaml")),
        "frontmatter" => paths.push(workspace.join("examples/sample-handoff.md")),
        "hook" => paths.push(workspace.join("lib/quota/fixtures/claude-2.1.329-stop-failure-limit.json")),
        "jsonl" => {
            paths.extend(recorded("lib/stream/tests/fixtures"));
            // One version of each host: the others differ in little.
            paths.extend(recorded("lib/delivery/tests/recorded/claude-2.1.329"));
            paths.extend(recorded("lib/delivery/tests/recorded/codex-0.169.0"));
            paths.retain(|path| path.extension().is_none_or(|extension| extension == "jsonl"));
        }
        "sealed" => paths.extend(recorded("lib/sealed/tests/vectors/age")),
        _ => {}
    }
    let read = |path: PathBuf| {
        let mut bytes = std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        if target == "sealed" {
            bytes = without_expectations(bytes);
        }
        bytes.truncate(MAX_BYTES);
        let from = path.strip_prefix(workspace).unwrap_or(&path).display().to_string();
        Seed { from, bytes }
    };
    let mut seeds: Vec<_> = paths.into_iter().map(read).collect();
    if target == "hook" {
        seeds.extend(payloads(workspace));
    }
    seeds
}

/// An age file of the format's vectors: what is expected of it stands before it, up to an empty line.
fn without_expectations(mut vector: Vec<u8>) -> Vec<u8> {
    let end = vector.windows(2).position(|window| window == b"\n\n").map_or(0, |at| at + 2);
    vector.split_off(end)
}

/// The payloads of SessionStart hooks that were recorded with the real hosts.
fn payloads(workspace: &Path) -> Vec<Seed> {
    let mut seeds = Vec::new();
    for host in ["claude-2.1.329", "codex-0.169.0"] {
        for path in files(&workspace.join("lib/delivery/tests/recorded").join(host)) {
            if !path.to_string_lossy().ends_with(".starts.json") {
                continue;
            }
            let starts: serde_json::Value = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
            for start in starts.as_array().into_iter().flatten() {
                let from = format!("{host}/{}", path.file_name().unwrap_or_default().display());
                seeds.push(Seed { from, bytes: start["stdin"].to_string().into_bytes() });
            }
        }
    }
    seeds
}

/// The files of a directory, in the order of their names; none where there is no directory.
fn files(directory: &Path) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(directory) else { return Vec::new() };
    let mut files: Vec<_> =
        entries.map(|entry| entry.unwrap().path()).filter(|path| path.is_file()).collect();
    files.sort();
    files
}
