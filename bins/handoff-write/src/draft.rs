//! The draft as it came.

use std::path::{Path, PathBuf};

use handoff_document::{Document, FileName, Timestamp};
use handoff_process::{Environment, Output, Patience, read_input};
use handoff_store::Store;

/// No more than this is read of a draft; a handoff may have 1 MiB.
const MOST: usize = 64 << 20;

/// A draft's bytes and where they are safe.
#[derive(Debug)]
pub(crate) struct Source {
    pub(crate) bytes: Vec<u8>,
    /// The file that it was read from, when a refusal need not keep it again.
    pub(crate) file: Option<PathBuf>,
}

impl Source {
    /// Reads the draft from `file`, or from standard input to its end.
    pub(crate) fn read(file: Option<&Path>, output: &Output) -> Result<Self, String> {
        if let Some(path) = file {
            let (bytes, _) =
                handoff_files::read_named(path, MOST as u64).map_err(|error| error.to_string())?;
            // A pipe's content is gone once it is read.
            let file = handoff_files::is_file(path).then(|| path.to_owned());
            return Ok(Self { bytes, file });
        }
        let patience = Patience { time: None, size: MOST };
        match read_input(patience, |_| false) {
            Some(bytes) => Ok(Self { bytes, file: None }),
            None => {
                output.complain("standard input is a terminal: pipe the handoff in, or name it with --file");
                Err("there is no handoff to write".to_owned())
            }
        }
    }

    /// Removes the draft that became a handoff, when it lies where drafts are kept. A user's own file stays.
    pub(crate) fn discard(&self, environment: &Environment) {
        let Some(file) = &self.file else { return };
        let usual = environment.home.as_ref().map(|home| home.join(".agent-handoffs"));
        for root in environment.store().ok().into_iter().chain(usual) {
            let Ok(Some(store)) = Store::open(&root) else { continue };
            // Left behind it is a copy too many, and no harm.
            if store.discard_draft(file).is_ok_and(|was_there| was_there) {
                return;
            }
        }
    }

    /// Keeps what can be kept of a draft that is refused, and says where in words for the message.
    pub(crate) fn keep(&self, environment: &Environment, output: &Output) -> Kept {
        if let Some(file) = &self.file {
            return Kept::At(file.clone());
        }
        if self.bytes.iter().all(u8::is_ascii_whitespace) {
            return Kept::Nothing;
        }
        let name = FileName::new(Timestamp::now(), "draft", None);
        let store = environment.store().ok();
        // Where the store cannot take it, the one directory that every system has may.
        let last_resort = PathBuf::from("/tmp").join("agent-handoff-drafts");
        for root in store.into_iter().chain([last_resort]) {
            if let Ok(path) = Store::create(&root).and_then(|store| store.keep_draft(&name, &self.bytes)) {
                return Kept::At(path);
            }
        }
        // The last place where it can still be found: what called us.
        output.print_exact(&String::from_utf8_lossy(&self.bytes));
        Kept::Printed
    }
}

/// Where a refused draft is.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Kept {
    At(PathBuf),
    /// It could be written nowhere, so it was printed.
    Printed,
    /// There was nothing in it.
    Nothing,
}

/// What the draft's own frontmatter says, and its body.
#[derive(Debug)]
pub(crate) struct Parts {
    pub(crate) name: Option<String>,
    pub(crate) description: Option<String>,
    pub(crate) topic: Option<String>,
    pub(crate) unknown: Vec<String>,
    pub(crate) body: Vec<u8>,
}

impl Parts {
    pub(crate) fn of(bytes: &[u8]) -> Self {
        let document = Document::parse(bytes);
        let own = |key: &str| document.field(key).map(str::to_owned);
        // Lines that are no YAML would make the handoff malformed; its fields were read all the same.
        let unknown = match document.problem() {
            None => document.unknown_lines(handoff_document::Draft::FIELDS),
            Some(_) => Vec::new(),
        };
        Self {
            name: document.title().map(std::borrow::Cow::into_owned),
            description: own("description"),
            topic: own("topic"),
            unknown,
            body: document.body().to_owned(),
        }
    }
}
