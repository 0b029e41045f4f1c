//! The skill `handoff` as the user calls it, followed to the letter by the model, under the usual restrictions.

use serde_json::json;
use tests::agents::{Host, SessionEnd, call, reading, shell, text};

use crate::documented::{AWKWARD, block, draft, followed, invocation, skill};
use crate::support::{machine, messages, nothing_was_denied, only_handoff, printed, restricted, waiting};

/// What the skill may cost its reader, context included: 1,200 tokens of four bytes.
const COST: usize = 4_800;

#[test]
fn the_skill_brings_the_context_with_it_and_what_it_documents_writes_a_handoff_without_a_question() {
    for host in Host::BOTH {
        let Some((machine, repo)) = machine() else { return };
        let other = machine.world.path("app-review");
        machine.world.git(&repo, &["worktree", "add", "--quiet", "-b", "review", other.to_str().unwrap()]);
        std::fs::write(repo.join("src/a.rs"), "changed\n").unwrap();
        let session = machine.session(host, &repo).steps(followed(host, AWKWARD, "--topic x"));
        let end = restricted(host, session).run(&invocation(host, "--topic x")).ok();
        nothing_was_denied(&end);
        assert_eq!(end.model.turns().len(), 3, "{host:?}");
        let context = match host {
            Host::Claude => skill(host, &end.texts(0)).to_owned(),
            _ => printed(&end, 1).remove(0),
        };
        for expected in ["worktree", repo.to_str().unwrap(), "main", "src/a.rs", "app-review"] {
            assert!(context.contains(expected), "{host:?} {expected}: {context}");
        }
        if host == Host::Claude {
            assert!(context.contains("Arguments: --topic x\n"), "{context}");
        }
        let report = printed(&end, 2).pop().unwrap();
        assert!(report.contains("sentinel: "), "{host:?}: {report}");
        let handoff = only_handoff(&machine.world, &repo);
        assert!(handoff.contains(AWKWARD.trim_end()), "{host:?}: {handoff}");
        for expected in ["topic: x", end.id(), if host == Host::Claude { "claude-code" } else { "codex-cli" }]
        {
            assert!(handoff.contains(expected), "{host:?} {expected}: {handoff}");
        }
        assert!(!repo.join("pwned").exists(), "{host:?}");
        let drafts = machine.world.root().join(".drafts");
        let left = std::fs::read_dir(drafts).map_or(0, Iterator::count);
        assert_eq!(left, 0, "{host:?}: a draft was left");
        let expected = waiting(&machine.world, &repo);
        let end = machine.session(host, &repo).run("go").ok();
        assert_eq!(messages(&end.texts(0)), [expected], "{host:?}");
    }
}

#[test]
fn a_draft_with_a_secret_is_refused_and_mended_in_place() {
    let secret = ["ghp", "_", "16C7e42F292c6912E7710c838347Ae178B4a"].concat();
    let bad = AWKWARD.replace("Don't \"fix\"", &format!("The token is {secret}. Don't \"fix\""));
    for host in Host::BOTH {
        let Some((machine, repo)) = machine() else { return };
        let mut steps = followed(host, &bad, "--topic x");
        let done = steps.pop().unwrap();
        let again = match host {
            Host::Claude => {
                let mend = json!({ "old_string": secret.clone(), "new_string": "in the keychain" });
                steps.push(reading(move |texts| {
                    let mut mend = mend.clone();
                    mend["file_path"] = json!(draft(skill(Host::Claude, texts)));
                    call("Edit", mend)
                }));
                steps[1].clone()
            }
            _ => followed(host, &bad.replace(&secret, "in the keychain"), "--topic x").swap_remove(1),
        };
        steps.extend([again, done]);
        let turns = steps.len();
        let session = machine.session(host, &repo).steps(steps);
        let end = restricted(host, session).run(&invocation(host, "--topic x")).ok();
        nothing_was_denied(&end);
        assert_eq!(end.model.turns().len(), turns, "{host:?}");
        let refusal = printed(&end, 2).pop().unwrap();
        assert!(refusal.contains("secret") && !refusal.contains("sentinel: "), "{host:?}: {refusal}");
        let report = printed(&end, turns - 1).pop().unwrap();
        assert!(report.contains("sentinel: "), "{host:?}: {report}");
        let handoff = only_handoff(&machine.world, &repo);
        assert!(handoff.contains("The token is in the keychain. Don't"), "{host:?}: {handoff}");
        assert!(!handoff.contains(&secret), "{host:?}: {handoff}");
    }
}

#[test]
fn the_skill_leaves_a_handoff_in_another_worktree() {
    for host in Host::BOTH {
        let Some((machine, repo)) = machine() else { return };
        let other = machine.world.path("app-review");
        machine.world.git(&repo, &["worktree", "add", "--quiet", "-b", "review", other.to_str().unwrap()]);
        let arguments = "--to app-review --topic x";
        let session = machine.session(host, &repo).steps(followed(host, AWKWARD, arguments));
        let end = restricted(host, session).run(&invocation(host, arguments)).ok();
        nothing_was_denied(&end);
        assert_eq!(machine.world.names(&repo, "unread"), [""; 0], "{host:?}");
        let handoff = only_handoff(&machine.world, &other);
        assert!(handoff.contains("\nfrom: app\nto: app-review\n"), "{host:?}: {handoff}");
        let expected = waiting(&machine.world, &other);
        let end = machine.session(host, &other).run("go").ok();
        assert_eq!(messages(&end.texts(0)), [expected], "{host:?}");
    }
}

