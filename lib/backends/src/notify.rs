//! `notify`: what the end of a run that works in the background does.

/// How a person is told that a run has ended.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Notify {
    /// Not at all: `none`, or an empty value.
    #[default]
    None,
    /// `bell`: the terminal rings.
    Bell,
    /// `osc9`: the terminal shows a notification (iTerm2, WezTerm, Ghostty, Windows Terminal, kitty).
    Osc9,
    /// `osc777`: the same with a title (urxvt, foot, Ghostty, WezTerm, VTE).
    Osc777,
    /// `desktop`: the desktop shows a notification, by `notify-send` or `osascript`.
    Desktop,
    /// Any other value: a command line for `sh`.
    Command(String),
}

impl Notify {
    /// Reads the value of the key.
    pub(crate) fn read(written: &str) -> Self {
        match written.trim() {
            "" | "none" => Self::None,
            "bell" => Self::Bell,
            "osc9" => Self::Osc9,
            "osc777" => Self::Osc777,
            "desktop" => Self::Desktop,
            command => Self::Command(command.to_owned()),
        }
    }
}
