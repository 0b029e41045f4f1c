//! A hook that is a file of ours alone: wired, brought up to date, never put over or taken for a file of the user's.

use std::path::{Path, PathBuf};

use handoff_agents::{OwnText, Wirable};
use tests::{Mount, feed};

use crate::support::{Machine, apart_from_store, mode};

/// Makes a directory one that takes no file.
type Make = fn(&Path) -> Option<Mount>;

/// The hosts that have one.
fn hosts() -> impl Iterator<Item = Wirable> {
    Wirable::all().filter(|host| host.wiring.hook.own().is_some())
}

/// A machine with this host alone.
fn machine(host: Wirable) -> Machine {
    let machine = Machine::empty();
    machine.stand_ins("");
    std::fs::create_dir_all(machine.path(directory(host))).unwrap();
    machine
}

fn directory(host: Wirable) -> &'static str {
    host.directory.unwrap().below_home
}

/// Its file, below HOME.
fn file(host: Wirable) -> String {
    format!("{}/{}", directory(host), host.wiring.hook.file())
}

/// What `doctor` says, which has a problem.
#[track_caller]
fn problem(machine: &Machine) -> String {
    let doctor = machine.run(&["doctor", "--quick"]);
    assert_eq!(doctor.code, 1, "{}", doctor.out());
    doctor.out().to_owned()
}

#[test]
fn it_is_there_once_and_goes_with_its_directories() {
    for host in hosts() {
        let machine = machine(host);
        let before = apart_from_store(&machine);
        let said = machine.install();
        let line = format!("{} hook in ~/{}; skills", host.wiring.hook.event(), file(host));
        assert!(said.contains(&line), "{said}");
        let wired = machine.tree();
        let said = machine.install();
        assert!(said.contains("all of it was installed already"), "{said}");
        wired.is_after(host.id, &machine.tree());
        let doctor = machine.done(&["doctor", "--quick"]);
        assert!(doctor.contains(&format!("{}: ~/{} has the hook", host.name, file(host))), "{doctor}");
        machine.uninstall();
        before.is_after(host.id, &apart_from_store(&machine));
    }
}

#[test]
fn it_names_the_programs_wherever_they_are_and_in_whichever_directory_the_host_looks() {
    // A host whose directory no variable names looks into HOME alone.
    for host in hosts().filter(|host| host.directory.is_some_and(|known| !known.variable.is_empty())) {
        let known = host.directory.unwrap();
        let machine = Machine::empty();
        machine.stand_ins("");
        let elsewhere = machine.world.path("else where");
        let directory = elsewhere.join(known.below_variable);
        std::fs::create_dir_all(&directory).unwrap();
        let machine = machine.with(known.variable, &elsewhere);
        let prefix = machine.world.path("a prefix");
        let prefix = prefix.to_str().unwrap();
        machine.done(&["install", "--home", prefix]);
        let text = machine.text(directory.join(host.wiring.hook.file()));
        assert!(text.contains(&format!("{prefix}/bin/session-start")), "{text}");
        machine.done(&["doctor", "--quick", "--home", prefix]);
        machine.done(&["uninstall", "--home", prefix]);
        assert_eq!(std::fs::read_dir(directory).unwrap().count(), 0, "{}", host.id);
    }
}

#[test]
fn a_file_of_the_users_in_its_place_is_named_and_stays_and_the_others_are_wired() {
    for host in hosts() {
        let machine = machine(host);
        let other = hosts().find(|other| *other != host).unwrap();
        std::fs::create_dir_all(machine.path(directory(other))).unwrap();
        let path = machine.file(file(host), "mine\n");
        let before = apart_from_store(&machine);
        for _ in 0..2 {
            let ran = machine.run(&["install"]);
            assert_eq!(ran.code, 1, "{}", ran.out());
            let named = format!(
                "agent-handoff: could not place the hook ~/{}: there is another one; move it away; the rest is done\n",
                file(host)
            );
            assert!(ran.err().starts_with(&named), "{}", ran.err());
            assert!(machine.text(file(other)).contains("session-start"));
            assert_eq!(machine.text(&path), "mine\n");
        }
        let said = problem(&machine);
        let shown = file(host);
        assert!(said.contains(&format!("~/{shown} is not ours: it does not run the hook")), "{said}");
        // What it says fixes it.
        let fix = said.lines().find_map(|line| line.trim().strip_prefix("fix: mv ")).unwrap();
        assert_eq!(machine.shell(&format!("mv {fix}")).code, 0);
        machine.done(&["doctor", "--quick"]);
        std::fs::rename(path.with_added_extension("old"), machine.path("mine")).unwrap();
        machine.uninstall();
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::rename(machine.path("mine"), &path).unwrap();
        before.is_after(host.id, &apart_from_store(&machine));
        // Nor does an installation that is gone take it along.
        machine.uninstall();
        assert_eq!(machine.text(&path), "mine\n");
    }
}

