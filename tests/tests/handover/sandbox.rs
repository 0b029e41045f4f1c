//! In a sandbox that lets a program write to some places and not to others, as agents run their commands in: an apply is
//! done, or refused before it changes anything.

use std::path::{Path, PathBuf};
use std::process::Command;

use tests::{Ran, can, feed, has};

use crate::support::{Stage, agree, tree};

/// `command` where the paths `read_only` are bind mounts that cannot be written to.
fn confined(command: &Command, read_only: &[&PathBuf]) -> Ran {
    let script = "n=$1; shift; while [ $n -gt 0 ]; do mount --bind \"$1\" \"$1\" && mount -o remount,bind,ro \"$1\" || exit 99
        shift; n=$((n - 1)); done; exec \"$@\"";
    let mut unshare = Command::new("unshare");
    unshare.args(["-rm", "sh", "-c", script, "sh", &read_only.len().to_string()]).args(read_only);
    unshare.arg(command.get_program()).args(command.get_args());
    unshare.env_clear().envs(command.get_envs().filter_map(|(name, value)| Some((name, value?))));
    unshare.current_dir(command.get_current_dir().unwrap());
    feed(unshare, b"")
}

fn can_confine(stage: &Stage) -> bool {
    let mut nothing = stage.world.bare_command("true");
    nothing.current_dir(&stage.app);
    let works = || confined(&nothing, &[&stage.app]).code == 0;
    can("mount in a namespace", has("unshare") && works())
}

struct Carried {
    stage: Stage,
    clone: PathBuf,
    before: Vec<(PathBuf, u32, Vec<u8>)>,
}

impl Carried {
    fn new(stage: Stage) -> Self {
        stage.capture(&[]);
        let clone = stage.clone("clone");
        std::fs::create_dir_all(clone.join("notes")).unwrap();
        let before = tree(&clone);
        Self { stage, clone, before }
    }

    fn apply(&self) -> Command {
        let app = self.stage.app.to_str().unwrap();
        self.stage.command(&self.clone, &["pickup", "--from", app, "--apply"])
    }

    fn undo(&self) -> Command {
        self.stage.command(&self.clone, &["pickup", "--undo"])
    }

    fn waits(&self) -> bool {
        self.stage.pending(&self.stage.app).len() == 1
    }
}

/// Every combination of some of `parts`.
fn combinations(parts: &[PathBuf]) -> impl Iterator<Item = Vec<&PathBuf>> {
    (1..1_usize << parts.len()).map(move |set| {
        parts.iter().enumerate().filter(|(bit, _)| set & 1 << bit != 0).map(|(_, part)| part).collect()
    })
}

fn shown(path: &Path) -> &str {
    path.to_str().unwrap()
}

#[test]
fn an_apply_that_cannot_write_everywhere_changes_nothing_and_says_where_to_run_it() {
    let stage = Stage::changed();
    if !can_confine(&stage) {
        return;
    }
    let carried = Carried::new(stage);
    let (app, clone) = (&carried.stage.app, &carried.clone);
    // `.handover` and what else is made once is there.
    for command in [carried.apply(), carried.undo()] {
        assert_eq!(feed(command, b"").code, 0);
    }
    let git = clone.join(".git");
    let parts = [app.clone(), git.clone(), git.join("objects"), clone.join("src"), clone.join(".handover")];
    for read_only in combinations(&parts) {
        let ran = confined(&carried.apply(), &read_only);
        let way = format!(
            "; run it outside of the sandbox: cd {} && handover pickup --from {} --apply\n",
            shown(clone),
            shown(app)
        );
        assert!(ran.code == 1 && ran.err().ends_with(&way), "{read_only:?}: {} {}", ran.code, ran.err());
        if !read_only.contains(&&parts[4]) {
            assert!(ran.err().contains("nothing was changed"), "{read_only:?}: {}", ran.err());
            for part in &read_only {
                assert!(ran.err().contains(shown(part)), "{part:?} is not named: {}", ran.err());
            }
        }
        assert!(tree(clone) == carried.before && carried.waits(), "{read_only:?}");
        assert_eq!(carried.stage.world.git(clone, &["status", "--porcelain"]), "");
    }
    assert_eq!(feed(carried.apply(), b"").code, 0);
    agree(&carried.stage.world, app, clone);
    // The same on the way back.
    for read_only in combinations(&[app.clone(), git, clone.join("src"), clone.join(".handover")]) {
        let ran = confined(&carried.undo(), &read_only);
        let way = format!("; run it outside of the sandbox: cd {} && handover pickup --undo\n", shown(clone));
        assert!(ran.code == 1 && ran.err().ends_with(&way), "{read_only:?}: {} {}", ran.code, ran.err());
        agree(&carried.stage.world, app, clone);
        assert!(!carried.waits(), "{read_only:?}");
    }
    assert_eq!(feed(carried.undo(), b"").code, 0);
    assert!(tree(clone) == carried.before && carried.waits());
}

#[test]
fn what_changes_no_index_needs_no_git_directory_that_can_be_written_to() {
    let stage = Stage::new();
    if !can_confine(&stage) {
        return;
    }
    stage.change_one();
    let carried = Carried::new(stage);
    let git = carried.clone.join(".git");
    for command in [carried.apply(), carried.undo(), carried.apply()] {
        let ran = confined(&command, &[&git]);
        assert_eq!(ran.code, 0, "{}", ran.err());
    }
    agree(&carried.stage.world, &carried.stage.app, &carried.clone);
}

#[test]
fn a_capture_that_cannot_be_claimed_is_not_shown_as_taken() {
    let stage = Stage::changed();
    if !can_confine(&stage) {
        return;
    }
    let carried = Carried::new(stage);
    let app = shown(&carried.stage.app);
    let command = carried.stage.command(&carried.clone, &["pickup", "--from", app]);
    let ran = confined(&command, &[&carried.stage.app]);
    assert_eq!((ran.code, ran.out()), (1, ""));
    let way = format!(
        "; run it outside of the sandbox: cd {} && handover pickup --from {app}\n",
        shown(&carried.clone)
    );
    assert!(ran.err().ends_with(&way), "{}", ran.err());
    assert!(carried.waits());
}
