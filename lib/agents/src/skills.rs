//! How a host's skills are written.

/// How a host's skills are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SkillForm {
    /// What its user types before a skill's name.
    pub prefix: char,
    /// Whose lines of a skill's source are its own.
    pub text: SkillText,
    /// What gives a task to another agent there.
    pub tasks: TaskForm,
    /// How a skill of its plugin names a program.
    pub plugin: PluginPrograms,
}

/// Whose text a host's skills have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SkillText {
    /// Its own, which may name the host and use what only that has.
    Own,
    /// The text for all hosts that look in one directory: it names none of them and needs nothing filled in.
    Shared,
}

/// What gives a task to another agent in a host.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TaskForm {
    /// A skill.
    Skill,
    /// An agent of the host's own.
    Agent,
    /// Nothing.
    None,
}

/// How a skill of a plugin names the programs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PluginPrograms {
    /// By this variable, which the host fills in: the plugin's own directory.
    Root(&'static str),
    /// As they are installed: the host fills nothing in.
    Installed,
}
