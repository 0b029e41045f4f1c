//! A thing of ours in a file of somebody else's.

use std::path::{Path, PathBuf};

use handoff_wiring::{AllowWrite, Block, Call, Handler, Hooks, Made, Malformed, Roots, Run, Trust};
use serde::{Deserialize, Serialize};

use crate::others;
use crate::places::Places;
use crate::programs::PROGRAMS;

/// The lines around our part of Codex's instructions.
pub(crate) const BLOCK: Block = Block {
    begin: "<!-- BEGIN agent-handoff (managed: edits are lost) -->",
    end: "<!-- END agent-handoff -->",
};

/// After how many seconds a host gives up on the hook, which takes milliseconds.
const TIMEOUT: u32 = 10;

/// What Codex calls the hook where it asks for trust.
const STATUS_MESSAGE: &str = "agent-handoff: what an earlier session left";

/// The longest file of somebody else's that is looked into, in bytes.
const LONGEST: u64 = 16 << 20;

/// Both hosts pass on this many bytes of a hook's text, and cut what is longer.
pub(crate) const HOST_LIMIT: &str = "10000";

/// What is in one file.
#[derive(Clone, Debug)]
pub(crate) enum Piece {
    /// Claude Code's SessionStart handler, and the store among what its sandbox may write to.
    ClaudeHook(Places),
    /// Codex's.
    CodexHook(Places),
    /// What Codex is told at the start of each session.
    Instructions(Places, PathBuf, Looks),
    /// The store among what Codex's sandbox may write to; and where Codex was asked for it, the user's trust in the
    /// hooks, which Codex itself wrote.
    Sandbox(Places, Vec<String>),
}

impl Piece {
    /// The instructions where Codex reads them.
    pub(crate) fn instructions(places: &Places, looks: Looks) -> Self {
        Self::Instructions(places.clone(), instructions(&places.codex), looks)
    }

    /// The file.
    pub(crate) fn path(&self) -> PathBuf {
        match self {
            Self::ClaudeHook(places) => places.claude.join("settings.json"),
            Self::CodexHook(places) => places.codex.join("hooks.json"),
            Self::Instructions(_, path, _) => path.clone(),
            Self::Sandbox(places, _) => places.codex.join("config.toml"),
        }
    }

    /// The text with ours in it; `text` is None when there is no file.
    pub(crate) fn wire(&self, text: Option<&str>) -> Result<Wired, Malformed> {
        Ok(match self {
            Self::ClaudeHook(places) => {
                let (text, made) = self.wire_hook(places, text)?;
                let paths = sandboxed(places);
                let Some(path) = paths.first() else { return Ok(only((text, made))) };
                // Settings of the sandbox that are broken must not cost the hook.
                match (AllowWrite { path }).wire(&text) {
                    Ok((text, sandbox)) => {
                        Wired { text, made: MadeIn { made, sandbox: Some(sandbox) }, closed: None }
                    }
                    Err(error) => Wired { closed: Some(error), ..only((text, made)) },
                }
            }
            Self::CodexHook(places) => only(self.wire_hook(places, text)?),
            Self::Instructions(places, _, looks) => {
                let text = BLOCK.wire(text.unwrap_or(""), &told(places, *looks))?;
                only((text, Made::Parent))
            }
            Self::Sandbox(places, _) => only(roots(places).wire(text.unwrap_or(""))?),
        })
    }

    fn wire_hook(&self, places: &Places, text: Option<&str>) -> Result<(String, Made), Malformed> {
        let handler = self.handler(places);
        let owns = owner(places);
        let hooks = self.hooks(&owns);
        if matches!(self, Self::CodexHook(_)) {
            Malformed::refuse_mark(text.unwrap_or_default(), "Codex")?;
        }
        match text {
            Some(text) if !is_blank(text) => hooks.wire(text, &handler),
            _ => Ok((hooks.fresh(&handler), Made::Parent)),
        }
    }

