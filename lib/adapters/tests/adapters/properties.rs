//! Over generated settings and instructions: what is not ours is the same before and after, byte for byte.

use handoff_adapters::Scope;
use proptest::prelude::*;
use serde_json::{Map, Value, json};

use crate::support::World;

const EVENTS: [&str; 7] =
    ["UserPromptSubmit", "Stop", "StopFailure", "PreCompact", "SessionEnd", "SessionStart", "PostToolUse"];

fn scalar() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(json!(null)),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        "[a-zé日\"\\\\/ $'-]{0,12}".prop_map(Value::from),
    ]
}

fn handler() -> impl Strategy<Value = Value> {
    prop_oneof![
        "[a-z '$/]{0,12}".prop_map(|command| json!({"type": "command", "command": command})),
        Just(json!({"type": "command", "command": "/x/handover", "args": ["pending"], "timeout": 1})),
        Just(json!({"type": "command", "command": "/x/handover session-start --format codex"})),
        Just(json!({"type": "prompt", "prompt": "on-event"})),
    ]
}

fn group() -> impl Strategy<Value = Value> {
    (prop::collection::vec(handler(), 0..3), any::<bool>()).prop_map(|(handlers, matches)| match matches {
        true => json!({"matcher": "*", "hooks": handlers}),
        false => json!({"hooks": handlers}),
    })
}

fn hooks() -> impl Strategy<Value = Value> {
    let event = (prop::sample::select(&EVENTS[..]), prop::collection::vec(group(), 0..3));
    prop::collection::vec(event, 0..4).prop_map(|events| {
        Value::Object(events.into_iter().map(|(name, groups)| (name.to_owned(), groups.into())).collect())
    })
}

fn status_line() -> impl Strategy<Value = Value> {
    "[a-zé'\"$;|&() \\\\-]{0,20}"
        .prop_map(|command| json!({"type": "command", "padding": 0, "command": command}))
}

fn root() -> impl Strategy<Value = Value> {
    let others = prop::collection::btree_map("[a-g]{1,3}", scalar(), 0..3);
    (others, prop::option::of(hooks()), prop::option::of(status_line())).prop_map(|(others, hooks, line)| {
        let mut root: Map<String, Value> = others.into_iter().collect();
        root.extend(hooks.map(|hooks| ("hooks".to_owned(), hooks)));
        root.extend(line.map(|line| ("statusLine".to_owned(), line)));
        Value::Object(root)
    })
}

/// A value as one of many programs would have written it.
fn styled(root: impl Strategy<Value = Value>) -> impl Strategy<Value = String> {
    (root, 0..3_u8, any::<bool>(), any::<bool>()).prop_map(|(root, style, crlf, ends)| {
        let mut text = match style {
            0 => root.to_string(),
            1 => serde_json::to_string_pretty(&root).unwrap(),
            _ => tabbed(&serde_json::to_string_pretty(&root).unwrap()),
        };
        if ends {
            text.push('\n');
        }
        if crlf { text.replace('\n', "\r\n") } else { text }
    })
}

fn tabbed(text: &str) -> String {
    let line = |line: &str| {
        let rest = line.trim_start_matches(' ');
        format!("{}{rest}", "\t".repeat((line.len() - rest.len()) / 2))
    };
    text.split('\n').map(line).collect::<Vec<_>>().join("\n")
}

fn instructions() -> impl Strategy<Value = Option<String>> {
    prop::option::of("(\u{feff})?[a# \r\n<>!-]{0,60}")
}

