//! What of ours is in a file of a host's.

use std::path::{Path, PathBuf};

use handoff_agents::{Form, InboxInstructions, McpHost, SessionHook, Wirable};
use handoff_edits::{Fragment as _, Hook, MAX_TEXT_BYTES};
use handoff_wiring::{AllowWrite, Block, Call, Handler, Made, Malformed, Roots, Run, Trust};
use serde::{Deserialize, Serialize};

use crate::mcp_servers::with_server;
use crate::others;
use crate::places::Places;
use crate::programs;

/// The lines around our part of a host's instructions.
pub(crate) const BLOCK: Block = Block {
    begin: "<!-- BEGIN agent-handoff (managed: edits are lost) -->",
    end: "<!-- END agent-handoff -->",
};

/// Hosts pass on this many bytes of a hook's text, and cut what is longer.
pub(crate) const HOST_LIMIT: &str = "10000";

/// What `session-start` is given where it runs beside a session.
const LETTERS: &str = "--letters";

/// One thing of ours in a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Fragment {
    /// The handler of this host that runs `session-start`.
    Hook(Wirable, SessionHook),
    /// The MCP server of this host.
    Server(McpHost),
    /// What the host's agent reads at the start of each session.
    Instructions(Looks),
    /// The store among what Claude Code's sandbox may write to.
    AllowWrite,
    /// The store among what Codex's sandbox may write to.
    WritableRoots,
    /// The user's trust in the hooks, by its keys: the host itself wrote it, and it only goes.
    Trust(Vec<String>),
}

/// All of ours in one file.
#[derive(Clone, Debug)]
pub(crate) struct HostFile {
    pub(crate) path: PathBuf,
    /// In the order in which they are put there.
    fragments: Vec<Fragment>,
    places: Places,
}

impl Fragment {
    /// The file in `directory` that the host reads its user's instructions from: the first that holds something.
    pub(crate) fn instructions_file(instructions: InboxInstructions, directory: &Path) -> &'static str {
        let holds_nothing = |name: &str| match handoff_files::read_file(&directory.join(name), MAX_TEXT_BYTES)
        {
            Ok(content) => content.trim_ascii().is_empty(),
            // What it is in the way of is found out when it is edited.
            Err(error) => error.kind() == std::io::ErrorKind::NotFound,
        };
        let [overrides @ .., last] = instructions.files else { return "AGENTS.md" };
        overrides.iter().find(|name| !holds_nothing(name)).unwrap_or(last)
    }

    fn is_for_letters(&self) -> bool {
        matches!(self, Self::Hook(_, row) if row.in_background)
    }

    /// `text` with this in it.
    fn wire(&self, file: &HostFile, text: &str) -> Result<(String, Made), Malformed> {
        let places = &file.places;
        match self {
            Self::Hook(host, row) => hook(*host, row, places, &owner(places)).wire(text),
            Self::Server(host) => with_server(*host, places, |server| server.wire(text)),
            Self::Instructions(looks) => {
                Ok((BLOCK.wire(text, &instructions_text(places, *looks))?, Made::Parent))
            }
            Self::AllowWrite => match sandboxed(places).first() {
                Some(path) => AllowWrite { path }.wire(text),
                None => Ok((text.to_owned(), Made::Item)),
            },
            Self::WritableRoots => roots(places).wire(text),
            Self::Trust(_) => Ok((text.to_owned(), Made::Item)),
        }
    }

    /// `text` without this. With `keeps_store` the store stays open to the sandbox: another installation has it there.
    fn unwire(
        &self,
        file: &HostFile,
        text: &str,
        MadeIn { made, sandbox, letters }: MadeIn,
        keeps_store: bool,
    ) -> Result<String, Malformed> {
        let places = &file.places;
        let made = if self.is_for_letters() { letters.unwrap_or(Made::List) } else { made };
        match self {
            Self::Hook(host, row) => hook(*host, row, places, &owner(places)).unwire(text, made),
            Self::Server(host) => with_server(*host, places, |server| server.unwire(text, made)),
            Self::Instructions(_) if own_block(text, places)? => BLOCK.unwire(text),
            Self::Instructions(_) => Ok(text.to_owned()),
            Self::AllowWrite | Self::WritableRoots if keeps_store => Ok(text.to_owned()),
            Self::AllowWrite => Ok(sandboxed(places).iter().fold(text.to_owned(), |text, path| {
                // What is broken there is left, see `HostFile::left_in`.
                AllowWrite { path }.unwire(&text, sandbox.unwrap_or(Made::Outer)).unwrap_or(text)
            })),
            Self::WritableRoots => roots(places).unwire(text, made),
            Self::Trust(keys) => {
                keys.iter().try_fold(text.to_owned(), |text, key| Trust { key }.unwire(&text))
            }
        }
    }

    /// Whether this is in `text`.
    fn is_in(&self, file: &HostFile, text: &str) -> Result<bool, Malformed> {
        let places = &file.places;
        match self {
            Self::Hook(host, row) => hook(*host, row, places, &owner(places)).is_in(text),
            Self::Server(host) => {
                with_server(*host, places, |server| Ok(server.find(text)?.is_some_and(|found| found.is_ours)))
            }
            Self::Instructions(_) => own_block(text, places),
            // What is broken there is left, see `HostFile::left_in`.
            Self::AllowWrite => {
                Ok(sandboxed(places).iter().any(|path| AllowWrite { path }.find(text).unwrap_or(false)))
            }
            Self::WritableRoots => roots(places).find(text),
            Self::Trust(keys) => {
                let mut is_in = false;
                for key in keys {
                    is_in |= Trust { key }.find(text)?;
                }
                Ok(is_in)
            }
        }
    }
}

