//! How a host's skills are written.

/// How a host's skills are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SkillForm {
    /// What its user types before a skill's name.
    pub prefix: char,
    /// Whether what gives a task to another agent is a skill there; else it is an agent of the host's own.
    pub gives_tasks_by_skill: bool,
    /// How a skill of its plugin names a program.
    pub plugin: PluginPrograms,
}

/// How a skill of a plugin names the programs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PluginPrograms {
    /// By this variable, which the host fills in: the plugin's own directory.
    Root(&'static str),
    /// As they are installed: the host fills nothing in.
    Installed,
}
