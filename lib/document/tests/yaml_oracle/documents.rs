//! Texts to read: documents made of every style in the subset, edits that break them, and noise.

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::{Index, select};

/// A text that `read` must accept, and its top-level keys.
#[derive(Debug, Clone)]
pub(crate) struct Document {
    pub(crate) text: String,
    pub(crate) keys: Vec<String>,
}

/// A value, of which only the layout is left open.
#[derive(Debug, Clone)]
enum Node {
    Empty,
    /// A scalar or flow collection as it stands in a file, but for its indentation.
    Inline(String),
    Block(Block),
    Mapping(Vec<(String, Item)>),
    Sequence(Vec<Item>),
}

/// A block scalar.
#[derive(Debug, Clone)]
struct Block {
    style: char,
    chomping: &'static str,
    explicit: bool,
    /// Without their indentation.
    lines: Vec<String>,
}

/// A value with its layout.
#[derive(Debug, Clone)]
struct Item {
    node: Node,
    /// On a line of its own where it might share its key's or dash's.
    below: bool,
    /// How much deeper it is indented; a sequence under a key may take 0.
    step: usize,
    spaces: usize,
    comment: Option<String>,
    /// Blank lines and comments after it.
    after: Vec<String>,
}

pub(crate) fn document() -> impl Strategy<Value = Document> {
    let names = prop_oneof![
        4 => "[A-Za-z_][A-Za-z0-9_.-]{0,5}",
        1 => "-{1,2}[a-z]",
        1 => "[0-9]{1,3}",
        1 => "\"[a-z: #]{1,4}\\\\t\"",
        1 => "'[a-z: #]{1,4}'''",
    ];
    (vec((names, item(node(3))), 0..6), after(), any::<bool>(), any::<bool>()).prop_map(
        |(mut entries, before, crlf, ended)| {
            deduplicate(&mut entries);
            let keys = entries.iter().map(|(name, _)| key_text(name)).collect();
            let mut text = before.concat();
            mapping(&mut text, &entries, 0, 0);
            if !ended && text.ends_with('\n') {
                text.pop();
            }
            if crlf {
                text = text.replace('\n', "\r\n");
            }
            Document { text, keys }
        },
    )
}

fn key_text(source: &str) -> String {
    match source.strip_prefix('\'').and_then(|s| s.strip_suffix('\'')) {
        Some(inner) => inner.replace("''", "'"),
        None => source.trim_matches('"').replace("\\t", "\t"),
    }
}

fn deduplicate(entries: &mut Vec<(String, Item)>) {
    let mut seen = std::collections::HashSet::new();
    entries.retain(|(name, _)| seen.insert(key_text(name)));
}

fn node(depth: u32) -> impl Strategy<Value = Node> {
    let leaf = prop_oneof![
        1 => Just(Node::Empty),
        3 => plain().prop_map(Node::Inline),
        2 => single_quoted().prop_map(Node::Inline),
        3 => double_quoted().prop_map(Node::Inline),
        2 => flow().prop_map(Node::Inline),
        3 => block().prop_map(Node::Block),
    ];
    leaf.prop_recursive(depth, 12, 4, |inner| {
        let nested_key = prop_oneof![
            3 => "[a-z]{1,3}( [a-z/]{1,3})?",
            1 => "\"[a-z: #]{1,4}\"",
            1 => "'[a-z: #é]{1,4}'",
            1 => "[a-z]:[a-z]",
            1 => "-[a-z]",
        ];
        prop_oneof![
            vec((nested_key, item(inner.clone())), 1..4).prop_map(|mut entries| {
                deduplicate(&mut entries);
                Node::Mapping(entries)
            }),
            vec(item(inner), 1..4).prop_map(Node::Sequence),
        ]
    })
}

fn item(node: impl Strategy<Value = Node>) -> impl Strategy<Value = Item> {
    (node, any::<bool>(), 0..4_usize, 1..4_usize, option::of(comment()), after()).prop_map(
        |(node, below, step, spaces, comment, after)| Item { node, below, step, spaces, comment, after },
    )
}

fn comment() -> impl Strategy<Value = String> {
    " {1,2}#[ a-z:#'\"\\[|é😀\t-]{0,6}"
}

