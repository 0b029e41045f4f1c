//! Settings of users, which hold what other programs and people wrote.

use handoff_wiring::{Block, Edit, Handler, Hooks, Malformed, Roots, Run, StatusLine};

/// Wires a user's file and takes that back: to the byte, whatever the file holds.
pub fn settings(data: &[u8]) {
    let Ok(text) = handoff_wiring::text(data) else { return };
    let handler = Handler {
        in_background: false,
        run: Run::Shell("/opt/session-start".to_owned()),
        timeout: 10,
        context_limit: None,
        status_message: None,
    };
    for (comments, keeps_places, flat) in [(true, false, false), (false, true, false), (true, false, true)] {
        let owns = |call: &handoff_wiring::Call| call.program.ends_with("session-start");
        let hooks = Hooks { event: "SessionStart", owns: &owns, comments, keeps_places, flat };
        if let Some(wired) = undone(text, hooks.wire(text, &handler).map(|(wired, _)| wired)) {
            let found = hooks.find(&wired).expect("what was wired can be read");
            assert!(found.iter().any(|found| handler.is(found)), "the hook is there:\n{wired}");
        }
    }
    let roots = Roots { root: "/home/u/.agent-handoffs" };
    if let Some(wired) = undone(text, roots.wire(text).map(|(wired, _)| wired)) {
        assert!(roots.find(&wired).expect("what was wired can be read"), "the root is there:\n{wired}");
    }
    let block = Block { begin: "<!-- begin -->", end: "<!-- end -->" };
    undone(text, block.wire(text, "line\n"));
    let line =
        StatusLine { tap: "/opt/handover statusline-tap", owns: &|call| call.program == "/opt/handover" };
    if let Some(wired) = undone(text, line.wire(text)) {
        let found = line.find(&wired).expect("what was wired can be read");
        assert!(found.is_some(), "the status line is there:\n{wired}");
    }
    let _ = Roots::setting(text, &["approval_policy"]);
    let _ = Roots::tables(text, "mcp_servers");
    let _ = handoff_wiring::enabled(text, "enabledPlugins");
}

/// Asserts that the edit from `text` to `wired` can be undone to the byte; gives the text that the edit left.
fn undone(text: &str, wired: Result<String, Malformed>) -> Option<String> {
    let wired = wired.ok()?;
    let before = Edit::new(Some(text), &wired).undo(&wired).expect("the file is as the edit left it");
    assert_eq!(before.as_deref(), Some(text), "the file is given back to the byte");
    Some(wired)
}
