//! What is wired, and for whom.

use handoff_agents::{Certainty, Host};

/// For whom something is wired.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Scope {
    /// For one project, in its own files.
    Project,
    /// For all of a user's projects, in the hosts' own directories.
    User,
}

/// A way in which a host is given something of ours.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Surface {
    /// Standing instructions. Only in projects.
    Guidance,
    /// Hooks that capture.
    Hooks,
    /// A tap before the user's own status line. Only for users.
    StatusLine,
    /// The hook that gives sessions their handoffs. Only for users; the installer wires it.
    InboxHook,
    /// The instructions that have an agent look into the inbox. Only for users; the installer wires them.
    InboxInstructions,
}

impl Surface {
    /// Those that [`enable`](crate::enable()) wires.
    pub const ALL: [Self; 3] = [Self::Guidance, Self::Hooks, Self::StatusLine];

    /// Whether `host` has it there.
    pub fn is_of(self, host: &Host, scope: Scope) -> bool {
        match (self, scope) {
            (Self::Guidance, Scope::Project) => true,
            (Self::Hooks, _) => host.hooks.is_some(),
            (Self::StatusLine, Scope::User) => host.status_line.is_some(),
            (Self::InboxHook, Scope::User) => host.inbox.is_some(),
            (Self::InboxInstructions, Scope::User) => {
                host.inbox.is_some_and(|inbox| inbox.instructions.is_some())
            }
            _ => false,
        }
    }

    /// How sure it is that it works in `host`.
    pub fn certainty(self, host: &Host) -> Certainty {
        match self {
            Self::Guidance | Self::InboxInstructions => host.certain.instructions,
            Self::Hooks | Self::StatusLine | Self::InboxHook => host.certain.hook,
        }
    }
}