fn after() -> impl Strategy<Value = Vec<String>> {
    vec(prop_oneof![Just("\n"), Just("  \n"), Just("# c: 'x\n"), Just("   # - c\n")], 0..2)
        .prop_map(|lines| lines.into_iter().map(str::to_owned).collect())
}

/// Breaks between the lines of a scalar, with blanks that belong to no text.
fn fold() -> impl Strategy<Value = String> {
    "( |\t)?\n(\n|  \n){0,2}"
}

/// Lines with a fold between each two.
fn folded(
    first: impl Strategy<Value = String>,
    line: impl Strategy<Value = String>,
) -> impl Strategy<Value = String> {
    (first, vec((fold(), line), 0..3))
        .prop_map(|(first, more)| more.into_iter().fold(first, |text, (fold, line)| text + &fold + &line))
}

fn plain() -> impl Strategy<Value = String> {
    let words = "([ \t]{1,2}[a-z0-9,:#\\[\\]{}&*!|>'\"%@`é😀/-]{0,4}[a-z0-9é\\]\"'-]){0,3}";
    let not_comment = |text: &String| !text.contains(" #") && !text.contains("\t#");
    let first = format!("(-[a-z]|:[a-z]|\\?[a-z]|[a-z0-9/=é😀.]){words}");
    let more = format!("([a-z0-9=é😀,&*!|>'\"%@`\\[{{]|- [a-z]){words}");
    let unusual = prop_oneof![
        Just("https://x.org/a#b".to_owned()),
        Just("a:b".to_owned()),
        Just("2026-11-21T10:00:00Z".to_owned()),
        Just("-".repeat(4)),
        Just("<<".to_owned()),
    ];
    prop_oneof![
        4 => folded(
            matching(&first).prop_filter("a comment", not_comment),
            matching(&more).prop_filter("a comment", not_comment),
        ),
        1 => unusual,
    ]
}

fn single_quoted() -> impl Strategy<Value = String> {
    folded("([a-z:#\"\\\\\\[,é😀 \t-]|''){0,6}", "([a-z:#\"\\\\\\],é\\-]([a-z:# \t]|''){0,5})")
        .prop_map(|text| format!("'{text}'"))
}

fn double_quoted() -> impl Strategy<Value = String> {
    let piece = "([a-z:#',é😀 \t\\[-]|\\\\[0abtnvfre \"/\\\\N_LP]|\\\\x[0-9a-fA-F]{2}|\\\\u[0-9A-C][0-9a-f]{3}|\\\\U000[1-9][0-9a-f]{4})";
    let line = format!("([a-z#:'\\]-]|\\\\[nt ]){piece}{{0,4}}\\\\?");
    let first = format!("{piece}{{0,6}}\\\\?");
    (folded(matching(&first), matching(&line)), select(vec!["", "", "\n", "\\\n"])).prop_map(
        |(text, last)| {
            // A `\` that ends the text would take the closing quote.
            let odd = (text.len() - text.trim_end_matches('\\').len()) % 2 == 1;
            let text = if odd { &text[..text.len() - 1] } else { &text };
            format!("\"{text}{last}\"")
        },
    )
}

fn flow() -> impl Strategy<Value = String> {
    let scalar = prop_oneof![
        3 => "[a-z0-9/][a-z0-9#:']{0,3}[a-z]( [a-z]-?[a-z]){0,2}".prop_filter("a comment", |s| !s.contains(" #")),
        1 => "[a-z]{1,3}\n[a-z]{1,3}",
        1 => "-[0-9]",
        1 => single_quoted(),
        1 => double_quoted(),
    ];
    let nested = scalar.prop_recursive(2, 8, 3, |inner| flow_collection(inner.boxed()));
    flow_collection(nested.boxed())
}

/// What may stand between the parts of a flow collection.
fn gap() -> impl Strategy<Value = &'static str> {
    select(vec!["", "", " ", "  ", "\n", " # ]}'\n", "\n\n", "\n# ]\n"])
}

