//! The installer as a user meets it: it comes, is looked after and goes, and nothing of the user's is lost or left
//! changed, whatever was there before and whatever happens in between.
#![allow(
    missing_docs,
    clippy::disallowed_methods,
    clippy::unwrap_used,
    clippy::print_stderr,
    clippy::too_many_lines,
    reason = "tests set up files and processes by hand"
)]

mod bash_installs;
mod check;
mod dispatch;
mod dispatch_skills;
mod doctor;
mod doctor_agents;
mod doctor_capture;
mod doctor_handler;
mod doctor_letters;
mod doctor_obstacles;
mod doctor_settings;
mod doctor_store;
mod doctor_switches;
mod edited;
mod failing;
mod fresh;
mod hosts;
mod kept;
mod killed;
mod meanwhile;
mod others;
mod own_files;
mod places;
mod refused;
mod restored;
mod servers;
mod set_aside;
mod shown;
mod support;
mod upgrade;
mod ways;
