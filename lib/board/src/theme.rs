//! How things look, with colour and without. Whatever a colour says, a word, a symbol or a position says too.

use ratatui::style::{Color, Modifier, Style};

use crate::model::State;

#[derive(Clone, Copy, Debug)]
pub(crate) struct Theme {
    colour: bool,
}

impl Theme {
    pub(crate) fn new(colour: bool) -> Self {
        Self { colour }
    }

    pub(crate) fn has_colour(self) -> bool {
        self.colour
    }

    fn tinted(self, colour: Color) -> Style {
        if self.colour { Style::new().fg(colour) } else { Style::new() }
    }

    pub(crate) fn strong(self) -> Style {
        Style::new().add_modifier(Modifier::BOLD)
    }

    /// For what is there when one looks for it.
    pub(crate) fn quiet(self) -> Style {
        Style::new().add_modifier(Modifier::DIM)
    }

    pub(crate) fn selected(self) -> Style {
        Style::new().add_modifier(Modifier::REVERSED)
    }

    /// A key to press, and the open tab.
    pub(crate) fn accent(self) -> Style {
        self.tinted(Color::Cyan).add_modifier(Modifier::BOLD)
    }

    /// A question, or something that went wrong.
    pub(crate) fn alert(self) -> Style {
        self.tinted(Color::Yellow).add_modifier(Modifier::BOLD)
    }

    pub(crate) fn code(self) -> Style {
        self.tinted(Color::Cyan)
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