fn flow_collection(inner: BoxedStrategy<String>) -> impl Strategy<Value = String> {
    let key = prop_oneof![3 => "[a-z]{1,5}", 1 => "'[\\]},: ]{1,3}'", 1 => "\"[\\]},: ]{1,3}\""];
    let value = prop_oneof![1 => Just(String::new()), 4 => inner.clone()];
    let colon = select(vec![": ", ":  ", ":\n", " : "]);
    let pair = (key, colon, value, gap())
        .prop_map(|(key, colon, value, gap)| (key.clone(), format!("{key}{colon}{value}{gap}")));
    let json = ("\"[a-z]{1,3}\"", inner.clone(), gap())
        .prop_map(|(key, value, gap)| (key.clone(), format!("{key}:{value}{gap}")));
    let end = || (select(vec!["", ","]), gap());
    let entry = (inner, gap()).prop_map(|(entry, gap)| entry + gap);
    prop_oneof![
        (gap(), vec(entry, 0..4), end()).prop_map(|(gap, entries, end)| close('[', gap, &entries, end, ']')),
        (gap(), vec(prop_oneof![pair, json], 0..4), end()).prop_map(|(gap, mut pairs, end)| {
            let mut seen = std::collections::HashSet::new();
            pairs.retain(|(key, _)| seen.insert(key.trim_matches(['\'', '"']).to_owned()));
            let pairs: Vec<String> = pairs.into_iter().map(|(_, pair)| pair).collect();
            close('{', gap, &pairs, end, '}')
        }),
    ]
}

fn close(opening: char, gap: &str, entries: &[String], end: (&str, &str), closing: char) -> String {
    let comma = if entries.is_empty() { "" } else { end.0 };
    format!("{opening}{gap}{}{comma}{}{closing}", entries.join(","), end.1)
}

/// Texts that match a pattern put together at run time.
fn matching(pattern: &str) -> BoxedStrategy<String> {
    proptest::string::string_regex(pattern).expect("the pattern is a regex").boxed()
}

fn block() -> impl Strategy<Value = Block> {
    let line = prop_oneof![
        4 => "[a-z#:'\"\\[-][a-z #:\t]{0,6}",
        2 => Just(String::new()),
        1 => "[ \t]{1,2}[a-z #]{0,4}",
    ];
    (select(vec!['|', '>']), select(vec!["", "-", "+"]), any::<bool>(), vec(line, 0..6)).prop_map(
        |(style, chomping, explicit, lines)| {
            // Only where the header tells the indentation may the first line start with a blank. Without any
            // line it may not tell: a comment below would have to fit.
            let first = lines.iter().find(|line| !line.is_empty());
            let explicit = first.is_some_and(|line| explicit || line.starts_with([' ', '\t']));
            Block { style, chomping, explicit, lines }
        },
    )
}

fn mapping(out: &mut String, entries: &[(String, Item)], indent: usize, first: usize) {
    for (index, (name, item)) in entries.iter().enumerate() {
        out.push_str(&" ".repeat(if index == 0 { first } else { indent }));
        out.push_str(name);
        out.push(':');
        value(out, item, indent, false);
    }
}

fn sequence(out: &mut String, items: &[Item], indent: usize, first: usize) {
    for (index, item) in items.iter().enumerate() {
        out.push_str(&" ".repeat(if index == 0 { first } else { indent }));
        out.push('-');
        value(out, item, indent, true);
    }
}

/// Writes what follows a colon or dash in a collection at `parent`.
fn value(out: &mut String, item: &Item, parent: usize, after_dash: bool) {
    let comment = item.comment.as_deref().unwrap_or_default();
    let deeper = parent + item.step.max(1);
    let spaces = " ".repeat(item.spaces);
    match &item.node {
        Node::Empty => out.push_str(&format!("{comment}\n")),
        Node::Inline(source) => {
            if item.below {
                out.push_str(&format!("{comment}\n{}", " ".repeat(parent + item.spaces)));
            } else {
                out.push_str(&spaces);
            }
            out.push_str(&indented(source, deeper));
            out.push_str(&format!("{comment}\n"));
        }
        Node::Block(block) => block_scalar(out, block, &spaces, comment, parent, deeper),
        Node::Mapping(entries) if after_dash && !item.below => {
            out.push_str(&spaces);
            mapping(out, entries, parent + 1 + item.spaces, 0);
        }
        Node::Sequence(items) if after_dash && !item.below => {
            out.push_str(&spaces);
            sequence(out, items, parent + 1 + item.spaces, 0);
        }
        Node::Mapping(entries) => {
            out.push_str(&format!("{comment}\n"));
            mapping(out, entries, deeper, deeper);
        }
        Node::Sequence(items) => {
            out.push_str(&format!("{comment}\n"));
            let indent = if after_dash { deeper } else { parent + item.step };
            sequence(out, items, indent, indent);
        }
    }
    // After a block scalar these might be its text; elsewhere they are nothing.
    if !matches!(item.node, Node::Block(_)) {
        out.extend(item.after.iter().map(String::as_str));
    }
}

