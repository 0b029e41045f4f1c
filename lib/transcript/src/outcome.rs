//! What became of a call, told by the words that came back.

use handoff_jsonl::Value;

use crate::session::Outcome;

/// How Codex begins what it says of a call that it did not carry out.
const REFUSALS: [&str; 8] = [
    "unsupported call",
    "apply_patch verification failed",
    "failed to parse",
    "failed in sandbox",
    "execution error",
    "exec_command failed",
    "patch rejected",
    "aborted",
];

/// Claude Code: an error whose first line is `Exit code 3`.
pub(crate) fn of_claude(is_error: bool, output: &str) -> Outcome {
    if !is_error {
        return Outcome::Exit(0);
    }
    let code = output.strip_prefix("Exit code ").and_then(|rest| rest.lines().next()?.trim().parse().ok());
    code.map_or(Outcome::Failed, Outcome::Exit)
}

/// Codex: a line of the header that ends with `Output:`, in earlier versions JSON with `metadata.exit_code`.
pub(crate) fn of_codex(output: &str) -> Outcome {
    if let Some([metadata, success]) = Value::new(output.as_bytes()).pick(["metadata", "success"]) {
        let code = metadata.and_then(|metadata| metadata.pick(["exit_code"])).and_then(|[code]| code);
        return match (code.and_then(Value::number), success.and_then(Value::flag)) {
            (Some(code), _) => Outcome::Exit(code as i64),
            (None, Some(true)) => Outcome::Exit(0),
            (None, Some(false)) => Outcome::Failed,
            (None, None) => Outcome::Unknown,
        };
    }
    // What follows is the command's own, and may say anything.
    for line in output.lines().take(8).take_while(|line| *line != "Output:") {
        for before in ["Process exited with code ", "Exit code: "] {
            if let Some(Ok(code)) = line.strip_prefix(before).map(|code| code.trim().parse()) {
                return Outcome::Exit(code);
            }
        }
    }
    let first = output.lines().next().unwrap_or_default().trim();
    if REFUSALS.iter().any(|refusal| first.starts_with(refusal)) || first.contains("rejected by user") {
        return Outcome::Failed;
    }
    match first {
        "Plan updated" | "Done!" => Outcome::Exit(0),
        _ => Outcome::Unknown,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_code_is_found_in_every_form() {
        use Outcome::*;
        for (output, outcome) in [
            ("Chunk ID: 1\nWall time: 0.1 seconds\nProcess exited with code 3\nOutput:\nx", Exit(3)),
            ("Exit code: 0\nWall time: 0.3 seconds\nOutput:\nExit code: 5\n", Exit(0)),
            ("Exit code: 101\nWall time: 1 seconds\nTotal output lines: 9\nOutput:\n", Exit(101)),
            (r#"{"output":"x","metadata":{"exit_code":-1,"duration_seconds":0.1}}"#, Exit(-1)),
            (r#"{"metadata":{"exit_code":0.0}}"#, Exit(0)),
            ("Wall time: 1 seconds\nProcess running with session ID 5\nOutput:\n", Unknown),
            ("Wall time: 1 seconds\nOutput:\nProcess exited with code 3", Unknown),
            ("unsupported call: shell", Failed),
            ("exec command rejected by user", Failed),
            ("Plan updated", Exit(0)),
            ("", Unknown),
        ] {
            assert_eq!(of_codex(output), outcome, "{output}");
        }
        for (is_error, output, outcome) in [
            (true, "Exit code 3\noops", Exit(3)),
            (true, "Exit code 143", Exit(143)),
            (true, "The user doesn't want to proceed", Failed),
            (false, "Exit code 3\n", Exit(0)),
        ] {
            assert_eq!(of_claude(is_error, output), outcome, "{output}");
        }
    }
}
