//! How a skill names a program.

use handoff_agents::PluginPrograms;

use crate::{Programs, Target};

/// `program` as a POSIX shell takes it, quoted where its path needs it.
pub(crate) fn command(program: &str, target: Target<'_>) -> String {
    let plugin = || target.host.skills.map_or(PluginPrograms::Installed, |form| form.plugin);
    match target.programs {
        Programs::Installed(bin) => quoted(&bin.join(program).to_string_lossy()),
        Programs::Plugin => match plugin() {
            PluginPrograms::Root(variable) => format!("\"${{{variable}}}/bin/{program}\""),
            PluginPrograms::Installed => {
                format!("\"${{AGENT_HANDOFF_HOME:-$HOME/.agent-handoff}}/bin/{program}\"")
            }
        },
    }
}

/// The item of `allowed-tools` that lets Claude Code run `program` with `arguments`.
///
/// Claude Code compares the rule with the command as it is typed, quotes included: the rule for
/// `'/a b/x'` is `Bash('/a b/x' *)`, and one without the quotes matches nothing. A parenthesis would
/// end the rule, escaped or not, so `*` stands for it.
pub(crate) fn rule(program: &str, arguments: &str, target: Target<'_>) -> String {
    let command = command(program, target).replace(['(', ')'], "*");
    yaml(&format!("Bash({command} {arguments})"))
}

/// `text` as one word of a POSIX shell.
fn quoted(text: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "/._-+@%:,".contains(c);
    if !text.is_empty() && text.chars().all(plain) {
        return text.to_owned();
    }
    format!("'{}'", text.replace('\'', r"'\''"))
}

/// `text` as a scalar of YAML, plain where nothing in it has a meaning there.
fn yaml(text: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "/._-+()* ".contains(c);
    if text.chars().all(plain) {
        return text.to_owned();
    }
    format!("'{}'", text.replace('\'', "''"))
}

/// `text` as a part of a string of TOML between double quotes, one or three.
pub(crate) fn toml(text: &str) -> String {
    let spelled = |c: char| match c {
        '"' | '\\' => format!("\\{c}"),
        c if c.is_control() => format!("\\u{:04X}", u32::from(c)),
        c => c.to_string(),
    };
    text.chars().map(spelled).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    fn installed(bin: &str) -> Target<'_> {
        Target { host: &handoff_agents::CLAUDE_CODE, programs: Programs::Installed(Path::new(bin)) }
    }

    #[test]
    fn plain_path_stays_plain() {
        let target = installed("/home/me/.agent-handoff/bin");
        assert_eq!(command("inbox", target), "/home/me/.agent-handoff/bin/inbox");
        assert_eq!(rule("inbox", "*", target), "Bash(/home/me/.agent-handoff/bin/inbox *)");
    }

    #[test]
    fn blanks_and_quotes_are_quoted_for_the_shell_and_for_yaml() {
        let target = installed("/a b/it's/bin");
        assert_eq!(command("inbox", target), r"'/a b/it'\''s/bin/inbox'");
        assert_eq!(rule("inbox", "*", target), r"'Bash(''/a b/it''\''''s/bin/inbox'' *)'");
    }

    #[test]
    fn a_parenthesis_is_a_wildcard_in_the_rule() {
        let target = installed("/p (x)/bin");
        assert_eq!(command("inbox", target), "'/p (x)/bin/inbox'");
        assert_eq!(rule("inbox", "*", target), "'Bash(''/p *x*/bin/inbox'' *)'");
    }

    #[test]
    fn what_a_shell_would_expand_is_quoted() {
        for path in ["/a$b", "/~a", "/a*", "/a\"b", "/a;b", "/ä", "/a=b", "/{a}"] {
            assert!(quoted(path).starts_with('\''), "{path}");
        }
    }

    #[test]
    fn quotes_backslashes_and_controls_are_escaped_for_toml() {
        assert_eq!(toml("/a b/'x'\"\\\u{1b}\u{7f}ä"), "/a b/'x'\\\"\\\\\\u001B\\u007Fä");
    }
}
