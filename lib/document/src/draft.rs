//! Writing a handoff document.

use crate::file_name::Topic;
use crate::time::Timestamp;
use crate::{sentinel, yaml};

/// Everything a handoff says of itself, and its body.
#[derive(Clone, Debug)]
pub struct Draft {
    /// One line for people.
    pub name: String,
    /// One line more.
    pub description: String,
    /// The sender's key.
    pub from: String,
    /// The recipient's key.
    pub to: String,
    /// When it was written.
    pub created: Timestamp,
    /// The branch checked out, `HEAD` when none is, `unknown` outside git.
    pub branch: String,
    /// The short commit id, `unknown` when there is none.
    pub head: String,
    /// How many lines `git status --porcelain` had; None outside git.
    pub dirty_files: Option<usize>,
    /// Which agent wrote it: `claude-code`, `codex-cli`, `handover`, …
    pub tool: String,
    /// The recipient's absolute path.
    pub to_path: String,
    /// The writing session's id, when the host gave one.
    pub session_id: Option<String>,
    /// What it is about, as in the file name.
    pub topic: Option<Topic>,
    /// Lines of the frontmatter that this program does not know and keeps as they are.
    pub unknown: Vec<String>,
    /// The sections.
    pub body: Vec<u8>,
}

impl Draft {
    /// The most bytes that [`Draft::unknown`] may have, line ends included.
    ///
    /// A frontmatter must stay below 64 KiB also when a reader has stamped it. The fields of ours take at most 20 KiB
    /// of that: a path has at most 4,096 bytes, and an escape in YAML up to four for one.
    pub const MAX_UNKNOWN_BYTES: usize = 40 << 10;

    /// The fields that [`Draft::render`] writes, and those that only a reader sets: a draft's own values for them are
    /// not kept as unknown lines.
    pub const FIELDS: &[&str] = &[
        "name",
        "description",
        "from",
        "to",
        "created",
        "branch",
        "head",
        "dirty_files_count",
        "session_tool",
        "to_path",
        "sentinel",
        "session_id",
        "topic",
        "received_at",
        "received_by",
        "sender",
        "letter",
        "copy",
    ];

    /// The body's sentinel.
    pub fn sentinel(&self) -> String {
        sentinel(&self.body)
    }

    /// The file's bytes.
    pub fn render(&self) -> Vec<u8> {
        let count = self.dirty_files.map(|n| n.to_string());
        let topic = self.topic.as_ref().map(ToString::to_string);
        let fields = [
            ("name", Some(yaml::scalar(&self.name))),
            ("description", Some(yaml::scalar(&self.description))),
            ("from", Some(yaml::scalar(&self.from))),
            ("to", Some(yaml::scalar(&self.to))),
            ("created", Some(self.created.to_string())),
            ("branch", Some(yaml::scalar(&self.branch))),
            ("head", Some(yaml::scalar(&self.head))),
            ("dirty_files_count", Some(count.unwrap_or_else(|| "unknown".to_owned()))),
            ("session_tool", Some(yaml::scalar(&self.tool))),
            ("to_path", Some(yaml::scalar(&self.to_path))),
            ("sentinel", Some(yaml::scalar(&self.sentinel()))),
            ("session_id", self.session_id.as_deref().map(yaml::scalar)),
            ("topic", topic.as_deref().map(yaml::scalar)),
        ];
        let mut file = b"---\n".to_vec();
        for (key, value) in fields {
            if let Some(value) = value {
                file.extend(format!("{key}: {value}\n").as_bytes());
            }
        }
        for line in &self.unknown {
            file.extend(line.as_bytes());
            file.push(b'\n');
        }
        file.extend(b"---\n");
        file.extend(&self.body);
        file
    }
}