    /// What a user puts into Claude Code's settings to open the store to its sandbox.
    pub(crate) fn sandbox_by_hand(places: &Places) -> String {
        let paths = sandboxed(places);
        let wired = paths.first().and_then(|path| AllowWrite { path }.wire("{}").ok());
        wired.map(|(text, _)| text + "\n").unwrap_or_default()
    }

    /// The text without ours. With `keeps_store` the store stays open to the sandbox: another installation has it there.
    pub(crate) fn unwire(
        &self,
        text: &str,
        MadeIn { made, sandbox }: MadeIn,
        keeps_store: bool,
    ) -> Result<String, Malformed> {
        match self {
            Self::ClaudeHook(_) | Self::CodexHook(_) if is_blank(text) => Ok(text.to_owned()),
            Self::ClaudeHook(places) => {
                let made_sandbox = sandbox.unwrap_or(Made::Outer);
                let paths = if keeps_store { Vec::new() } else { sandboxed(places) };
                let text = paths.iter().fold(text.to_owned(), |text, path| {
                    // What is broken there is left, see `Piece::left_in`.
                    AllowWrite { path }.unwire(&text, made_sandbox).unwrap_or(text)
                });
                self.hooks(&owner(places)).unwire(&text, made)
            }
            Self::CodexHook(places) => self.hooks(&owner(places)).unwire(text, made),
            Self::Instructions(places, ..) => match own_block(text, places)? {
                true => BLOCK.unwire(text),
                false => Ok(text.to_owned()),
            },
            Self::Sandbox(places, trusted) => {
                let text = if keeps_store { text.to_owned() } else { roots(places).unwire(text, made)? };
                trusted.iter().try_fold(text, |text, key| Trust { key }.unwire(&text))
            }
        }
    }

    /// Whether anything of ours is in the text.
    pub(crate) fn is_in(&self, text: &str) -> Result<bool, Malformed> {
        match self {
            Self::ClaudeHook(_) | Self::CodexHook(_) if is_blank(text) => Ok(false),
            Self::ClaudeHook(places) => {
                let mut is_in = !self.hooks(&owner(places)).find(text)?.is_empty();
                for path in sandboxed(places) {
                    is_in |= AllowWrite { path: &path }.find(text).unwrap_or(false);
                }
                Ok(is_in)
            }
            Self::CodexHook(places) => Ok(!self.hooks(&owner(places)).find(text)?.is_empty()),
            Self::Instructions(places, ..) => own_block(text, places),
            Self::Sandbox(places, trusted) => {
                let mut is_in = roots(places).find(text)?;
                for key in trusted {
                    is_in |= Trust { key }.find(text)?;
                }
                Ok(is_in)
            }
        }
    }

    /// Why the store may still be named in `text` by settings of the sandbox that are broken.
    pub(crate) fn left_in(&self, text: &str) -> Option<Malformed> {
        let Self::ClaudeHook(places) = self else { return None };
        let named = sandboxed(places).into_iter().filter(|path| text.contains(path.as_str()));
        named.filter_map(|path| AllowWrite { path: &path }.find(text).err()).next()
    }

    /// What a user puts into the file where we cannot: a whole file with nothing but ours.
    pub(crate) fn by_hand(&self) -> String {
        // A new file is never malformed.
        self.wire(None).map(|wired| wired.text).unwrap_or_default()
    }

    /// What a user takes out of the file where we cannot: what [`Piece::by_hand`] puts in, and the trust that came later.
    pub(crate) fn to_take_out(&self) -> String {
        let mut text = self.by_hand();
        if let Self::Sandbox(_, trusted) = self {
            trusted.iter().for_each(|key| text.push_str(&format!("[hooks.state.{key:?}]\n")));
        }
        text
    }