impl HostFile {
    pub(crate) fn new(places: &Places, path: PathBuf, fragments: Vec<Fragment>) -> Self {
        Self { path, fragments, places: places.clone() }
    }

    /// The file with the host's hook alone; `None` where that is a file of ours.
    pub(crate) fn of_hook(host: Wirable, places: &Places) -> Option<Self> {
        let row = *host.wiring.hook.shared()?;
        Some(Self::new(places, crate::hosts::hook_file(host, places), vec![Fragment::Hook(host, row)]))
    }

    /// Whether the hook belongs in it.
    pub(crate) fn has_hook(&self) -> bool {
        self.fragments.iter().any(|fragment| matches!(fragment, Fragment::Hook(..)))
    }

    /// The text with ours in it; `text` is None when there is no file.
    pub(crate) fn wire(&self, text: Option<&str>) -> Result<Wired, Malformed> {
        let made = MadeIn { made: Made::Item, sandbox: None, letters: None };
        let mut wired = Wired { text: text.unwrap_or_default().to_owned(), made, closed: None };
        for fragment in &self.fragments {
            match (fragment, fragment.wire(self, &wired.text)) {
                (Fragment::AllowWrite, Ok((text, made))) => {
                    wired.text = text;
                    wired.made.sandbox = Some(made);
                }
                // Settings of the sandbox that are broken must not cost the hook.
                (Fragment::AllowWrite, Err(error)) if self.has_hook() => wired.closed = Some(error),
                (Fragment::Trust(_), _) => {}
                (fragment, planned) if fragment.is_for_letters() => {
                    let (text, made) = planned?;
                    wired.text = text;
                    wired.made.letters = Some(made);
                }
                (_, planned) => (wired.text, wired.made.made) = planned?,
            }
        }
        Ok(wired)
    }

    /// The text without ours, what was put there last first. With `keeps_store` the store stays open to the sandbox:
    /// another installation has it there.
    pub(crate) fn unwire(&self, text: &str, made: MadeIn, keeps_store: bool) -> Result<String, Malformed> {
        let mut fragments = self.fragments.iter().rev();
        fragments.try_fold(text.to_owned(), |text, fragment| fragment.unwire(self, &text, made, keeps_store))
    }

