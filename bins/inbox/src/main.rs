//! Lists, shows, moves, edits and deletes handoffs.

mod args;
mod here;
mod id;
mod offer;
mod one;
mod row;
mod stranded;
mod table;
mod verb;

use handoff_cli::{Asked, CalledAs};
use handoff_process::{Environment, Output, Status};

use here::Here;

fn main() -> std::process::ExitCode {
    let environment = Environment::read();
    let output = Output::new(&environment);
    let called = CalledAs::new(Environment::started_as().as_deref(), "inbox", &["handoff inbox"]);
    let status = match args::parse(&called) {
        Ok(Asked::Text(text)) => output.print(&text),
        Ok(Asked::Verb(args)) => Here::find(&args, environment, output, called.clone())
            .and_then(|here| verb::run(args.verb, &here))
            .unwrap_or_else(|failure| {
                output.complain(id::explained(&failure, &called));
                Status::NotDone
            }),
        // Without a verb it lists.
        Ok(Asked::Nothing) => Status::Done,
        Err(misuse) => {
            output.complain(misuse.message(&called));
            Status::Usage
        }
    };
    status.into()
}
