//! A handoff goes to another machine as a letter; an agent there is given it, whichever wrote it.

use tests::World;
use tests::agents::{Host, shell, text};

use crate::support::{leave, machine, messages, only_handoff, printed, unrestricted, waiting};

/// Runs `handoff` in `dir`, which must succeed.
#[track_caller]
fn handoff(world: &World, dir: &std::path::Path, args: &[&str]) -> String {
    let ran = world.run("handoff", dir, args, "");
    assert_eq!(ran.code, 0, "{args:?}: {}", ran.err());
    ran.out().to_owned()
}

#[test]
fn what_one_agent_leaves_on_one_machine_the_other_is_given_on_another() {
    for (writer, reader) in [(Host::Claude, Host::Codex), (Host::Codex, Host::Claude)] {
        let (Some((laptop, app)), Some((desk, _))) = (machine(), machine()) else { return };
        let there = desk.world.path("clone");
        desk.world
            .git(desk.world.top(), &["clone", "--quiet", app.to_str().unwrap(), there.to_str().unwrap()]);
        for (world, dir) in [(&laptop.world, &app), (&desk.world, &there)] {
            world.git(dir, &["config", "user.name", "Ann"]);
            world.git(dir, &["config", "user.email", "ann@acme.io"]);
        }
        let session = unrestricted(writer, laptop.session(writer, &app));
        let end = session.steps([shell(leave(&laptop)), text("done")]).run("hand off").ok();
        assert!(printed(&end, 1).pop().unwrap().contains("sentinel: "), "{writer:?}");
        std::fs::write(app.join("src/new.rs"), "new\n").unwrap();

        let letter = desk.world.path("second.handoff");
        let letter = letter.to_str().unwrap();
        handoff(&laptop.world, &app, &["export", letter]);
        handoff(&desk.world, &there, &["people", "add", "@me", "--yes", "--from", letter]);
        handoff(&desk.world, &there, &["import", letter]);
        let capture = std::fs::read_dir(there.join(".handover/bundles")).unwrap().next().unwrap().unwrap();
        let capture = capture.file_name().into_string().unwrap();
        assert!(only_handoff(&desk.world, &there).contains(&capture));
        let expected = waiting(&desk.world, &there);
        assert!(expected.contains("sent by \"@me: Ann <ann@acme.io>, "), "{expected}");

        // It is told how to have the work, and has it.
        let program = desk.bin("handoff");
        let pickup = format!("'{}' pickup {capture} --apply", program.display());
        let session = unrestricted(reader, desk.session(reader, &there));
        let end = session.steps([shell(pickup), text("Handoff loaded")]).run("go").ok();
        assert_eq!(messages(&end.texts(0)), [expected], "{reader:?}");
        assert!(messages(&end.texts(0))[0].contains(&format!("pickup {capture} --apply")));
        assert_eq!(std::fs::read_to_string(there.join("src/new.rs")).unwrap(), "new\n", "{reader:?}");
    }
}
