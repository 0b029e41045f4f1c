//! Every stream that was recorded from the real programs against a mock model, with all that is made of it: `claude`
//! 2.1.329, `codex` 0.169.0, `gemini` 0.61.0, `qwen` 0.24.4, `opencode` 1.18.33, `copilot` 1.0.102.

use handoff_agents::Protocol;
use handoff_stream::{Outcome, Reader, Verdict};

/// The progress and the outcome, one fact a line.
fn told(name: &str, bytes: &[u8]) -> String {
    let (program, _) = name.split_once('-').expect("a fixture's name begins with the program's");
    let protocol = Protocol::from_name(program).expect("the program is known");
    let mut told = Vec::new();
    let mut reader = Reader::new(protocol);
    reader.push(bytes, &mut |progress| told.push(progress.to_string()));
    let done = reader.is_done();
    let outcome = reader.finish(&mut |progress| told.push(progress.to_string()));
    assert_eq!(done, outcome.verdict != Verdict::NoResult, "{name}: done");
    assert!(!outcome.cut);
    let Outcome { verdict, text, reason, session, usage, cost_usd, turns, denied, .. } = outcome;
    told.push(format!("= {verdict:?} {text:?}"));
    let lines = |text: &str| text.lines().map(str::trim).collect::<Vec<_>>().join("\n");
    told.extend(reason.map(|reason| format!("because {:?}: {}", reason.kind, lines(&reason.text))));
    told.extend(session.map(|session| format!("in {session}")));
    if let Some(usage) = usage {
        let cost = cost_usd.map_or(String::new(), |cost| format!(" ${cost:.4}"));
        let turns = turns.unwrap_or_default();
        told.push(format!("took {}+{}{cost}, {turns} turns", usage.input, usage.output));
    }
    told.extend(denied.iter().map(|what| format!("denied {what}")));
    told.join("\n") + "\n"
}

macro_rules! recorded {
    ($($name:ident, $file:literal: $expected:literal)*) => {$(
        #[test]
        fn $name() {
            let bytes = include_bytes!(concat!("fixtures/", $file, ".jsonl"));
            pretty($file, &told($file, bytes), $expected);
        }
    )*};
}

#[track_caller]
fn pretty(name: &str, told: &str, expected: &str) {
    let expected: String = expected
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty())
        .map(|line| format!("{line}\n"))
        .collect();
    assert!(told == expected, "{name}:\n{told}---\n{expected}");
}

