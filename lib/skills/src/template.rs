//! The two marks of a source: whose lines these are, and what is filled in.

use handoff_agents::{HOSTS, Host, SkillText};

use crate::Target;
use crate::command::{command, rule};

/// Marks the lines for all hosts without a text of their own.
const SHARED: &str = "shared";

/// `source` as `target` reads it, with what is filled in spelled as `spell` does.
pub(crate) fn fill(source: &str, target: Target<'_>, spell: fn(&str) -> String) -> String {
    let mut text = String::with_capacity(source.len());
    let mut whose = None;
    for line in source.lines() {
        let mark = line.strip_prefix("<!-- ").and_then(|line| line.strip_suffix(" -->"));
        match (mark.and_then(owner), mark.and_then(|mark| owner(mark.strip_prefix('/')?))) {
            (Some(begins), _) => whose = Some(begins),
            (None, Some(_)) => whose = None,
            _ if whose.is_some_and(|owner| owner != mark_of(target.host)) => {}
            _ => {
                text.push_str(&filled(line, target, spell));
                text.push('\n');
            }
        }
    }
    text
}

/// The mark of the lines that a host reads.
fn mark_of(host: &Host) -> &'static str {
    let has_own = host.skills.is_some_and(|form| form.text == SkillText::Own);
    if has_own { host.id } else { SHARED }
}

/// The mark that is called so; `None` for what is a line of text.
fn owner(mark: &str) -> Option<&'static str> {
    HOSTS.iter().map(|host| mark_of(host)).find(|known| *known == mark)
}

/// `line` with every `{{…}}` filled in.
fn filled(line: &str, target: Target<'_>, spell: fn(&str) -> String) -> String {
    let mut text = String::new();
    let mut rest = line;
    while let Some((before, mark)) = rest.split_once("{{") {
        let Some((name, after)) = mark.split_once("}}") else { break };
        text.push_str(before);
        text.push_str(&spell(&match name.strip_prefix("allow ").and_then(|call| call.split_once(' ')) {
            Some((program, arguments)) => rule(program, arguments, target),
            None => command(name, target),
        }));
        rest = after;
    }
    text.push_str(rest);
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Programs;
    use std::path::Path;

    const SOURCE: &str = "a\n<!-- claude -->\n{{allow x *}} {{x}}\n<!-- /claude -->\n<!-- shared -->\n{{x}}, {{y}} b\n<!-- /shared -->\nz\n";

    fn target(host: &'static handoff_agents::Host) -> Target<'static> {
        Target { host, programs: Programs::Installed(Path::new("/p")) }
    }

    #[test]
    fn each_host_gets_its_lines() {
        assert_eq!(
            fill(SOURCE, target(&handoff_agents::CLAUDE_CODE), str::to_owned),
            "a\nBash(/p/x *) /p/x\nz\n"
        );
        assert_eq!(fill(SOURCE, target(&handoff_agents::CODEX), str::to_uppercase), "a\n/P/X, /P/Y b\nz\n");
    }

    #[test]
    fn an_open_mark_is_text() {
        assert_eq!(filled("a {{ b", target(&handoff_agents::CLAUDE_CODE), str::to_owned), "a {{ b");
    }
}