#[test]
fn one_that_the_user_changed_stays_and_is_named() {
    for host in hosts() {
        let machine = machine(host);
        machine.install();
        let path = machine.path(file(host));
        let ours = machine.text(&path);
        let changed = ours.replace("10", "20") + "\n";
        machine.file(&path, &changed);
        let said = machine.install();
        let shown = file(host);
        let note = format!("note: ~/{shown} was changed after it was installed, so it stays as it is");
        assert!(said.contains(&note), "{said}");
        let doctor = machine.done(&["doctor", "--quick"]);
        let note = format!("note     {}: ~/{shown} was changed after it was installed", host.name);
        assert!(doctor.contains(&note), "{doctor}");
        // One that runs no program of ours any more is a problem.
        machine.file(&path, changed.replace("session-start", "nothing"));
        assert!(problem(&machine).contains(&format!("~/{shown} is not ours")));
        machine.file(&path, &changed);
        let said = machine.uninstall();
        assert!(said.starts_with(&format!("removed:     everything, except for ~/{shown}\n")), "{said}");
        assert!(said.contains(&format!("note: ~/{shown} was changed after it was installed, so it stays\n")));
        assert_eq!(machine.text(&path), changed);
    }
}

#[test]
fn an_older_text_of_ours_and_one_that_users_put_there_by_hand_are_brought_up_to_date() {
    for host in hosts() {
        let own = host.wiring.hook.own().unwrap();
        let machine = machine(host);
        machine.install();
        let path = machine.path(file(host));
        let ours = machine.text(&path);
        // As an earlier version wrote and recorded it.
        let old = format!("{ours}\n");
        let manifest = machine.text(".agent-handoff/manifest.json");
        let [recorded, of_old] = [&ours, &old].map(|text| blake3::hash(text.as_bytes()).to_string());
        assert!(manifest.contains(&recorded));
        machine.file(".agent-handoff/manifest.json", manifest.replace(&recorded, &of_old));
        machine.file(&path, &old);
        assert!(problem(&machine).contains("is of another version"));
        machine.install();
        assert_eq!(machine.text(&path), ours);
        machine.uninstall();
        // Without a record: from an installation that is gone, and by hand.
        let gone = ours.replace(machine.home.to_str().unwrap(), "/gone");
        let plugin = match own.text {
            OwnText::Plugin(shipped) => {
                let shipped = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(shipped);
                Some(std::fs::read_to_string(shipped).unwrap())
            }
            OwnText::HookFile { .. } => None,
        };
        let texts = own.by_hand.iter().map(|text| format!("{text}\n")).chain(plugin).chain([gone]);
        for text in texts {
            machine.file(&path, &text);
            machine.install();
            assert_eq!(machine.text(&path), ours, "{text}");
            machine.uninstall();
            assert!(!path.exists());
        }
    }
}

#[test]
fn what_another_installation_wired_is_its_own() {
    for host in hosts() {
        let machine = machine(host);
        machine.install();
        let wired = machine.text(file(host));
        let other = machine.world.path("other");
        let ran = machine.run(&["install", "--home", other.to_str().unwrap()]);
        assert_eq!(ran.code, 1);
        let named = format!("could not wire {}: the installation in ~/.agent-handoff has", host.name);
        assert!(ran.err().contains(&named), "{}", ran.err());
        machine.done(&["uninstall", "--home", other.to_str().unwrap()]);
        assert_eq!(machine.text(file(host)), wired);
    }
}