fn write(world: &World, files: [(&std::path::Path, &Option<String>); 4]) {
    for (path, text) in files {
        if let Some(text) = text {
            world.write(path, text);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 100, ..ProptestConfig::default() })]

    #[test]
    fn what_was_there_comes_back(
        local in prop::option::of(styled(root())),
        codex in prop::option::of(styled(root())),
        user in prop::option::of(styled(root())),
        agents in instructions(),
        gone in prop::sample::subsequence(vec!["claude", "codex", "cursor", "amp"], 0..4),
    ) {
        let world = World::called("a project's \"own\"", "/it's a/handover");
        let settings = world.home(".claude/settings.json");
        let (local_path, codex_path) = (world.project(".claude/settings.local.json"), world.project(".codex/hooks.json"));
        let agents_path = world.project("AGENTS.md");
        write(&world, [(&local_path, &local), (&codex_path, &codex), (&settings, &user), (&agents_path, &agents)]);
        let before = world.tree();
        world.enable(&[], Scope::Project);
        world.enable(&["claude"], Scope::User);
        let wired = world.tree();
        for scope in [Scope::Project, Scope::User] {
            let again = if scope == Scope::User { world.plan_enable(&["claude"], scope) } else { world.plan_enable(&[], scope) };
            prop_assert!(again.unwrap().is_empty());
        }
        // All that was in a file still is, as far as JSON goes.
        for (path, text) in [(&local_path, &local), (&codex_path, &codex)] {
            let now: Value = serde_json::from_slice(wired[path].as_ref().unwrap()).unwrap();
            let old: Value = serde_json::from_str(text.as_deref().unwrap_or("{}")).unwrap();
            for (key, value) in old.as_object().unwrap().iter().filter(|(key, _)| *key != "hooks") {
                prop_assert_eq!(&now[key], value);
            }
            for (event, groups) in old["hooks"].as_object().into_iter().flatten() {
                let groups = groups.as_array().unwrap();
                prop_assert_eq!(&now["hooks"][event].as_array().unwrap()[..groups.len()], &groups[..]);
            }
        }
        // One after the other, or all at once.
        for tool in gone {
            world.disable(&[tool], Scope::Project);
        }
        world.disable(&[], Scope::Project);
        world.disable(&[], Scope::User);
        prop_assert_eq!(world.tree(), before);
    }

    #[test]
    fn what_others_change_meanwhile_stays(
        text in styled(root()),
        extra in scalar(),
        agents in "[a# \n<>!-]{0,40}",
    ) {
        let world = World::new();
        let (hooks, settings) = (world.home(".codex/hooks.json"), world.home(".claude/settings.json"));
        world.write(&hooks, &text);
        world.write(&settings, &text);
        world.write(&world.project("AGENTS.md"), &agents);
        world.enable(&["claude", "codex"], Scope::User);
        world.enable(&["codex"], Scope::Project);
        for path in [&hooks, &settings] {
            // As another program would, at the beginning.
            let now = std::fs::read_to_string(path).unwrap();
            let rest = now.trim_start().strip_prefix('{').unwrap();
            let comma = if rest.trim_start().starts_with('}') { "" } else { "," };
            std::fs::write(path, format!("{{\"extra\": {extra}{comma}{rest}")).unwrap();
        }
        let told = world.read("AGENTS.md");
        std::fs::write(world.project("AGENTS.md"), format!("# First\n{told}last\n")).unwrap();
        world.disable(&[], Scope::User);
        world.disable(&[], Scope::Project);
        let mut expected: Value = serde_json::from_str(&text).unwrap();
        expected["extra"] = extra;
        for path in [&hooks, &settings] {
            let now: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
            prop_assert_eq!(&now, &expected);
        }
        let left = world.read("AGENTS.md");
        prop_assert!(left.starts_with(&format!("# First\n{agents}")) && left.ends_with("last\n"), "{:?}", left);
        prop_assert!(!left.contains("handover"));
    }

    #[test]
    fn nothing_makes_it_fall(
        record in prop_oneof!["[{}\\[\\]\":,a-z0-9/.]{0,60}", Just(r#"{"edits":{"AGENTS.md":{"hash":"","created":true,"at":9,"inserted":9,"removed":"é","pieces":[{"piece":"guidance","made":"item","tools":["codex"]}]}}}"#.to_owned())],
        hooks in "[{}\\[\\]\":, \n\\\\a-c0-9ä]{0,60}",
        agents in "(<!-- (BEGIN|END) handover( \\(managed: edits are lost\\))? -->\n?|a\n){0,6}",
    ) {
        let world = World::new();
        world.write(&world.project(".codex/hooks.json"), &hooks);
        world.write(&world.project("AGENTS.md"), &agents);
        world.write(&world.record(Scope::Project), &record);
        let Ok(manifest) = handoff_adapters::Manifest::load(&world.record(Scope::Project), Scope::Project) else { return Ok(()) };
        let tools = crate::support::tools(&["codex", "zed"]);
        let before = world.tree();
        let planned = handoff_adapters::disable(&world.here, &tools, manifest);
        prop_assert_eq!(world.tree(), before);
        if let Ok(plan) = planned {
            plan.carry_out().unwrap();
        }
        world.status("codex");
        if let Ok(plan) = world.plan_enable(&["codex", "zed"], Scope::Project) {
            plan.carry_out().unwrap();
            prop_assert!(world.plan_enable(&["codex", "zed"], Scope::Project).unwrap().is_empty());
        }
    }
}
