//! For zsh.

use super::{NAMES_VERB, Node, nodes, quoted, spellings};
use crate::table::{Program, Values};

/// The script: put it as `_handoff` into a directory of `$fpath`, or `source` it behind `compinit`.
pub fn zsh(program: &'static Program) -> String {
    let name = program.name;
    let nodes = nodes(program);
    let mut script = format!(
        "#compdef {name}\n# zsh completion for {name}: put it as _{name} into a directory of $fpath\n\
         _{name}() {{\n    local at='' cur=${{words[CURRENT]}} prev=${{words[CURRENT-1]}}\n    local -a found\n    integer i\n    \
         for ((i = 2; i < CURRENT; i++)); do\n        case \"$at ${{words[i]}}\" in\n"
    );
    for node in nodes.iter().filter(|node| !node.at.is_empty()) {
        let ways: Vec<String> =
            std::iter::once(&node.at).chain(&node.spellings).map(|way| quoted(way)).collect();
        script.push_str(&format!("            ({}) at={} ;;\n", ways.join("|"), quoted(&node.at)));
    }
    script.push_str("        esac\n    done\n    case \"$at:$prev\" in\n");
    for node in &nodes {
        for (option, values) in node.with_value() {
            let ways: Vec<String> =
                spellings(option).iter().map(|way| quoted(&format!("{}:{way}", node.at))).collect();
            let action = action(values).unwrap_or_else(|| "_message value".to_owned());
            script.push_str(&format!("        ({}) {action}; return ;;\n", ways.join("|")));
        }
    }
    script.push_str("    esac\n    if [[ $cur == -* ]]; then\n        case \"$at\" in\n");
    for node in &nodes {
        let described = node.options.iter().flat_map(|option| {
            spellings(option).into_iter().map(|way| quoted(&format!("{way}:{}", plain(option.about))))
        });
        let described: Vec<String> = described.collect();
        script.push_str(&format!("            ({}) found=({}) ;;\n", quoted(&node.at), described.join(" ")));
    }
    script.push_str(
        "        esac\n        _describe -o option found\n        return\n    fi\n    case \"$at\" in\n",
    );
    for node in &nodes {
        words_of(node, &mut script);
    }
    script.push_str(&format!(
        "    esac\n}}\nif [[ $funcstack[1] == _{name} ]]; then _{name} \"$@\"; else compdef _{name} {name}; fi\n"
    ));
    script
}

fn words_of(node: &Node, script: &mut String) {
    let mut actions: Vec<String> = Vec::new();
    if !node.verbs.is_empty() {
        let verbs = node.verbs.iter().map(|verb| quoted(&format!("{}:{}", verb.name, plain(verb.about))));
        actions.push(format!("found=({}); _describe verb found", verbs.collect::<Vec<_>>().join(" ")));
    } else if node.takes_command() {
        actions.push("_command_names -e".to_owned());
    }
    actions.extend(node.operands().into_iter().filter_map(action));
    if !actions.is_empty() {
        script.push_str(&format!("        ({}) {} ;;\n", quoted(&node.at), actions.join("; ")));
    }
}

fn action(values: Values) -> Option<String> {
    match values {
        Values::Any => None,
        Values::File => Some("_files".to_owned()),
        Values::Directory => Some("_files -/".to_owned()),
        Values::OneOf(choices) => Some(format!("compadd -- {}", choices.join(" "))),
        Values::Known(known) => {
            Some(format!("compadd -- ${{(f)\"$(handoff {NAMES_VERB} {} 2>/dev/null)\"}}", known.word()))
        }
    }
}

/// A colon ends the word that is described.
fn plain(about: &str) -> String {
    about.replace(':', "\\:")
}
