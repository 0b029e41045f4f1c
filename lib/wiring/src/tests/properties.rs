//! Over generated settings: what is not ours is the same before and after, byte for byte.

use proptest::prelude::*;

use crate::{
    AllowWrite, Block, Call, Handler, Hooks, Made, Roots, Run, Server, ServerFormat, ServerShape, Undo,
};

fn owns(call: &Call) -> bool {
    call.program == "/p/bin/session-start"
}

fn handler() -> Handler {
    Handler {
        run: Run::Exec("/p/bin/session-start".to_owned(), Vec::new()),
        timeout: 10,
        context_limit: None,
        status_message: None,
        in_background: false,
    }
}

fn hooks(keeps_places: bool) -> Hooks<'static> {
    Hooks { event: "SessionStart", owns: &owns, comments: true, keeps_places, flat: false }
}

/// Blanks, line ends and comments between two tokens.
fn gap() -> impl Strategy<Value = String> {
    prop_oneof![
        8 => Just(String::new()),
        4 => Just(" ".to_owned()),
        3 => Just("\n".to_owned()),
        3 => Just("\n  ".to_owned()),
        2 => Just("\r\n\t".to_owned()),
        1 => Just(" // note, {[\"\n".to_owned()),
        1 => Just("/* a, } */".to_owned()),
        1 => Just("\n/* b\n ] */ ".to_owned()),
    ]
}

