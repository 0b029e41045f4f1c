//! `handoff env`: where everything is, also when it is broken.

use super::printed;
use crate::here::Here;

pub(crate) fn run(here: &Here<'_>) -> u8 {
    let home = here.home.display();
    printed(
        here.output,
        &format!(
            "config={home}/config.yaml\nbackend_types=claude codex\ntasks={home}/tasks\nruns={home}/runs\n"
        ),
    )
}
