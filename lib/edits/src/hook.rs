//! A command that a host runs at an event, in a file of JSON.

use handoff_wiring::{Call, Found, Handler, Hooks, Made, Malformed};

use crate::fragment::{Fragment, is_blank};

/// A handler of ours in a host's file of hooks. A blank file is one that says nothing.
pub struct Hook<'a> {
    /// What the host runs.
    pub handler: Handler,
    /// The event, as the host spells it.
    pub event: &'static str,
    /// Whether what a handler runs is ours.
    pub owns: &'a dyn Fn(&Call) -> bool,
    /// Whether the host reads a file with comments in it.
    pub comments: bool,
    /// Whether a place in the list means something to the host.
    pub keeps_places: bool,
    /// Whether handlers stand in no group.
    pub flat: bool,
    /// The host's name, where it does not read a file that begins with a byte order mark.
    pub refuses_mark: Option<&'static str>,
}

impl Hook<'_> {
    /// What of ours is in the text, in the order it stands there.
    ///
    /// # Errors
    /// [`Malformed`].
    pub fn find(&self, text: &str) -> Result<Vec<Found>, Malformed> {
        if is_blank(text) { Ok(Vec::new()) } else { self.hooks().find(text) }
    }

    /// Fails for a text that the host does not read, whatever is in it.
    ///
    /// # Errors
    /// [`Malformed`].
    pub fn check_mark(&self, text: &str) -> Result<(), Malformed> {
        self.refuses_mark.map_or(Ok(()), |host| Malformed::refuse_mark(text, host))
    }

    fn hooks(&self) -> Hooks<'_> {
        let Self { event, owns, comments, keeps_places, flat, .. } = *self;
        Hooks { event, owns, comments, keeps_places, flat }
    }
}

impl Fragment for Hook<'_> {
    fn wire(&self, text: &str) -> Result<(String, Made), Malformed> {
        self.check_mark(text)?;
        if is_blank(text) {
            let made = if self.flat { Made::Outer } else { Made::Parent };
            return Ok((self.hooks().fresh(&self.handler), made));
        }
        self.hooks().wire(text, &self.handler)
    }

    fn unwire(&self, text: &str, made: Made) -> Result<String, Malformed> {
        if is_blank(text) { Ok(text.to_owned()) } else { self.hooks().unwire(text, made) }
    }

    fn is_in(&self, text: &str) -> Result<bool, Malformed> {
        Ok(!self.find(text)?.is_empty())
    }
}