fn scalar() -> impl Strategy<Value = String> {
    prop_oneof![
        Just("12345678901234567890".to_owned()),
        Just("1e2".to_owned()),
        Just("-0.0".to_owned()),
        Just("true".to_owned()),
        Just("null".to_owned()),
        Just(r#""a // b \" , } \u00e9 ä日""#.to_owned()),
        Just("\"\"".to_owned()),
    ]
}

fn joined(
    open: char,
    close: char,
    children: Vec<(String, String, String)>,
    trailing: bool,
    last: String,
) -> String {
    let count = children.len();
    let mut text = String::from(open);
    for (number, (before, child, after)) in children.into_iter().enumerate() {
        text.push_str(&before);
        text.push_str(&child);
        text.push_str(&after);
        if number + 1 < count || trailing {
            text.push(',');
        }
    }
    text.push_str(&last);
    text.push(close);
    text
}

fn list(element: impl Strategy<Value = String>) -> impl Strategy<Value = String> {
    (prop::collection::vec((gap(), element, gap()), 0..4), any::<bool>(), gap())
        .prop_map(|(children, trailing, last)| joined('[', ']', children, trailing, last))
}

/// An object with the properties `named` among others.
fn object(named: Vec<(&'static str, BoxedStrategy<String>)>) -> impl Strategy<Value = String> {
    let named: Vec<_> = named
        .into_iter()
        .map(|(key, value)| {
            (gap(), gap(), value, gap())
                .prop_map(move |(a, b, value, after)| (format!("\"{key}\"{a}:{b}{value}"), after))
        })
        .collect();
    let others = prop::collection::vec((gap(), gap(), scalar(), gap()), 0..3).prop_map(|others| {
        let number = |(number, (a, b, value, after))| (format!("\"k{number}\"{a}:{b}{value}"), after);
        others.into_iter().enumerate().map(number).collect::<Vec<(String, String)>>()
    });
    (named, others, any::<bool>(), gap(), prop::collection::vec(gap(), 8), any::<prop::sample::Index>())
        .prop_map(|(named, mut others, trailing, last, before, at)| {
            for property in named {
                let at = at.index(others.len() + 1);
                others.insert(at, property);
            }
            let children = others
                .into_iter()
                .zip(before)
                .map(|((child, after), before)| (before, child, after))
                .collect();
            joined('{', '}', children, trailing, last)
        })
}

fn other_handler() -> BoxedStrategy<String> {
    object(vec![("command", Just(r#""other""#.to_owned()).boxed())]).boxed()
}

fn group() -> BoxedStrategy<String> {
    let hooks = list(other_handler()).boxed();
    prop_oneof![4 => object(vec![("hooks", hooks)]), 1 => object(vec![])].boxed()
}

fn settings() -> BoxedStrategy<String> {
    let event = list(group()).boxed();
    let some = prop_oneof![
        object(vec![]),
        object(vec![("SessionStart", event.clone())]),
        object(vec![("SessionStart", event), ("Stop", list(group()).boxed())]),
    ];
    let root = prop_oneof![1 => object(vec![]).boxed(), 3 => object(vec![("hooks", some.boxed())]).boxed()];
    (gap(), root, gap(), any::<bool>())
        .prop_map(|(before, root, after, bom)| {
            format!("{}{before}{root}{after}", if bom { "\u{feff}" } else { "" })
        })
        .boxed()
}

/// A file of hooks in no group, with its version and without.
fn flat_settings() -> BoxedStrategy<String> {
    let event = list(other_handler()).boxed();
    let version = || ("version", Just("1".to_owned()).boxed());
    let hooks = prop_oneof![
        object(vec![]).boxed(),
        object(vec![("SessionStart", event.clone())]).boxed(),
        object(vec![("SessionStart", event.clone()), ("stop", event)]).boxed(),
    ];
    let root = prop_oneof![
        1 => object(vec![]).boxed(),
        1 => object(vec![version()]).boxed(),
        1 => object(vec![("hooks", hooks.clone().boxed())]).boxed(),
        3 => object(vec![version(), ("hooks", hooks.boxed())]).boxed(),
    ];
    (gap(), root, gap()).prop_map(|(before, root, after)| format!("{before}{root}{after}")).boxed()
}

fn value(text: &str) -> serde_json::Value {
    let text = text.trim_start_matches('\u{feff}');
    let options = jsonc_parser::ParseOptions::default();
    let parsed = jsonc_parser::parse_to_ast(text, &Default::default(), &options).unwrap().value.unwrap();
    plain(&parsed)
}

fn plain(value: &jsonc_parser::ast::Value<'_>) -> serde_json::Value {
    use jsonc_parser::ast::Value;
    match value {
        Value::StringLit(text) => text.value.as_ref().into(),
        Value::NumberLit(number) => number.value.into(),
        Value::BooleanLit(known) => known.value.into(),
        Value::NullKeyword(_) => serde_json::Value::Null,
        Value::Array(array) => array.elements.iter().map(plain).collect::<Vec<_>>().into(),
        Value::Object(object) => object
            .properties
            .iter()
            .map(|property| (property.name.as_str().to_owned(), plain(&property.value)))
            .collect::<serde_json::Map<_, _>>()
            .into(),
    }
}

fn root_start(text: &str) -> usize {
    use jsonc_parser::common::Ranged;
    let bom = text.len() - text.trim_start_matches('\u{feff}').len();
    let parsed = jsonc_parser::parse_to_ast(&text[bom..], &Default::default(), &Default::default()).unwrap();
    bom + parsed.value.unwrap().start()
}

/// `inner` is what is left of `outer` when some of its letters are taken out.
fn is_within(inner: &str, outer: &str) -> bool {
    let mut letters = outer.chars();
    inner.chars().all(|wanted| letters.any(|letter| letter == wanted))
}

fn sandboxed() -> BoxedStrategy<String> {
    let path = prop_oneof![Just("\"~/x\"".to_owned()), Just("\"/y z\"".to_owned())].boxed();
    let filesystem = prop_oneof![object(vec![]), object(vec![("allowWrite", list(path).boxed())])].boxed();
    let sandbox = prop_oneof![object(vec![]), object(vec![("filesystem", filesystem)])].boxed();
    let root = prop_oneof![1 => object(vec![]).boxed(), 3 => object(vec![("sandbox", sandbox)]).boxed()];
    root.prop_map(|text| strict(&text)).boxed()
}

const SHAPE: ServerShape = ServerShape {
    format: ServerFormat::Json { comments: true },
    constants: &[("type", "stdio")],
    switch: Some(("disabled", true)),
};

fn server() -> Server<'static> {
    let owns = &|call: &Call| call.program == "/p/bin/handoff";
    Server { object: "mcp", name: "ours", shape: SHAPE, program: "/p/bin/handoff", args: &["mcp"], owns }
}

/// Settings with servers of others, or none.
fn servers() -> BoxedStrategy<String> {
    let servers = object(vec![("theirs", other_handler())]).boxed();
    let some = prop_oneof![object(vec![]).boxed(), servers];
    let root = prop_oneof![1 => object(vec![]).boxed(), 3 => object(vec![("mcp", some.boxed())]).boxed()];
    (gap(), root, gap(), any::<bool>())
        .prop_map(|(before, root, after, bom)| {
            format!("{}{before}{root}{after}", if bom { "\u{feff}" } else { "" })
        })
        .boxed()
}

/// Without what the host does not take in this file: comments and trailing commas.
fn strict(text: &str) -> String {
    let mut text =
        text.replace(" // note, {[\"\n", "\n").replace("/* a, } */", "").replace("\n/* b\n ] */ ", "\n");
    while let Some(at) = text
        .match_indices(',')
        .map(|(at, _)| at)
        .find(|at| text[at + 1..].trim_start().starts_with(['}', ']']))
    {
        text.remove(at);
    }
    text
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, ..ProptestConfig::default() })]

    #[test]
    fn a_path_of_the_sandbox_only_adds_and_is_given_back(before in sandboxed()) {
        let entry = AllowWrite { path: "/h/.agent-handoffs" };
        let (wired, made) = entry.wire(&before).unwrap();
        prop_assert!(entry.find(&wired).unwrap());
        prop_assert!(is_within(&before.replace([' ', '\t', '\r', '\n'], ""), &wired));
        prop_assert_eq!(&entry.wire(&wired).unwrap().0, &wired);
        prop_assert_eq!(Undo::between(&before, &wired).apply(&wired), Some(before.clone()));
        let unwired = entry.unwire(&wired, made).unwrap();
        prop_assert_eq!(value(&unwired), value(&before), "{}", unwired);
    }

    #[test]
    fn wiring_only_adds_and_unwiring_gives_it_back(before in settings(), keeps_places in any::<bool>()) {
        let hooks = hooks(keeps_places);
        let (wired, made) = hooks.wire(&before, &handler()).unwrap();
        // All of a user's text is there, in its order; but for blanks that an empty list had.
        prop_assert!(is_within(&before.replace([' ', '\t', '\r', '\n'], ""), &wired));
        prop_assert_eq!(hooks.find(&wired).unwrap().len(), 1);
        prop_assert_eq!(&hooks.wire(&wired, &handler()).unwrap().0, &wired);
        // The undo is exact.
        prop_assert_eq!(Undo::between(&before, &wired).apply(&wired), Some(before.clone()));
        // Without it, the meaning is.
        let unwired = hooks.unwire(&wired, made).unwrap();
        prop_assert_eq!(value(&unwired), value(&before), "{}", unwired);
        for comment in ["// note, {[\"", "/* a, } */", "/* b\n ] */"] {
            prop_assert_eq!(before.matches(comment).count(), unwired.matches(comment).count());
        }
    }

    #[test]
    fn a_hook_in_no_group_only_adds_and_is_given_back(before in flat_settings()) {
        let hooks = Hooks { flat: true, ..hooks(false) };
        let (wired, made) = hooks.wire(&before, &handler()).unwrap();
        prop_assert!(is_within(&before.replace([' ', '\t', '\r', '\n'], ""), &wired));
        let found = hooks.find(&wired).unwrap();
        prop_assert!(found.len() == 1 && handler().is(&found[0]), "{}", wired);
        let has = value(&wired);
        prop_assert!(has["version"] == "1" || value(&before)["hooks"].is_object(), "{}", wired);
        prop_assert_eq!(&hooks.wire(&wired, &handler()).unwrap().0, &wired);
        prop_assert_eq!(Undo::between(&before, &wired).apply(&wired), Some(before.clone()));
        let unwired = hooks.unwire(&wired, made).unwrap();
        prop_assert_eq!(value(&unwired), value(&before), "{}", unwired);
        for comment in ["// note, {[\"", "/* a, } */", "/* b\n ] */"] {
            prop_assert_eq!(before.matches(comment).count(), unwired.matches(comment).count());
        }
    }

    #[test]
    fn a_server_only_adds_and_is_given_back(before in servers()) {
        let (wired, made) = server().wire(&before).unwrap();
        prop_assert!(is_within(&before.replace([' ', '\t', '\r', '\n'], ""), &wired));
        let found = server().find(&wired).unwrap().unwrap();
        prop_assert!(server().is(&found) && found.is_ours);
        prop_assert_eq!(&server().wire(&wired).unwrap().0, &wired);
        // The undo is exact.
        prop_assert_eq!(Undo::between(&before, &wired).apply(&wired), Some(before.clone()));
        // Without it, the meaning is.
        let unwired = server().unwire(&wired, made).unwrap();
        prop_assert_eq!(value(&unwired), value(&before), "{}", unwired);
        for comment in ["// note, {[\"", "/* a, } */", "/* b\n ] */"] {
            prop_assert_eq!(before.matches(comment).count(), unwired.matches(comment).count());
        }
    }

    #[test]
    fn servers_that_others_add_meanwhile_stay(before in servers(), extra in scalar()) {
        let (wired, made) = server().wire(&before).unwrap();
        let at = root_start(&wired) + 1;
        let edited = format!("{}\n\"extra\": {extra},\n{}", &wired[..at], &wired[at..]);
        let unwired = server().unwire(&edited, made).unwrap();
        let mut expected = value(&before);
        expected["extra"] = value(&format!("{{\"extra\": {extra}}}"))["extra"].clone();
        prop_assert_eq!(value(&unwired), expected, "{}", unwired);
    }

    #[test]
    fn what_others_add_meanwhile_stays(before in settings(), extra in scalar()) {
        let hooks = hooks(false);
        let (wired, made) = hooks.wire(&before, &handler()).unwrap();
        let at = root_start(&wired) + 1;
        // As another program would, at the beginning.
        let rest = wired[at..].trim_start();
        let comma = if rest.starts_with('}') { "" } else { "," };
        let edited = format!("{}\n\"extra\": {extra}{comma}\n{}", &wired[..at], &wired[at..]);
        let unwired = hooks.unwire(&edited, made).unwrap();
        let mut expected = value(&before);
        expected["extra"] = value(&format!("{{\"extra\": {extra}}}"))["extra"].clone();
        prop_assert_eq!(value(&unwired), expected, "{}", unwired);
    }

    #[test]
    fn nothing_makes_it_fall(text in "[{}\\[\\]\",:/* \n\\\\a-c0-9ä]{0,60}", made in prop_oneof![Just(Made::Item), Just(Made::Parent)]) {
        let _ = hooks(true).wire(&text, &handler());
        let _ = hooks(true).unwire(&text, made);
        let _ = server().wire(&text);
        let _ = server().unwire(&text, made);
        let _ = Roots { root: "/r" }.wire(&text);
        let _ = Roots { root: "/r" }.unwire(&text, made);
    }

    #[test]
    fn a_block_comes_and_goes(before in "[a# \r\n<>!-]{0,80}") {
        let block = Block { begin: "<!-- begin -->", end: "<!-- end -->" };
        let wired = block.wire(&before, "body\n").unwrap();
        prop_assert!(wired.starts_with(&before));
        prop_assert_eq!(Undo::between(&before, &wired).apply(&wired), Some(before));
    }

    #[test]
    fn texts_undo(old in "[aäé日\n]{0,20}", new in "[aäé日\n]{0,20}") {
        prop_assert_eq!(Undo::between(&old, &new).apply(&new), Some(old));
    }
}

/// TOML files that Codex's users have.
fn config() -> impl Strategy<Value = String> {
    let line = prop_oneof![
        Just("model = \"gpt-5.5\"".to_owned()),
        Just("n = 1_000 # thousand".to_owned()),
        Just("# [sandbox_workspace_write]".to_owned()),
        Just(String::new()),
        Just("s = '''\n[sandbox_workspace_write]\nwritable_roots = []\n'''".to_owned()),
    ];
    let table = prop_oneof![
        Just(None),
        Just(Some("[sandbox_workspace_write]")),
        Just(Some("[sandbox_workspace_write] # c ]\nnetwork_access = true")),
        Just(Some("[sandbox_workspace_write]\nwritable_roots = []")),
        Just(Some("[sandbox_workspace_write]\nwritable_roots = [ # none\n]\nx = 1")),
        Just(Some("[sandbox_workspace_write]\nwritable_roots = [\"/a\", '/b',] # c")),
        Just(Some("[sandbox_workspace_write]\nwritable_roots = [\n\t\"/a\", # a, b ]\n\t\"/b\" # c\n]")),
    ];
    let after =
        prop::collection::vec(prop_oneof![Just("[mcp.a]\nx = 1"), Just("[[list]]\ny = 2"), Just("")], 0..3);
    (
        prop::sample::subsequence(vec![0_usize, 1, 2, 3, 4], 0..5),
        prop::collection::vec(line, 5),
        table,
        after,
        any::<[bool; 3]>(),
    )
        .prop_map(|(numbers, _, table, after, [crlf, newline, bom])| {
            let lines = [
                "model = \"gpt-5.5\"",
                "n = 1_000 # thousand",
                "# [sandbox_workspace_write]",
                "",
                "s = '''\n[sandbox_workspace_write]\nwritable_roots = []\n'''",
            ];
            let mut parts: Vec<&str> = numbers.into_iter().map(|number| lines[number]).collect();
            parts.extend(table);
            let mut seen = std::collections::HashSet::new();
            parts.extend(after.into_iter().filter(|part| !part.starts_with("[mcp") || seen.insert(*part)));
            let mut text = parts.join("\n");
            if newline {
                text.push('\n');
            }
            if crlf {
                text = text.replace('\n', "\r\n");
            }
            format!("{}{text}", if bom { "\u{feff}" } else { "" })
        })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_000, ..ProptestConfig::default() })]

    #[test]
    fn a_writable_root_comes_and_goes(before in config()) {
        let root = Roots { root: "/home/me/.agent-handoffs" };
        let (wired, made) = root.wire(&before).unwrap();
        prop_assert!(root.find(&wired).unwrap());
        prop_assert!(is_within(&before, &wired));
        prop_assert_eq!(&root.wire(&wired).unwrap().0, &wired);
        prop_assert_eq!(Undo::between(&before, &wired).apply(&wired), Some(before.clone()));
        let unwired = root.unwire(&wired, made).unwrap();
        prop_assert_eq!(unwired.trim_end(), before.trim_end());
    }
}
