//! For fish.

use super::{NAMES_VERB, Node, nodes};
use crate::table::{Opt, Program, Takes, Values};

/// The script: put it into `~/.config/fish/completions`, under the program's name.
pub fn fish(program: &'static Program) -> String {
    let name = program.name;
    let nodes = nodes(program);
    let mut script = format!(
        "# fish completion for {name}: put it into ~/.config/fish/completions/{name}.fish\n\
         function __{name}_at\n    set -l at ''\n    set -l words (commandline -opc)\n    for word in $words[2..-1]\n        \
         switch \"$at $word\"\n"
    );
    for node in nodes.iter().filter(|node| !node.at.is_empty()) {
        let ways: Vec<String> =
            std::iter::once(&node.at).chain(&node.spellings).map(|way| quoted(way)).collect();
        script.push_str(&format!(
            "            case {}\n                set at {}\n",
            ways.join(" "),
            quoted(&node.at)
        ));
    }
    script.push_str(&format!(
        "        end\n    end\n    test \"$at\" = \"$argv[1]\"\nend\ncomplete -c {name} -f\n"
    ));
    for node in &nodes {
        let here = format!("complete -c {name} -n \"__{name}_at {}\"", quoted(&node.at));
        for verb in &node.verbs {
            script.push_str(&format!("{here} -a {} -d {}\n", quoted(verb.name), quoted(verb.about)));
        }
        for option in &node.options {
            script.push_str(&format!("{here} {}\n", option_of(option)));
        }
        for words in words_of(node) {
            script.push_str(&format!("{here} {words}\n"));
        }
    }
    script
}

fn option_of(option: &Opt) -> String {
    let mut words: Vec<String> = Vec::new();
    if !option.long.is_empty() {
        words.push(format!("-l {}", option.long));
    }
    words.extend(option.short.map(|letter| format!("-s {letter}")));
    match option.takes {
        Takes::Nothing | Takes::Line(_) => {}
        Takes::Value(_, Values::Any) | Takes::Each(_, Values::Any) => words.push("-x".to_owned()),
        Takes::Value(_, Values::File) | Takes::Each(_, Values::File) => words.push("-r -F".to_owned()),
        Takes::Value(_, values) | Takes::Each(_, values) => {
            words.push("-x".to_owned());
            words.extend(names(values).map(|names| format!("-a {}", quoted(&names))));
        }
    }
    words.push(format!("-d {}", quoted(option.about)));
    words.join(" ")
}

fn words_of(node: &Node) -> Vec<String> {
    let is_file = |values: &Values| *values == Values::File;
    let mut words: Vec<String> = Vec::new();
    if node.verbs.is_empty() && node.takes_command() {
        words.push("-a '(__fish_complete_command)'".to_owned());
    }
    if node.operands().iter().any(is_file) {
        words.push("-F".to_owned());
    }
    words.extend(node.operands().into_iter().filter_map(names).map(|names| format!("-a {}", quoted(&names))));
    words
}

/// What gives the names, as an argument of `-a`.
fn names(values: Values) -> Option<String> {
    match values {
        Values::Any | Values::File => None,
        Values::Directory => Some("(__fish_complete_directories)".to_owned()),
        Values::OneOf(choices) => Some(choices.join(" ")),
        Values::Known(known) => Some(format!("(handoff {NAMES_VERB} {} 2>/dev/null)", known.word())),
    }
}

/// `text` between single quotes: there fish reads `\'` and `\\` only.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\\', "\\\\").replace('\'', "\\'"))
}