    /// Whether anything of ours is in the text.
    pub(crate) fn is_in(&self, text: &str) -> Result<bool, Malformed> {
        let mut is_in = false;
        for fragment in &self.fragments {
            is_in |= fragment.is_in(self, text)?;
        }
        Ok(is_in)
    }

    /// Why the store may still be named in `text` by settings of the sandbox that are broken.
    pub(crate) fn left_in(&self, text: &str) -> Option<Malformed> {
        if !self.fragments.contains(&Fragment::AllowWrite) {
            return None;
        }
        let named = sandboxed(&self.places).into_iter().filter(|path| text.contains(path.as_str()));
        named.filter_map(|path| AllowWrite { path: &path }.find(text).err()).next()
    }

    /// What a user puts into the file where we cannot: a whole file with nothing but ours.
    pub(crate) fn by_hand(&self) -> String {
        // A new file is never malformed.
        self.wire(None).map(|wired| wired.text).unwrap_or_default()
    }

    /// What a user takes out of the file where we cannot: what [`HostFile::by_hand`] puts in, and the trust that came later.
    pub(crate) fn to_take_out(&self) -> String {
        let mut text = self.by_hand();
        for fragment in &self.fragments {
            if let Fragment::Trust(keys) = fragment {
                keys.iter().for_each(|key| text.push_str(&format!("[hooks.state.{key:?}]\n")));
            }
        }
        text
    }
}

/// What a user puts into Claude Code's settings to open the store to its sandbox.
pub(crate) fn sandbox_by_hand(places: &Places) -> String {
    let paths = sandboxed(places);
    let wired = paths.first().and_then(|path| AllowWrite { path }.wire("{}").ok());
    wired.map(|(text, _)| text + "\n").unwrap_or_default()
}

/// A host's hook as it must stand in its file; `owns` is whether what a handler runs is ours.
pub(crate) fn hook<'a>(
    host: Wirable,
    row: &SessionHook,
    places: &Places,
    owns: &'a dyn Fn(&Call) -> bool,
) -> Hook<'a> {
    let program = places.program("session-start");
    let arguments: &[&str] = if row.in_background { &[LETTERS] } else { &["--max-bytes", HOST_LIMIT] };
    let run = match row.form {
        Form::Exec => {
            Run::Exec(program.display().to_string(), arguments.iter().map(|&word| word.to_owned()).collect())
        }
        Form::Shell => {
            let quoted = handoff_process::quoted(&program);
            // `'a'\$'b'` is `a$b` to the shell, and no variable to the host.
            let is_expanded = row.expands && quoted.starts_with('\'');
            let word = if is_expanded { quoted.replace('$', r"'\$'") } else { quoted };
            Run::Shell(format!("{word} {}", arguments.join(" ")))
        }
    };
    let SessionHook { timeout, status_message, in_background, .. } = *row;
    Hook {
        handler: Handler { run, timeout, context_limit: None, status_message, in_background },
        event: row.event,
        owns,
        comments: row.comments,
        keeps_places: row.trusted_by_place,
        flat: row.flat,
        refuses_mark: row.refuses_mark.then_some(host.row().name),
    }
}

/// A text with ours in it.
pub(crate) struct Wired {
    pub(crate) text: String,
    /// What of the surroundings was made.
    pub(crate) made: MadeIn,
    /// Why the store is not open to Claude Code's sandbox, where the settings of that are broken.
    pub(crate) closed: Option<Malformed>,
}

/// What of the surroundings was made for what is ours in a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct MadeIn {
    /// For all of it but the next.
    pub(crate) made: Made,
    /// For the store in Claude Code's sandbox. Not there where an installation without it wrote the file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) sandbox: Option<Made>,
    /// For the handler that tells of letters. Not there where an installation without it wrote the file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) letters: Option<Made>,
}