#[test]
fn a_draft_may_be_named_by_its_absolute_path() {
    let Some((machine, repo)) = machine() else { return };
    let home = machine.world.home().to_str().unwrap().to_owned();
    let mut steps = followed(Host::Claude, AWKWARD, "--topic x");
    let absolute = home.clone();
    steps[0] = reading(move |texts| {
        let path = draft(skill(Host::Claude, texts)).replacen('~', &absolute, 1);
        call("Write", json!({ "file_path": path, "content": AWKWARD }))
    });
    steps[1] = reading(move |texts| {
        let command = block(skill(Host::Claude, texts), "## 3. Write").replacen("SLUG", "x", 1);
        shell(command.replacen('~', &home, 1))
    });
    let end = machine.session(Host::Claude, &repo).steps(steps).run("/handoff").ok();
    nothing_was_denied(&end);
    assert!(only_handoff(&machine.world, &repo).contains(AWKWARD.trim_end()));
}

#[test]
fn a_model_that_calls_the_skill_itself_needs_leave_for_that_alone() {
    let Some((machine, repo)) = machine() else { return };
    let by_itself = call("Skill", json!({ "skill": "handoff", "args": "--topic x" }));
    let session = machine.session(Host::Claude, &repo).steps([by_itself.clone(), text("It is not allowed.")]);
    assert_eq!(denied(&session.run("hand off").ok()), ["Skill"]);
    let mut steps = followed(Host::Claude, AWKWARD, "--topic x");
    steps.insert(0, by_itself);
    let session = machine.session(Host::Claude, &repo).args(&["--allowedTools", "Skill(handoff)"]);
    let end = session.steps(steps).run("hand off").ok();
    nothing_was_denied(&end);
    assert!(only_handoff(&machine.world, &repo).contains(AWKWARD.trim_end()));
}

#[test]
fn the_permission_to_write_ends_with_the_turn_as_the_skill_says() {
    let Some((machine, repo)) = machine() else { return };
    let mut steps = followed(Host::Claude, AWKWARD, "--topic x");
    steps.insert(0, text("Is a dead end missing?"));
    let session = machine.session(Host::Claude, &repo).steps(steps).then("no");
    let end = session.run("/handoff --topic x").ok();
    assert!(skill(Host::Claude, &end.texts(0)).contains("the permission to write ends with this turn"));
    assert_eq!(denied(&end), ["Write", "Bash"]);
    assert_eq!(machine.world.names(&repo, "unread"), [""; 0]);
}

/// The tools that Claude Code refused to run, in its last result's words.
fn denied(end: &SessionEnd) -> Vec<String> {
    let denials = end.lines.last().unwrap()["permission_denials"].as_array().unwrap();
    denials.iter().map(|denial| denial["tool_name"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn the_skills_are_offered_where_the_model_may_choose_them() {
    let Some((machine, repo)) = machine() else { return };
    let listed = |host| {
        let end = machine.session(host, &repo).run("go").ok();
        let listed = |name: &str| !end.with(0, &format!("- {name}: ")).is_empty();
        [listed("handoff"), listed("upgrade-handoff")]
    };
    assert_eq!(listed(Host::Claude), [true, false]);
    // It knows no skills that only the user may call.
    assert_eq!(listed(Host::Codex), [true, true]);
    let end = machine.session(Host::Claude, &repo).run("/upgrade-handoff").ok();
    let text = end.with(0, "Base directory for this skill: ").remove(0).text;
    assert!(text.contains("/bin/handoff upgrade --dry-run`"), "{text}");
}

#[test]
fn a_draft_of_the_users_own_is_passed_on_and_stays() {
    for host in Host::BOTH {
        let Some((machine, repo)) = machine() else { return };
        let own = repo.join("draft.md");
        std::fs::write(&own, AWKWARD).unwrap();
        let step = reading(move |texts| {
            let command = block(skill(host, texts), "## 3. Write").replacen("SLUG", "x", 1);
            shell(match host {
                Host::Claude => {
                    let (start, path) = command.rsplit_once(' ').unwrap();
                    assert!(path.ends_with(".md"), "{path}");
                    format!("{start} draft.md")
                }
                _ => format!("{} --file draft.md", command.split_once(" <<").unwrap().0),
            })
        });
        let session = machine.session(host, &repo).steps([step, text("done")]);
        let end = restricted(host, session).run(&invocation(host, "--file draft.md --topic x")).ok();
        nothing_was_denied(&end);
        assert!(only_handoff(&machine.world, &repo).contains(AWKWARD.trim_end()), "{host:?}");
        assert_eq!(std::fs::read_to_string(&own).unwrap(), AWKWARD, "{host:?}");
    }
}

#[test]
fn the_skill_and_its_context_cost_little() {
    for host in Host::BOTH {
        let Some((machine, repo)) = machine() else { return };
        for number in 0..20 {
            std::fs::write(repo.join(format!("src/module_{number:02}.rs")), "new\n").unwrap();
        }
        for name in ["review", "docs", "bench"] {
            let other = machine.world.path(format!("app-{name}"));
            machine.world.git(&repo, &["worktree", "add", "--quiet", "-b", name, other.to_str().unwrap()]);
        }
        let session = machine.session(host, &repo).steps(followed(host, AWKWARD, "--topic x"));
        let end = restricted(host, session).run(&invocation(host, "--topic x")).ok();
        let mut cost = skill(host, &end.texts(0)).len();
        if host == Host::Codex {
            cost += printed(&end, 1)[0].len();
        }
        assert!(cost <= COST, "{host:?}: {cost} bytes\n{}", skill(host, &end.texts(0)));
    }
}