#[test]
fn a_host_that_is_not_here_is_not_wired_and_one_that_only_its_program_shows_is() {
    for host in hosts() {
        let machine = Machine::empty();
        machine.stand_ins("");
        machine.install();
        assert!(!machine.path(directory(host)).exists(), "{}", host.id);
        let bin = machine.world.dir("agents");
        let program = bin.join(host.signs.programs[0]);
        std::fs::write(&program, "#!/bin/sh\n").unwrap();
        mode(&program, 0o755);
        let path = std::env::split_paths(&std::env::var_os("PATH").unwrap()).collect::<Vec<_>>();
        let path = std::env::join_paths([bin].into_iter().chain(path)).unwrap();
        let mut command = machine.installer(&["install", "--only", host.id]);
        command.env("PATH", path);
        let ran = feed(command, b"");
        assert_eq!(ran.code, 0, "{}", ran.err());
        assert!(machine.path(file(host)).exists());
        machine.done(&["uninstall", "--only", host.id]);
        assert!(!machine.path(directory(host)).exists(), "{}", host.id);
    }
}

#[test]
fn a_directory_that_takes_no_file_costs_that_file_alone() {
    for host in hosts() {
        let machine = machine(host);
        let other = hosts().find(|other| *other != host).unwrap();
        std::fs::create_dir_all(machine.path(directory(other))).unwrap();
        // A file in the place of the directory: root writes into any directory.
        let parent = PathBuf::from(file(host));
        let parent = parent.parent().unwrap();
        machine.file(parent, "mine");
        let before = apart_from_store(&machine);
        let ran = machine.run(&["install"]);
        assert_eq!(ran.code, 1, "{}", ran.out());
        assert!(ran.err().contains(&format!("{}: it is no directory", parent.display())), "{}", ran.err());
        assert!(machine.text(file(other)).contains("session-start"));
        assert!(problem(&machine).contains("where a directory belongs"));
        machine.uninstall();
        before.is_after(host.id, &apart_from_store(&machine));
    }
}

#[test]
fn a_read_only_or_full_directory_costs_that_file_alone_and_the_named_command_finishes() {
    let full = |at: &Path| Mount::tmpfs(at, "size=4096,nr_inodes=1");
    let mounts: [(Make, &str); 2] =
        [(Mount::read_only, "read-only file system"), (full, "no space left on device")];
    for (host, (mount, said)) in hosts().flat_map(|host| mounts.map(|mount| (host, mount))) {
        let machine = machine(host);
        let path = machine.path(file(host));
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        let before = apart_from_store(&machine);
        let Some(mount) = mount(path.parent().unwrap()) else { return };
        let ran = machine.run(&["install"]);
        assert_eq!(ran.code, 1, "{}", ran.out());
        let named = ran.err().lines().next().unwrap();
        assert!(named.contains(said) && named.contains(path.parent().unwrap().to_str().unwrap()), "{named}");
        let skills = host.wiring.skills_in(&machine.path(directory(host)), &machine.home);
        assert!(machine.text(skills.join("handoff/SKILL.md")).contains("handoff-write"));
        let to_finish =
            ran.err().lines().last().unwrap().split_once("can be changed: ").unwrap().1.to_owned();
        drop(mount);
        assert_eq!(machine.shell(&to_finish).code, 0);
        machine.done(&["doctor", "--quick"]);
        let Some(mount) = Mount::read_only(path.parent().unwrap()) else { return };
        let ran = machine.run(&["uninstall"]);
        assert_eq!(ran.code, 1, "{}", ran.out());
        assert!(ran.err().contains("; the rest is removed") && path.exists(), "{}", ran.err());
        drop(mount);
        let ran = feed(machine.command(machine.program("handoff"), &["uninstall"]), b"");
        assert_eq!(ran.code, 0, "{}", ran.err());
        before.is_after(host.id, &apart_from_store(&machine));
    }
}

#[test]
fn what_switches_it_off_is_a_problem() {
    let copilot = Wirable::named("copilot").unwrap();
    let on = machine(copilot);
    on.install();
    on.file(".copilot/settings.json", r#"{"disableAllHooks": true}"#);
    let said = problem(&on);
    assert!(said.contains("~/.copilot/settings.json turns hooks off: disableAllHooks is true"), "{said}");
    on.file(".copilot/settings.json", r#"{"disableAllHooks": false}"#);
    on.done(&["doctor", "--quick"]);
    let opencode = machine(Wirable::named("opencode").unwrap());
    opencode.install();
    let opencode = opencode.with("OPENCODE_PURE", "1");
    let said = problem(&opencode);
    assert!(
        said.contains("OPENCODE_PURE is set in this shell") && said.contains("unset OPENCODE_PURE"),
        "{said}"
    );
}