impl MadeIn {
    /// All of it: what is not known was not the user's.
    pub(crate) const ALL: Self = Self { made: Made::Outer, sandbox: None, letters: None };

    /// This, with what it does not know of from `new`.
    pub(crate) fn or(self, new: Self) -> Self {
        Self { made: self.made, sandbox: self.sandbox.or(new.sandbox), letters: self.letters.or(new.letters) }
    }
}

/// Whether our part of a host's instructions is there, and not another installation's.
fn own_block(text: &str, places: &Places) -> Result<bool, Malformed> {
    let Some(range) = BLOCK.find(text)? else { return Ok(false) };
    let program = others::program_in(&text[range]);
    Ok(program.is_none_or(|program| others::prefix_of(&program, places).is_none()))
}

/// Whether a program that a hook runs is ours: of this prefix, of the usual one of any HOME, one that lies beside our
/// other programs, or, called as we call it, one of a prefix that is gone or of another name in this one. None of another
/// installation is.
pub(crate) fn owner(places: &Places) -> impl Fn(&Call) -> bool {
    let places = places.clone();
    let own = places.program("session-start");
    move |call| {
        let program = Path::new(&call.program);
        if program == own {
            return true;
        }
        if others::prefix_of(program, &places).is_some() {
            return false;
        }
        let is_called_so = call.args == ["--max-bytes", HOST_LIMIT] || call.args == [LETTERS];
        let is_other = || programs::all().any(|name| program.ends_with(name));
        program.ends_with(".agent-handoff/bin/session-start")
            || (program.ends_with("session-start")
                && handoff_files::is_file(&program.with_file_name("handoff-write")))
            || (is_called_so
                && (program.ends_with("bin/session-start") && !handoff_files::is_taken(program)
                    || program.parent() == own.parent() && !is_other()))
    }
}

fn roots(places: &Places) -> Roots<'_> {
    // Checked to be UTF-8 with the others.
    Roots { root: places.store.to_str().unwrap_or_default() }
}

/// The store as Claude Code's sandbox takes it, without links, then as it is called: what an earlier installation wrote
/// before it became a link.
pub(crate) fn sandboxed(places: &Places) -> Vec<String> {
    let real = handoff_files::canonical(&places.store);
    // Checked to be UTF-8 with the others, but for what a link leads to.
    let mut paths: Vec<_> = [&real, &places.store].into_iter().filter_map(|path| path.to_str()).collect();
    paths.dedup();
    paths.into_iter().map(str::to_owned).collect()
}

/// Who looks for handoffs in a session of a host with instructions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Looks {
    /// The agent, by a command: the hook is not there, or the host does not run it.
    Agent,
    /// The hook, which the host was seen to trust. A command would be spent on nothing in each session.
    Hook,
}

/// What the agent is told. Read by every session, so every word has to earn its place.
pub(crate) fn instructions_text(places: &Places, looks: Looks) -> String {
    let inbox = handoff_process::quoted(&places.program("inbox"));
    match looks {
        Looks::Agent => format!(
            "## Handoffs between sessions\n\
             Before your first reply in a session, run this once, in the workspace:\n\n    \
             {inbox} read --max-bytes 20000\n\n\
             It prints what an earlier session left for this worktree, with how to treat it, or nothing. If nothing, or if \
             the command fails, go on without a word. Do not run it in Claude Code, whose hook does this, as a sub-agent, or \
             when a handoff was already shown.\n"
        ),
        Looks::Hook => format!(
            "## Handoffs between sessions\n\
             A hook shows you what an earlier session left for this worktree, before your first reply. When it shows nothing, \
             nothing waits: do not look for it. Only when the user asks for a handoff that was not shown, run:\n\n    \
             {inbox} read --max-bytes 20000\n"
        ),
    }
}