recorded! {
    claude_denied, "claude-denied": r#"
        session: 762a2fa6-fff9-4719-9781-2847890f1b07
        tool: Bash: touch newfile
        warning: denied: Bash: touch in '/home/dev/repo/newfile' needs approval. The path is inside the working directories for this session ('/home/dev/repo'), and Claude Code asks before a shell command creates, changes or removes files there.
        text: denied.
        = Success "denied."
        in 762a2fa6-fff9-4719-9781-2847890f1b07
        took 25240+14 $0.1012, 2 turns
        denied Bash: touch newfile
    "#

    claude_err400, "claude-err400": r#"
        session: 6174c67a-b369-470a-b3b3-5db8a4bcf989
        error: Prompt is too long · the request is ~210000 tokens (limit 200000) but this conversation is only ~2738 tokens — the rest is system prompt, tool definitions, and attachment content. A single-exchange conversation cannot be compacted; reduce attached files/tools or start with less context.
        = Error ""
        because ContextFull: Prompt is too long · the request is ~210000 tokens (limit 200000) but this conversation is only ~2738 tokens — the rest is system prompt, tool definitions, and attachment content. A single-exchange conversation cannot be compacted; reduce attached files/tools or start with less context.
        in 6174c67a-b369-470a-b3b3-5db8a4bcf989
        took 0+0 $0.0000, 1 turns
    "#

    claude_err401, "claude-err401": r#"
        session: 4d1556f5-52d0-41ad-925e-97e56fd4ca91
        retry: attempt 1 of 1 in 0.5 s: authentication_failed (401)
        error: Invalid API key · Fix external API key
        = Error ""
        because Credentials: Invalid API key · Fix external API key
        in 4d1556f5-52d0-41ad-925e-97e56fd4ca91
        took 0+0 $0.0000, 1 turns
    "#

    claude_err429, "claude-err429": r#"
        session: d8015ba0-400e-4876-9d9a-6f63239dfa26
        retry: attempt 1 of 2 in 1.2 s: rate_limit (429)
        retry: attempt 2 of 2 in 1.1 s: rate_limit (429)
        error: API Error: Request rejected (429) · Number of requests has exceeded your rate limit
        = Error ""
        because RateLimit: API Error: Request rejected (429) · Number of requests has exceeded your rate limit
        in d8015ba0-400e-4876-9d9a-6f63239dfa26
        took 0+0 $0.0000, 1 turns
    "#

    claude_err500, "claude-err500": r#"
        session: d279ce50-b4d0-44b7-a093-355bc2d2066e
        retry: attempt 1 of 2 in 0.6 s: server_error (500)
        retry: attempt 2 of 2 in 1.2 s: server_error (500)
        error: API Error: 500 Internal server error. This is a server-side issue, usually temporary — try again in a moment. If it persists, check your inference gateway (127.0.0.1:39895).
        = Error ""
        because Service: API Error: 500 Internal server error. This is a server-side issue, usually temporary — try again in a moment. If it persists, check your inference gateway (127.0.0.1:39895).
        in d279ce50-b4d0-44b7-a093-355bc2d2066e
        took 0+0 $0.0000, 1 turns
    "#

    claude_err529, "claude-err529": r#"
        session: 04811f5d-2921-4ca7-9974-e68ea730ed77
        retry: attempt 1 of 2 in 0.6 s: overloaded (529)
        retry: attempt 2 of 2 in 1.0 s: overloaded (529)
        error: API Error: Repeated 529 Overloaded errors. The API is at capacity — this is usually temporary. Try again in a moment. If it persists, check your inference gateway (127.0.0.1:40895).
        = Error ""
        because Service: API Error: Repeated 529 Overloaded errors. The API is at capacity — this is usually temporary. Try again in a moment. If it persists, check your inference gateway (127.0.0.1:40895).
        in 04811f5d-2921-4ca7-9974-e68ea730ed77
        took 0+0 $0.0000, 1 turns
    "#

    claude_err529once, "claude-err529once": r#"
        session: 184b4a36-1215-44dc-8b51-65992936fc86
        retry: attempt 1 of 10 in 0.6 s: overloaded (529)
        text: recovered
        = Success "recovered"
        in 184b4a36-1215-44dc-8b51-65992936fc86
        took 12565+7 $0.0504, 1 turns
    "#

    claude_json, "claude-json": r#"
        session: 8465cd9d-8cd8-437c-ac11-fe414b24f3fa
        = Success "mock answer"
        in 8465cd9d-8cd8-437c-ac11-fe414b24f3fa
        took 12565+7 $0.0504, 1 turns
    "#

    claude_maxturns, "claude-maxturns": r#"
        session: 88d895bb-833f-44e2-9de5-4c525d34735f
        text: Let me look.
        tool: Bash: echo hello-from-tool; ls -la | head -3
        error: Reached maximum number of turns (1)
        = Error "Let me look."
        because Allowance: Reached maximum number of turns (1)
        in 88d895bb-833f-44e2-9de5-4c525d34735f
        took 12566+7 $0.0504, 2 turns
    "#

    claude_resume, "claude-resume": r#"
        session: 8d9f9903-b661-4870-9137-406d3ef04ec7
        text: mock answer
        = Success "mock answer"
        in 8d9f9903-b661-4870-9137-406d3ef04ec7
        took 37935+21 $0.1522, 1 turns
    "#

    claude_resume_bad, "claude-resume-bad": r#"
        session: 00000000-0000-4000-8000-000000000000
        error: No conversation found with session ID: 00000000-0000-4000-8000-000000000000
        = Error ""
        because UnknownSession: No conversation found with session ID: 00000000-0000-4000-8000-000000000000
        in 00000000-0000-4000-8000-000000000000
        took 0+0 $0.0000, 0 turns
    "#

    claude_stdin_multi, "claude-stdin-multi": r#"
        session: a1ba7be0-4121-4d14-876e-e7387a9d57fc
        text: mock answer
        session: 81cecad2-394a-45b3-8156-4bdeadb73322
        text: mock answer
        = Success "mock answer"
        in 81cecad2-394a-45b3-8156-4bdeadb73322
        took 12741+7 $0.0511, 1 turns
    "#

    claude_streamerr, "claude-streamerr": r#"
        session: 4ca6d08d-c3fa-4603-b423-d719a0622985
        text: recovered
        = Success "recovered"
        in 4ca6d08d-c3fa-4603-b423-d719a0622985
        took 12565+7 $0.0504, 1 turns
    "#

    claude_text, "claude-text": r#"
        = NoResult ""
        because Other: mock answer
    "#

    claude_tool, "claude-tool": r#"
        session: 8d9f9903-b661-4870-9137-406d3ef04ec7
        text: Let me look.
        tool: Bash: echo hello-from-tool; ls -la | head -3
        text: All done: it said hello.
        = Success "All done: it said hello."
        in 8d9f9903-b661-4870-9137-406d3ef04ec7
        took 25232+14 $0.1012, 2 turns
    "#

    claude_tool_partial, "claude-tool-partial": r#"
        session: 0d2da92a-8cfc-4ac1-a865-898d7ae92e53
        text: Let me look.
        tool: Bash: echo hello-from-tool; ls -la | head -3
        text: All done: it said hello.
        = Success "All done: it said hello."
        in 0d2da92a-8cfc-4ac1-a865-898d7ae92e53
        took 25232+14 $0.1012, 2 turns
    "#

    claude_toolfail, "claude-toolfail": r#"
        session: d4b552e2-e77b-448d-98e1-78ce1892ae4e
        tool: Bash: echo oops >&2; exit 3
        text: It failed.
        = Success "It failed."
        in d4b552e2-e77b-448d-98e1-78ce1892ae4e
        took 25191+14 $0.1010, 2 turns
    "#

    claude_write, "claude-write": r#"
        session: 2ef92de3-8dab-4bde-9730-d0df560aec77
        tool: Write: /home/dev/repo/f.txt
        tool: Read: /home/dev/repo/AGENTS.md
        text: wrote.
        = Success "wrote."
        in 2ef92de3-8dab-4bde-9730-d0df560aec77
        took 25268+14 $0.1014, 3 turns
    "#

    codex_ctxexceeded, "codex-ctxexceeded": r#"
        session: 01a1fbce-2ce5-7d80-a933-16ebf0399944
        error: Codex ran out of room in the model's context window. Start a new thread or clear earlier history before retrying.
        = Error ""
        because ContextFull: Codex ran out of room in the model's context window. Start a new thread or clear earlier history before retrying.
        in 01a1fbce-2ce5-7d80-a933-16ebf0399944
    "#

    codex_drop, "codex-drop": r#"
        session: 01a1fbce-2f31-7c81-bf44-d7525e386f0e
        retry: Reconnecting... 1/1 (stream disconnected before completion: error sending request)
        error: stream disconnected before completion: error sending request
        = Error ""
        because Other: stream disconnected before completion: error sending request
        in 01a1fbce-2f31-7c81-bf44-d7525e386f0e
    "#

    codex_err401, "codex-err401": r#"
        session: 01a1fbce-1188-7d10-9203-53087c6fea96
        retry: Reconnecting... 1/1 (unexpected status 401 Unauthorized: Incorrect API key provided, url: http://127.0.0.1:38767/v1/responses, request id: req_mock_4)
        error: unexpected status 401 Unauthorized: Incorrect API key provided, url: http://127.0.0.1:38767/v1/responses, request id: req_mock_5
        = Error ""
        because Credentials: unexpected status 401 Unauthorized: Incorrect API key provided, url: http://127.0.0.1:38767/v1/responses, request id: req_mock_5
        in 01a1fbce-1188-7d10-9203-53087c6fea96
    "#

    codex_err429, "codex-err429": r#"
        session: 01a1fbce-1603-7881-b833-d8515d98eeb6
        retry: Reconnecting... 1/1 (exceeded retry limit, last status: 429 Too Many Requests, request id: req_mock_4)
        error: exceeded retry limit, last status: 429 Too Many Requests, request id: req_mock_5
        = Error ""
        because RateLimit: exceeded retry limit, last status: 429 Too Many Requests, request id: req_mock_5
        in 01a1fbce-1603-7881-b833-d8515d98eeb6
    "#

    codex_err429u, "codex-err429u": r#"
        session: 01a1fbce-1c9c-7f70-be0f-f723ed6d8e70
        error: You’ve hit your usage limit. Try again later.
        = Error ""
        because UsageLimit: You’ve hit your usage limit. Try again later.
        in 01a1fbce-1c9c-7f70-be0f-f723ed6d8e70
    "#

    codex_err500, "codex-err500": r#"
        session: 01a1fbce-1f16-7253-8f7b-e415982c22fd
        retry: Reconnecting... 1/1 (We’re currently experiencing high demand, which may cause temporary errors.)
        error: We’re currently experiencing high demand, which may cause temporary errors.
        = Error ""
        because Service: We’re currently experiencing high demand, which may cause temporary errors.
        in 01a1fbce-1f16-7253-8f7b-e415982c22fd
    "#

    codex_err503, "codex-err503": r#"
        session: 01a1fbce-23c5-7201-a368-7d0a07aca92f
        text: recovered
        = Success "recovered"
        in 01a1fbce-23c5-7201-a368-7d0a07aca92f
        took 9686+7, 1 turns
    "#

    codex_failedonce, "codex-failedonce": r#"
        session: 01a1fbce-26ba-7b81-9f8a-d0a5eb2c3107
        retry: Reconnecting... 1/1 (rate limit exceeded: Rate limit reached. Please try again in 1s.)
        text: recovered
        = Success "recovered"
        in 01a1fbce-26ba-7b81-9f8a-d0a5eb2c3107
        took 9686+7, 1 turns
    "#

    codex_patch, "codex-patch": r#"
        session: 01a1fbce-0e3d-7fa3-83a0-e83866c577da
        tool: add /home/dev/repo/patched.txt
        text: patched
        = Success "patched"
        in 01a1fbce-0e3d-7fa3-83a0-e83866c577da
        took 19807+14, 1 turns
    "#

    codex_resume, "codex-resume": r#"
        session: 01a1fbce-0448-7581-923b-4dcd36955bb9
        text: mock answer
        = Success "mock answer"
        in 01a1fbce-0448-7581-923b-4dcd36955bb9
        took 29503+21, 1 turns
    "#

    codex_resume_bad, "codex-resume-bad": r#"
        = NoResult ""
        because UnknownSession: warning: Untrusted project-local configuration is disabled. Run `codex exec --trust` to allow project configuration and MCP servers for this and future chats in the project, including MCP commands outside the sandbox. Explicitly untrusted projects must have their trust setting updated first.
        Error: thread/resume: thread/resume failed: no rollout found for thread id 00000000-0000-7000-8000-000000000000 (code -32600)
    "#

    codex_sandbox_denied, "codex-sandbox-denied": r#"
        session: 01a1fbce-07bc-7f20-a03b-90ad0c734283
        text: It failed.
        = Success "It failed."
        in 01a1fbce-07bc-7f20-a03b-90ad0c734283
        took 19480+14, 1 turns
    "#

    codex_schema, "codex-schema": r#"
        session: 01a1fbce-3a55-7f02-8fe7-bc04a216a65e
        text: {"a":"x"}
        = Success "{\"a\":\"x\"}"
        in 01a1fbce-3a55-7f02-8fe7-bc04a216a65e
        took 9732+7, 1 turns
    "#

    codex_text, "codex-text": r#"
        = NoResult ""
        because Other: mock answer
    "#

    codex_tool, "codex-tool": r#"
        session: 01a1fbce-0448-7581-923b-4dcd36955bb9
        text: Let me look.
        tool: $ echo hello-from-tool; ls -la | head -3
        text: All done: it said hello.
        = Success "All done: it said hello."
        in 01a1fbce-0448-7581-923b-4dcd36955bb9
        took 19540+14, 1 turns
    "#

    codex_toolfail, "codex-toolfail": r#"
        session: 01a1fbce-0ac1-7d31-ad3b-bb2338381bb8
        tool: $ echo oops >&2; exit 3
        tool: exit 3: $ echo oops >&2; exit 3
        text: It failed.
        = Success "It failed."
        in 01a1fbce-0ac1-7d31-ad3b-bb2338381bb8
        took 19448+14, 1 turns
    "#

    gemini_tool, "gemini-tool": r#"
        session: eaf92479-c6ab-4695-aa13-65cb0cfe28ea
        text: I look.
        tool: run_shell_command: echo hi
        text: It is done.
        = Success "It is done."
        in eaf92479-c6ab-4695-aa13-65cb0cfe28ea
        took 15+9, 0 turns
    "#

    gemini_refused, "gemini-refused": r#"
        session: 41b7da67-ccbe-426d-86d8-a84b6bf00cc5
        error: [API Error: {"error":{"code":401,"message":"bad key","status":"authentication_error"}}]
        = Error ""
        because Credentials: [API Error: {"error":{"code":401,"message":"bad key","status":"authentication_error"}}]
        in 41b7da67-ccbe-426d-86d8-a84b6bf00cc5
        took 5+3, 0 turns
    "#

    qwen_tool, "qwen-tool": r#"
        session: f143e60a-f189-49bf-b939-fa71294e6355
        text: I look.
        tool: run_shell_command: echo hi
        text: It is done.
        = Success "It is done."
        in f143e60a-f189-49bf-b939-fa71294e6355
        took 39272+14, 2 turns
    "#

    qwen_refused, "qwen-refused": r#"
        session: 168b4880-24ef-4360-b6a4-dc46c8e6228f
        text: [API Error: 401 bad key]
        error: [API Error: 401 bad key]
        = Error "[API Error: 401 bad key]"
        because Credentials: [API Error: 401 bad key]
        in 168b4880-24ef-4360-b6a4-dc46c8e6228f
        took 0+0, 1 turns
    "#

    opencode_tool, "opencode-tool": r#"
        session: ses_dd3a8a1e9ffe0Vcm4ka4uEu4Uk
        text: I look.
        tool: bash: echo hi
        text: It is done.
        = Success "It is done."
        in ses_dd3a8a1e9ffe0Vcm4ka4uEu4Uk
        took 15428+14 $0.0000, 2 turns
    "#

    opencode_refused, "opencode-refused": r#"
        session: ses_dd3a810afffe3Ar0IQKhBaD4UR
        error: APIError: bad key (401)
        = Error ""
        because Credentials: APIError: bad key (401)
        in ses_dd3a810afffe3Ar0IQKhBaD4UR
    "#

    copilot_tool, "copilot-tool": r#"
        text: I look.
        tool: bash: echo hi
        text: It is done.
        session: 06f61fdf-c335-4706-afbf-24961891036c
        = Success "It is done."
        in 06f61fdf-c335-4706-afbf-24961891036c
    "#

    copilot_refused, "copilot-refused": r#"
        retry: transient_auth_error
        retry: transient_auth_error
        error: Authentication failed with provider at http://127.0.0.1:40253/v1 (HTTP 401). Check your COPILOT_PROVIDER_API_KEY, COPILOT_PROVIDER_API_KEY_COMMAND, or COPILOT_PROVIDER_BEARER_TOKEN.
        session: 0462a166-1273-4d42-8f23-d8989e4caa47
        = Error ""
        because Credentials: Authentication failed with provider at http://127.0.0.1:40253/v1 (HTTP 401).
          Check your COPILOT_PROVIDER_API_KEY, COPILOT_PROVIDER_API_KEY_COMMAND, or COPILOT_PROVIDER_BEARER_TOKEN.
        in 0462a166-1273-4d42-8f23-d8989e4caa47
    "#
}