fn block_scalar(out: &mut String, block: &Block, spaces: &str, comment: &str, parent: usize, indent: usize) {
    let digit = if block.explicit { (indent - parent).to_string() } else { String::new() };
    out.push_str(&format!("{spaces}{}{digit}{}{comment}\n", block.style, block.chomping));
    for line in &block.lines {
        let indent = if line.is_empty() { 0 } else { indent };
        out.push_str(&format!("{}{line}\n", " ".repeat(indent)));
    }
}

/// Indents all lines but the first and those with nothing on them.
fn indented(source: &str, indent: usize) -> String {
    let mut lines = source.split('\n');
    let first = lines.next().unwrap_or_default().to_owned();
    lines.fold(first, |text, line| match line.trim_matches(' ') {
        "" => text + "\n" + line,
        _ => text + "\n" + &" ".repeat(indent) + line,
    })
}

/// One change to a text.
#[derive(Debug, Clone)]
pub(crate) enum Edit {
    Insert(Index, char),
    Delete(Index),
    Duplicate(Index, Index),
    Swap(Index),
}

pub(crate) fn edits() -> impl Strategy<Value = Vec<Edit>> {
    let edit = prop_oneof![
        4 => (any::<Index>(), alphabet()).prop_map(|(at, c)| Edit::Insert(at, c)),
        3 => any::<Index>().prop_map(Edit::Delete),
        2 => (any::<Index>(), any::<Index>()).prop_map(|(a, b)| Edit::Duplicate(a, b)),
        1 => any::<Index>().prop_map(Edit::Swap),
    ];
    vec(edit, 1..6)
}

/// The characters that mean something to YAML, and some that do not.
fn alphabet() -> impl Strategy<Value = char> {
    prop_oneof![
        8 => select("'\":#-|>[]{}\n \t\\&*!%@,?+~`<.=".chars().collect::<Vec<_>>()),
        3 => select("   \n\n::--".chars().collect::<Vec<_>>()),
        2 => select("abcnxuU01239é😀".chars().collect::<Vec<_>>()),
        1 => select("\r\0\u{85}\u{2028}\u{feff}\u{7f}\u{a0}".chars().collect::<Vec<_>>()),
    ]
}

pub(crate) fn edited(text: &str, edits: &[Edit]) -> String {
    let mut chars: Vec<char> = text.chars().collect();
    for edit in edits {
        let size = chars.len();
        match edit {
            Edit::Insert(at, c) => chars.insert(at.index(size + 1), *c),
            _ if size == 0 => {}
            Edit::Delete(at) => {
                chars.remove(at.index(size));
            }
            Edit::Duplicate(a, b) => {
                let (from, to) = (a.index(size).min(b.index(size)), a.index(size).max(b.index(size)));
                let copy = chars[from..to.min(from + 12)].to_vec();
                chars.splice(to..to, copy);
            }
            Edit::Swap(at) => chars.swap(at.index(size), (at.index(size) + 1) % size),
        }
    }
    chars.into_iter().collect()
}

/// Short texts of pieces that are likely to make sense together.
pub(crate) fn noise() -> impl Strategy<Value = String> {
    let pieces = [
        "a: ", "b: ", "c:", "- ", "-", "? ", ": ", ":", "\n", "\n", "\n ", "\n  ", "\n    ", "\n\n", " ",
        "  ", "\t", "'", "''", "\"", "\\", "\\\n", "\\n", "|", ">", "|\n", ">\n", "|-\n ", ">+\n  ", "|2\n",
        "1", "[", "]", "{", "}", ", ", ",", "# c", " # c", " #", "#", "&a", "*a", "!t", "%", "@", "x", "y z",
        "é", "---", "...", "<<", "\r\n", "\r", "~",
    ];
    (
        select(vec!["", "a: ", "a:", "a:\n", "a: |\n", "a: >\n ", "a: [", "a: \"", "a: {"]),
        vec(select(pieces.to_vec()), 0..14),
    )
        .prop_map(|(start, pieces)| start.to_owned() + &pieces.concat())
}
