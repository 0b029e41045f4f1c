//! Codex's word on its hooks, and the user's trust in them, through Codex's own app-server.

use std::io::{BufRead, BufReader, Write};
use std::process::Stdio;

use serde_json::{Value, json};

use super::{Host, Machine};

impl Machine {
    /// The hooks as Codex lists them, each with `key`, `command` and `trustStatus`.
    #[track_caller]
    pub fn codex_hooks(&self) -> Vec<Value> {
        let answers = self.app_server(&[("hooks/list", json!({ "cwds": [self.world.top()] }))]);
        let places = answers[0]["result"]["data"].as_array().unwrap_or_else(|| panic!("{answers:?}"));
        places.iter().flat_map(|place| place["hooks"].as_array().unwrap()).cloned().collect()
    }

    /// Trusts every hook there is, as Codex's "Trust all and continue" does.
    #[track_caller]
    pub fn trust_every_hook(&self) {
        let hooks = self.codex_hooks();
        let state: serde_json::Map<_, _> = hooks
            .iter()
            .map(|hook| {
                (hook["key"].as_str().unwrap().to_owned(), json!({ "trusted_hash": hook["currentHash"] }))
            })
            .collect();
        let edit = json!({ "keyPath": "hooks.state", "value": state, "mergeStrategy": "upsert" });
        self.app_server(&[("config/batchWrite", json!({ "edits": [edit], "reloadUserConfig": true }))]);
        let hooks = self.codex_hooks();
        assert!(hooks.iter().all(|hook| hook["trustStatus"] == "trusted"), "{hooks:#?}");
    }

    /// The answers to some questions.
    #[track_caller]
    fn app_server(&self, questions: &[(&str, Value)]) -> Vec<Value> {
        let mut command = self.user(Host::Codex.program());
        command.args([
            "app-server",
            "-c",
            "analytics.enabled=false",
            "-c",
            "check_for_update_on_startup=false",
        ]);
        command.env("HTTPS_PROXY", "http://127.0.0.1:9").current_dir(self.world.top());
        let mut child =
            command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let mut stdin = child.stdin.take().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let client = json!({ "name": "tests", "version": "0" });
        let begin = json!({ "clientInfo": client, "capabilities": { "experimentalApi": true } });
        let mut answers = Vec::new();
        let all = [("initialize", begin)].into_iter().chain(questions.iter().cloned());
        for (id, (method, params)) in all.enumerate() {
            writeln!(stdin, "{}", json!({ "id": id, "method": method, "params": params })).unwrap();
            answers.push(loop {
                let line = lines.next().expect("it answers").unwrap();
                let message: Value = serde_json::from_str(&line).unwrap_or_default();
                if message["id"] == json!(id) {
                    assert!(message["error"].is_null(), "{method}: {message}");
                    break message;
                }
            });
            if id == 0 {
                writeln!(stdin, "{}", json!({ "method": "initialized" })).unwrap();
            }
        }
        drop(stdin);
        child.kill().ok();
        child.wait().unwrap();
        answers.split_off(1)
    }
}
