//! The hook, killed at every step.

use crate::support::{Place, Stage, calls_of, can_trace, samples};

/// Kills the hook before every call that could matter, each time in a new inbox with `count` handoffs.
fn killed_at_every_step(count: usize, stampable: bool) {
    if !can_trace() {
        return;
    }
    let samples = samples(count, stampable);
    let stage = Stage::new();
    let log = stage.world.path("trace");
    let payload = stage.payload("killed");
    stage.plant(&samples);
    let steps = calls_of(&stage.hook(), &payload, &log);
    assert_eq!(stage.places(&samples), vec![Place::Unread; count], "a hook archives nothing");

    let (mut given, mut noted, mut again) = (0, 0, 0);
    for step in &steps {
        stage.clear();
        stage.plant(&samples);
        let killed = step.kills(&stage.hook(), &payload, &log);
        // The message leaves in one line or not at all.
        assert!(killed.out.is_empty() || killed.out.ends_with(b"}\n"), "half a message: {}", killed.out());
        given += usize::from(!killed.out.is_empty());
        noted += usize::from(stage.inbox.join("offers").join(samples[0].name()).exists());
        assert_eq!(stage.places(&samples), vec![Place::Unread; count], "at {step:?}");
        let (shown_again, temporary) = stage.recovers(&samples, &killed.out);
        again += shown_again;
        assert_eq!(temporary, 0, "at {step:?}");
    }
    // Each kind of death was died: before and after the message, before and after the offer was noted.
    assert!(0 < given && given < noted && noted < steps.len(), "{given}, {noted} of {}", steps.len());
    assert!(again > 0);
}

#[test]
fn a_hook_killed_at_any_step_loses_nothing() {
    killed_at_every_step(1, true);
}

#[test]
fn a_hook_killed_at_any_step_with_what_cannot_be_stamped_loses_nothing() {
    killed_at_every_step(1, false);
}

#[test]
fn a_hook_killed_at_any_step_of_several_loses_none() {
    killed_at_every_step(3, true);
}

#[test]
fn a_hook_killed_at_any_step_of_several_that_cannot_be_stamped_loses_none() {
    killed_at_every_step(3, false);
}
