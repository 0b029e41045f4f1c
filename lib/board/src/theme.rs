//! How things look, with colour and without. Whatever a colour says, a word, a symbol or a position says too.

use ratatui::style::{Color, Modifier, Style};

use crate::model::State;

/// The styles of a screen. They work on light and on dark terminals: only the 16 colours of the terminal, no background.
#[derive(Clone, Copy, Debug)]
pub struct Theme {
    colour: bool,
}

impl Theme {
    /// With colours, or with bold, dim and reversed text only.
    pub fn new(colour: bool) -> Self {
        Self { colour }
    }

    /// Whether there are colours.
    pub fn has_colour(self) -> bool {
        self.colour
    }

    fn tinted(self, colour: Color) -> Style {
        if self.colour { Style::new().fg(colour) } else { Style::new() }
    }

    /// For what matters.
    pub fn strong(self) -> Style {
        Style::new().add_modifier(Modifier::BOLD)
    }

    /// For what is there when one looks for it.
    pub fn quiet(self) -> Style {
        Style::new().add_modifier(Modifier::DIM)
    }

    /// The selected row.
    pub fn selected(self) -> Style {
        Style::new().add_modifier(Modifier::REVERSED)
    }

    /// A key to press, and the open tab.
    pub fn accent(self) -> Style {
        self.tinted(Color::Cyan).add_modifier(Modifier::BOLD)
    }

    /// A question, or something that went wrong.
    pub fn alert(self) -> Style {
        self.tinted(Color::Yellow).add_modifier(Modifier::BOLD)
    }

    /// Code in a text.
    pub fn code(self) -> Style {
        self.tinted(Color::Cyan)
    }

    /// Something that went well, or a line that was added.
    pub fn good(self) -> Style {
        self.tinted(Color::Green)
    }

    /// Something that failed, or a line that was removed.
    pub fn bad(self) -> Style {
        self.tinted(Color::Red)
    }

    pub(crate) fn state(self, state: State) -> Style {
        match state {
            State::Running => self.tinted(Color::Cyan),
            State::Success => self.tinted(Color::Green),
            State::Error => self.tinted(Color::Red),
            State::Interrupted | State::Lost => self.tinted(Color::Yellow),
        }
    }
}
