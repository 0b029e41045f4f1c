//! `handoff env`: where everything is, also when it is broken.

use crate::here::Here;

pub(crate) fn run(here: &Here<'_>) -> u8 {
    let home = here.home().display();
    let text = format!(
        "config={home}/config.yaml\nbackend_types=claude codex\ntasks={home}/tasks\nruns={home}/runs\n"
    );
    u8::from(here.output.print_exact(&text) != handoff_process::Status::Done)
}
