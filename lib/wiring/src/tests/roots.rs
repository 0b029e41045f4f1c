use crate::{Made, Roots};

const ROOT: Roots<'static> = Roots { root: "/home/me/.agent-handoffs" };

#[track_caller]
fn wires(before: &str, after: &str) {
    let (wired, made) = ROOT.wire(before).unwrap();
    assert_eq!(wired, after);
    assert!(ROOT.find(&wired).unwrap());
    assert_eq!(ROOT.wire(&wired).unwrap().0, wired);
    assert_eq!(ROOT.unwire(&wired, made).unwrap(), before);
}

#[test]
fn a_new_table_at_the_end() {
    wires("", "[sandbox_workspace_write]\nwritable_roots = [\"/home/me/.agent-handoffs\"]\n");
    wires(
        "model = \"x\" # mine\n",
        "model = \"x\" # mine\n\n[sandbox_workspace_write]\nwritable_roots = [\"/home/me/.agent-handoffs\"]\n",
    );
    wires(
        "[a]\r\nb = 1\r\n",
        "[a]\r\nb = 1\r\n\r\n[sandbox_workspace_write]\r\nwritable_roots = [\"/home/me/.agent-handoffs\"]\r\n",
    );
}

#[test]
fn a_line_in_the_table_that_is_there() {
    wires(
        "[sandbox_workspace_write] # mine\nnetwork_access = true\n\n[b]\n",
        "[sandbox_workspace_write] # mine\nwritable_roots = [\"/home/me/.agent-handoffs\"]\nnetwork_access = true\n\n[b]\n",
    );
    let (wired, _) = ROOT.wire("[sandbox_workspace_write]").unwrap();
    assert_eq!(wired, "[sandbox_workspace_write]\nwritable_roots = [\"/home/me/.agent-handoffs\"]");
    wires(
        "sandbox_workspace_write.network_access = true\nmodel = \"x\"\n",
        "sandbox_workspace_write.network_access = true\nsandbox_workspace_write.writable_roots = [\"/home/me/.agent-handoffs\"]\nmodel = \"x\"\n",
    );
    wires(
        "sandbox_workspace_write = { network_access = true }\n",
        "sandbox_workspace_write = { network_access = true, writable_roots = [\"/home/me/.agent-handoffs\"] }\n",
    );
}

#[test]
fn an_element_of_the_list_that_is_there() {
    let table = "[sandbox_workspace_write]\nwritable_roots = ";
    for (before, after) in [
        ("[]\n", "[\"/home/me/.agent-handoffs\"]\n"),
        ("[\"/a\"]\n", "[\"/a\", \"/home/me/.agent-handoffs\"]\n"),
        ("[\n  \"/a\",\n]\n", "[\n  \"/a\",\n  \"/home/me/.agent-handoffs\",\n]\n"),
        ("[\n  \"/a\", # one\n]\n", "[\n  \"/a\",\n  \"/home/me/.agent-handoffs\", # one\n]\n"),
        ("[ '/a', '/b' ]\n", "[ '/a', '/b', \"/home/me/.agent-handoffs\" ]\n"),
    ] {
        wires(&format!("{table}{before}"), &format!("{table}{after}"));
    }
}

#[test]
fn one_in_the_middle_comes_out() {
    let table = "[sandbox_workspace_write]\nwritable_roots = ";
    for (before, after) in [
        ("[\"/home/me/.agent-handoffs\", \"/a\"]\n", "[\"/a\"]\n"),
        ("[\"/a\", \"/home/me/.agent-handoffs\", \"/b\"]\n", "[\"/a\", \"/b\"]\n"),
        ("[\"/a\", # one\n \"/home/me/.agent-handoffs\"]\n", "[\"/a\", # one\n ]\n"),
        ("[\"/a\", # one\n \"/home/me/.agent-handoffs\", \"/b\"]\n", "[\"/a\", # one\n  \"/b\"]\n"),
    ] {
        let unwired = ROOT.unwire(&format!("{table}{before}"), Made::Parent).unwrap();
        assert_eq!(unwired, format!("{table}{after}"));
    }
}

#[test]
fn paths_are_quoted() {
    let root = Roots { root: "/a \"b\"/c\\d/it's\u{7}" };
    let (wired, _) = root.wire("").unwrap();
    assert!(wired.contains(r#"["/a \"b\"/c\\d/it's\u0007"]"#), "{wired}");
    assert!(root.find(&wired).unwrap());
}

#[test]
fn what_is_not_understood_is_named_with_its_place() {
    for (text, message) in [
        ("a = \n", "line 1, column 5: string values must be quoted, expected literal string"),
        ("x = 1\nsandbox_workspace_write = 3\n", "line 2, column 27: `sandbox_workspace_write` is no table"),
        (
            "[sandbox_workspace_write]\nwritable_roots = \"/a\"\n",
            "line 2, column 18: `sandbox_workspace_write.writable_roots` is no list",
        ),
        (
            "[sandbox_workspace_write]\nwritable_roots = [1]\n",
            "line 2, column 18: `sandbox_workspace_write.writable_roots` holds what is no string",
        ),
    ] {
        assert_eq!(ROOT.wire(text).unwrap_err().to_string(), message, "{text}");
    }
}

#[test]
fn settings_are_read() {
    let text = "a = \"x\"\n[features]\nhooks = false\nn = 0x10\n";
    assert_eq!(Roots::setting(text, &["a"]).unwrap().as_deref(), Some("x"));
    assert_eq!(Roots::setting(text, &["features", "hooks"]).unwrap().as_deref(), Some("false"));
    assert_eq!(Roots::setting(text, &["features", "n"]).unwrap().as_deref(), Some("0x10"));
    assert_eq!(Roots::setting(text, &["features", "none"]).unwrap(), None);
}

#[test]
fn a_trusted_hook_is_forgotten() {
    let trust = crate::Trust { key: "/h/.codex/hooks.json:session_start:0:0" };
    let state = "[hooks.state.\"/h/.codex/hooks.json:session_start:0:0\"]\ntrusted_hash = \"sha256:00\"\n";
    let other = "[hooks.state.\"/h/.codex/hooks.json:stop:0:0\"]\ntrusted_hash = \"sha256:11\" # x\n";
    for (before, after) in [
        (format!("a = 1\n\n{state}"), "a = 1\n".to_owned()),
        (format!("a = 1\n\n{state}\n{other}"), format!("a = 1\n\n{other}")),
        (format!("{other}\n{state}"), other.to_owned()),
        (format!("a = 1\n\n[hooks.state]\n\n{state}"), "a = 1\n".to_owned()),
        (format!("a = 1\n\n[hooks.state]\n\n{state}\n[tui]\n"), "a = 1\n\n[tui]\n".to_owned()),
    ] {
        assert!(trust.find(&before).unwrap());
        let unwired = trust.unwire(&before).unwrap();
        assert_eq!(unwired, after);
        assert!(!trust.find(&unwired).unwrap());
        assert_eq!(trust.unwire(&unwired).unwrap(), after);
    }
}