    /// Our handler as it must stand in the file.
    pub(crate) fn handler(&self, places: &Places) -> Handler {
        let program = places.program("session-start");
        let run = match self {
            // No shell: no quoting, and no process of one.
            Self::ClaudeHook(_) => Run::Exec(
                program.display().to_string(),
                vec!["--max-bytes".to_owned(), HOST_LIMIT.to_owned()],
            ),
            _ => Run::Shell(format!("{} --max-bytes {HOST_LIMIT}", handoff_process::quoted(&program))),
        };
        let status_message = matches!(self, Self::CodexHook(_)).then_some(STATUS_MESSAGE);
        Handler { run, timeout: TIMEOUT, context_limit: None, status_message }
    }

    /// How the file's handlers are found.
    pub(crate) fn hooks<'a>(&self, owns: &'a dyn Fn(&Call) -> bool) -> Hooks<'a> {
        let is_codex = matches!(self, Self::CodexHook(_));
        // Neither host reads a file with comments in it: a hook there would never run.
        Hooks { event: "SessionStart", owns, comments: false, keeps_places: is_codex }
    }
}

/// A text with a piece in it.
pub(crate) struct Wired {
    pub(crate) text: String,
    /// What of the surroundings was made.
    pub(crate) made: MadeIn,
    /// Why the store is not open to Claude Code's sandbox, where the settings of that are broken.
    pub(crate) closed: Option<Malformed>,
}

/// What of the surroundings was made for a piece.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct MadeIn {
    /// For the piece, or the hook of one that has more.
    pub(crate) made: Made,
    /// For the store in Claude Code's sandbox. Not there where an installation without it wrote the file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) sandbox: Option<Made>,
}

impl MadeIn {
    /// All of it: what is not known was not the user's.
    pub(crate) const ALL: Self = Self { made: Made::Outer, sandbox: None };

    /// This, with what it does not know of from `new`.
    pub(crate) fn or(self, new: Self) -> Self {
        Self { made: self.made, sandbox: self.sandbox.or(new.sandbox) }
    }
}

/// Whether our part of Codex's instructions is there, and not another installation's.
fn own_block(text: &str, places: &Places) -> Result<bool, Malformed> {
    let Some(range) = BLOCK.find(text)? else { return Ok(false) };
    let program = others::program_in(&text[range]);
    Ok(program.is_none_or(|program| others::prefix_of(&program, places).is_none()))
}

fn only((text, made): (String, Made)) -> Wired {
    Wired { text, made: MadeIn { made, sandbox: None }, closed: None }
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
        let is_called_so = call.args == ["--max-bytes", HOST_LIMIT];
        let is_other = || PROGRAMS.iter().any(|name| program.ends_with(name));
        program.ends_with(".agent-handoff/bin/session-start")
            || (program.ends_with("session-start")
                && handoff_files::is_file(&program.with_file_name("handoff-write")))
            || (is_called_so
                && (program.ends_with("bin/session-start") && !handoff_files::is_taken(program)
                    || program.parent() == own.parent() && !is_other()))
    }
}

/// Whether a file of JSON says nothing, which Claude Code takes for `{}`.
pub(crate) fn is_blank(text: &str) -> bool {
    text.trim_start_matches('\u{feff}').trim().is_empty()
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

/// The file that Codex reads its user's instructions from: an override that holds something wins.
fn instructions(codex: &Path) -> PathBuf {
    let other = codex.join("AGENTS.override.md");
    match handoff_files::read_file(&other, LONGEST) {
        Ok(content) if content.trim_ascii().is_empty() => codex.join("AGENTS.md"),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => codex.join("AGENTS.md"),
        // What it is in the way of is found out when it is edited.
        _ => other,
    }
}

/// Who looks for handoffs in a session of Codex.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Looks {
    /// The agent, by a command: the hook is not there, or Codex does not run it.
    Agent,
    /// The hook, which Codex was seen to trust. A command would be spent on nothing in each session.
    Hook,
}

/// What Codex is told. Read by every session, so every word has to earn its place.
pub(crate) fn told(places: &Places, looks: Looks) -> String {
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
