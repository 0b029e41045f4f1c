//! A file of the user's that is a link, as dotfile managers make them: what it leads to is edited, and found again.

use std::os::unix::fs::symlink;

use handoff_adapters::Scope;
use serde_json::{Value, json};

use crate::support::World;

const MINE: &str = "{\n  \"theme\": \"dark\"\n}\n";

/// A world in which Claude Code's settings are a link.
fn linked() -> World {
    let world = World::new();
    world.write(&world.home("dotfiles/claude.json"), MINE);
    std::fs::create_dir_all(world.home(".claude")).unwrap();
    symlink("../dotfiles/claude.json", world.home(".claude/settings.json")).unwrap();
    world
}

fn record(world: &World) -> Value {
    serde_json::from_slice(&std::fs::read(world.record(Scope::User)).unwrap()).unwrap()
}

fn text(world: &World, name: &str) -> String {
    std::fs::read_to_string(world.home(name)).unwrap()
}

#[test]
fn what_a_link_led_to_is_given_back_after_the_link_is_gone() {
    for (what, now) in [("a file", Some("{}\n")), ("nothing", None)] {
        let world = linked();
        world.enable(&["claude"], Scope::User);
        let settings = world.home(".claude/settings.json");
        let real = world.home("dotfiles/claude.json");
        assert_eq!(record(&world)["real"], json!({ settings.to_str().unwrap(): real.to_str().unwrap() }));
        assert!(text(&world, "dotfiles/claude.json").contains("on-event"));

        std::fs::remove_file(&settings).unwrap();
        if let Some(now) = now {
            world.write(&settings, now);
        }
        world.disable(&["claude"], Scope::User);
        assert_eq!(text(&world, "dotfiles/claude.json"), MINE, "{what}");
        assert_eq!(std::fs::read_to_string(&settings).ok().as_deref(), now, "{what}");
        assert!(!world.record(Scope::User).exists(), "{what}");
    }
}

#[test]
fn a_link_that_leads_elsewhere_is_wired_there_and_no_more_where_it_led_before() {
    let world = linked();
    world.enable(&["claude"], Scope::User);
    let settings = world.home(".claude/settings.json");
    world.write(&world.home("other/claude.json"), "{}\n");
    std::fs::remove_file(&settings).unwrap();
    symlink(world.home("other/claude.json"), &settings).unwrap();

    world.enable(&["claude"], Scope::User);
    assert_eq!(text(&world, "dotfiles/claude.json"), MINE);
    assert!(text(&world, "other/claude.json").contains("on-event"));
    let real = world.home("other/claude.json");
    assert_eq!(record(&world)["real"], json!({ settings.to_str().unwrap(): real.to_str().unwrap() }));
    world.disable(&["claude"], Scope::User);
    assert_eq!(text(&world, "other/claude.json"), "{}\n");
}

#[test]
fn what_a_link_led_to_and_cannot_be_changed_stays_on_record_with_what_to_take_out() {
    let world = linked();
    world.enable(&["claude"], Scope::User);
    let (settings, real) = (world.home(".claude/settings.json"), world.home("dotfiles/claude.json"));
    std::fs::remove_file(&settings).unwrap();
    let wired = text(&world, "dotfiles/claude.json");
    world.write(&real, wired.replacen('{', "{ broken", 1));
    let done = world.plan_disable(&["claude"], Scope::User).unwrap().carry_out().unwrap();
    let [left] = done.left.as_slice() else { panic!("{:?}", done.left) };
    assert_eq!(left.problem.path(), real);
    assert!(left.by_hand.contains("on-event"), "{}", left.by_hand);
    world.write(&real, wired);
    world.disable(&["claude"], Scope::User);
    assert_eq!(text(&world, "dotfiles/claude.json"), MINE);
    assert!(!world.record(Scope::User).exists());
}

#[test]
fn a_record_keeps_the_shape_that_earlier_versions_read() {
    let world = World::new();
    world.write(&world.home(".claude/settings.json"), MINE);
    world.enable(&["claude"], Scope::User);
    let record = record(&world);
    let keys = |value: &Value| value.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
    assert_eq!(keys(&record), ["directories", "edits"]);
    let entry = &record["edits"][world.home(".claude/settings.json").to_str().unwrap()];
    assert_eq!(keys(entry), ["at", "created", "hash", "inserted", "pieces", "removed"]);
    assert_eq!(
        entry["pieces"][0],
        json!({"piece": "hook:claude:UserPromptSubmit", "made": "parent", "tools": ["claude"]})
    );
}

#[test]
fn a_record_that_names_where_a_file_of_nothing_wired_is_is_refused() {
    let world = World::new();
    for real in [
        json!({ "/h/.claude/settings.json": "/h/.bashrc" }),
        json!({ world.home(".claude/settings.json").to_str().unwrap(): "/h/../x" }),
    ] {
        world.write(&world.record(Scope::User), json!({ "edits": {}, "real": real }).to_string());
        assert!(handoff_adapters::Manifest::load(&world.record(Scope::User), Scope::User).is_err(), "{real}");
    }
}
