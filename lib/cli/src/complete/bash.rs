//! For bash, 3.2 and later.

use super::{NAMES_VERB, Node, nodes, quoted, spellings};
use crate::table::{Program, Values};

/// The script: `source` it, or put it where bash-completion looks, under the program's name.
pub fn bash(program: &'static Program) -> String {
    let name = program.name;
    let nodes = nodes(program);
    let mut script = format!(
        "# bash completion for {name}: put it into ~/.local/share/bash-completion/completions/{name}\n\
         _{name}_words() {{\n    local IFS=$'\\n'\n    COMPREPLY=($(compgen \"$@\" -- \"$cur\"))\n}}\n\
         _{name}_files() {{\n    compopt -o filenames 2>/dev/null\n    _{name}_words \"$@\"\n}}\n\
         _{name}() {{\n    local cur=${{COMP_WORDS[COMP_CWORD]}} prev=${{COMP_WORDS[COMP_CWORD-1]}} at='' i\n    \
         COMPREPLY=()\n    for ((i = 1; i < COMP_CWORD; i++)); do\n        case \"$at ${{COMP_WORDS[i]}}\" in\n"
    );
    for node in nodes.iter().filter(|node| !node.at.is_empty()) {
        let ways: Vec<String> =
            std::iter::once(&node.at).chain(&node.spellings).map(|way| quoted(way)).collect();
        script.push_str(&format!("            {}) at={} ;;\n", ways.join(" | "), quoted(&node.at)));
    }
    script.push_str("        esac\n    done\n    case \"$at:$prev\" in\n");
    for node in &nodes {
        values_of(node, name, &mut script);
    }
    script.push_str("    esac\n    if [[ $cur == -* ]]; then\n        case \"$at\" in\n");
    for node in &nodes {
        let options: Vec<String> = node.options.iter().flat_map(|option| spellings(option)).collect();
        script.push_str(&format!(
            "            {}) _{name}_words -W $'{}' ;;\n",
            quoted(&node.at),
            options.join("\\n")
        ));
    }
    script.push_str("        esac\n        return\n    fi\n    case \"$at\" in\n");
    for node in &nodes {
        words_of(node, name, &mut script);
    }
    script.push_str(&format!("    esac\n}}\ncomplete -F _{name} {name}\n"));
    script
}

fn values_of(node: &Node, name: &str, script: &mut String) {
    for (option, values) in node.with_value() {
        let ways: Vec<String> =
            spellings(option).iter().map(|way| quoted(&format!("{}:{way}", node.at))).collect();
        let action = action(values, name).unwrap_or_else(|| ":".to_owned());
        script.push_str(&format!("        {}) {action}; return ;;\n", ways.join(" | ")));
    }
}

fn words_of(node: &Node, name: &str, script: &mut String) {
    let mut actions: Vec<String> = Vec::new();
    if !node.verbs.is_empty() {
        let verbs: Vec<&str> = node.verbs.iter().map(|verb| verb.name).collect();
        actions.push(format!("_{name}_words -W $'{}'", verbs.join("\\n")));
    } else if node.takes_command() {
        actions.push(format!("_{name}_words -c"));
    }
    actions.extend(node.operands().into_iter().filter_map(|values| action(values, name)));
    // The words of the first kind that there are some of.
    if !actions.is_empty() {
        let tried = actions.join("; [[ ${#COMPREPLY[@]} -gt 0 ]] || ");
        script.push_str(&format!("        {}) {tried} ;;\n", quoted(&node.at)));
    }
}

fn action(values: Values, name: &str) -> Option<String> {
    match values {
        Values::Any => None,
        Values::File => Some(format!("_{name}_files -f")),
        Values::Directory => Some(format!("_{name}_files -d")),
        Values::OneOf(choices) => Some(format!("_{name}_words -W $'{}'", choices.join("\\n"))),
        Values::Known(known) => {
            Some(format!("_{name}_words -W \"$(handoff {NAMES_VERB} {} 2>/dev/null)\"", known.word()))
        }
    }
}
