//! Includes, and files laid over each other.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;

#[test]
fn own_keys_come_before_includes_and_later_includes_before_earlier_ones() {
    let files = Files::new(&[
        (
            "config.yaml",
            "include: [sub/one.yaml, two.yaml]\nbackends:\n  b:\n    env: {OWN: own, X: own}\n  new: {model: n}\n",
        ),
        (
            "sub/one.yaml",
            "include: deeper.yaml\nbackends:\n  a: {model: one}\n  b:\n    model: one\n    env: {ONE: one, X: one, Y: one}\n",
        ),
        (
            "sub/deeper.yaml",
            "backends:\n  z: {type: codex, config: {list: [1, 2], kept: 1}}\n  b: {pro_model: deeper}\n",
        ),
        ("two.yaml", "backends:\n  b:\n    model: two\n    env: {Y: two}\n  z:\n    config: {list: [3]}\n"),
    ]);
    let config = files.load().unwrap().unwrap();
    let names: Vec<_> = config.backends.iter().map(|backend| backend.name.as_str()).collect();
    assert_eq!(
        names,
        ["b", "new", "a", "z"],
        "the file's own come first, then those of each file that it includes"
    );
    let b = config.backend(Some("b")).unwrap();
    assert_eq!((b.model(false), b.model(true)), (Some("two"), Some("deeper")));
    let launch = b.run(&task(&[])).unwrap();
    let env = ["ONE", "X", "Y", "OWN"].map(|name| variable(&launch, name).unwrap());
    assert_eq!(env, ["one", "own", "two", "own"]);
    let z = config.backend(Some("z")).unwrap().run(&task(&[])).unwrap();
    assert_eq!(words(&z)[7..11], ["-c", "list=[3]", "-c", "kept=1"], "mappings are merged, lists replaced");
}

#[test]
fn the_default_is_the_first_of_the_files_own_backends() {
    let base = ("base.yaml", "backends:\n  base: {model: m}\n  mine: {model: m}\n");
    let default = |own: &str| {
        let files = Files::new(&[("config.yaml", own), base]);
        files.load().unwrap().unwrap().backend(None).unwrap().name.clone()
    };
    assert_eq!(default("include: base.yaml\nbackends:\n  own: {model: m}\n"), "own");
    assert_eq!(default("backends:\n  mine: {model: other}\ninclude: base.yaml\n"), "mine");
    assert_eq!(default("include: base.yaml\n"), "base");
}

#[test]
fn an_included_file_that_is_missing_is_said_where_it_is_included() {
    let files = Files::new(&[("config.yaml", "backends: {a: {model: m}}\ninclude:\n  - gone.yaml\n")]);
    assert_eq!(
        files.error(),
        "could not use DIR/config.yaml, line 3, column 5, key `include`: the included file DIR/gone.yaml does not exist"
    );
    let files = Files::new(&[("config.yaml", "include: ~/x.yaml\n")]);
    assert_eq!(
        files.error(),
        "could not use DIR/config.yaml, line 1, column 10, key `include`: the included file /home/me/x.yaml does not exist"
    );
    let files = Files::new(&[("config.yaml", "include: {a: b}\n")]);
    assert_eq!(
        files.error(),
        "could not use DIR/config.yaml, line 1, column 10, key `include`: this must be text"
    );
}

#[test]
fn an_error_of_an_included_file_is_said_with_that_file() {
    let files =
        Files::new(&[("config.yaml", "include: b.yaml\n"), ("b.yaml", "backends:\n  x: {type: 5}\n")]);
    assert_eq!(
        files.error(),
        "could not use DIR/b.yaml, line 2, column 13, key `backends.x.type`: unknown type `5`; the types are claude, codex, gemini, qwen, opencode and copilot"
    );
}

#[test]
fn files_that_include_each_other_are_refused() {
    let files = Files::new(&[
        ("config.yaml", "include: a.yaml\nbackends: {a: {model: m}}\n"),
        ("a.yaml", "include: b.yaml\n"),
        ("b.yaml", "x: 1\ninclude: config.yaml\n"),
    ]);
    assert_eq!(
        files.error(),
        "could not use DIR/b.yaml, line 2, column 10, key `include`: DIR/config.yaml includes this file, so it cannot be included here"
    );
    let itself = Files::new(&[("config.yaml", "include: config.yaml\n")]);
    assert!(itself.error().contains("includes this file"));
}

#[test]
fn one_file_may_be_included_twice_but_not_without_end() {
    let files = Files::new(&[
        ("config.yaml", "include: [a.yaml, b.yaml]\n"),
        ("a.yaml", "include: c.yaml\n"),
        ("b.yaml", "include: c.yaml\n"),
        ("c.yaml", "backends: {a: {model: m}}\n"),
    ]);
    assert_eq!(files.load().unwrap().unwrap().backends.len(), 1);

    let doubling: Vec<_> = (0..20)
        .map(|n| (format!("{n}.yaml"), format!("include: [{0}.yaml, {0}.yaml]\n", n + 1)))
        .chain([
            ("config.yaml".to_owned(), "include: 0.yaml\n".to_owned()),
            ("20.yaml".to_owned(), String::new()),
        ])
        .collect();
    let doubling: Vec<_> = doubling.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
    assert!(Files::new(&doubling).error().ends_with("more than 64 files are included"));
}

#[test]
fn anchors_and_merge_keys_work_as_in_handoff_cli() {
    let config = config(
        "backends:\n  a: &a\n    model: &m one\n    env: &env {X: a, Y: a}\n  b:\n    <<: *a\n    pro_model: *m\n    env:\n      <<: [*env, {Z: z, X: no}]\n      Y: b\n",
    );
    let b = config.backend(Some("b")).unwrap();
    assert_eq!((b.model(false), b.model(true)), (Some("one"), Some("one")));
    let launch = b.run(&task(&[])).unwrap();
    assert_eq!(["X", "Y", "Z"].map(|name| variable(&launch, name).unwrap()), ["a", "b", "z"]);
}

type Layers = Vec<Vec<(u8, u8)>>;

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn the_last_layer_that_names_a_variable_decides_it(
        layers in prop::collection::vec(prop::collection::btree_map(0u8..8, any::<u8>(), 0..6), 1..5)
    ) {
        let layers: Layers = layers.into_iter().map(|layer| layer.into_iter().collect()).collect();
        let file = |layer: &[(u8, u8)]| {
            let lines: String = layer.iter().map(|(name, value)| format!("      V{name}: {value}\n")).collect();
            let env = if lines.is_empty() { String::new() } else { format!("    env:\n{lines}") };
            format!("backends:\n  b:\n    model: m\n{env}")
        };
        let (own, included) = layers.split_last().unwrap();
        let files = Files::new(&[]);
        let names: Vec<_> = (0..included.len()).map(|n| format!("{n}.yaml")).collect();
        for (name, layer) in names.iter().zip(included) {
            files.put(name, file(layer).as_bytes());
        }
        files.put("config.yaml", format!("include: [{}]\n{}", names.join(", "), file(own)).as_bytes());
        let launch = files.load().unwrap().unwrap().backends[0].run(&task(&[])).unwrap();
        let found: BTreeMap<_, _> = launch.env.iter().filter(|(name, _)| name.to_string_lossy().starts_with('V')).cloned().collect();
        let meant: BTreeMap<_, _> = layers.concat().into_iter()
            .map(|(name, value)| (OsString::from(format!("V{name}")), OsString::from(value.to_string()))).collect();
        prop_assert_eq!(found, meant);
    }
}
