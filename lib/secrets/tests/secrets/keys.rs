//! Samples of every vendor's key.

use crate::random::{ALNUM, BASE64, DIGITS, HEX, LOWER, UPPER, URL_SAFE, random};

/// A key in pieces that are none by themselves.
pub(crate) struct Sample {
    pub(crate) rule: &'static str,
    /// What announces the key without being part of it.
    pub(crate) announced_by: &'static str,
    pub(crate) secret: String,
}

/// At least one key for each rule of the table, in a way it is written in.
pub(crate) fn samples() -> Vec<Sample> {
    let alnum = |length| random(ALNUM, length, 7);
    let url_safe = |length| random(URL_SAFE, length, 11);
    let hex = |length| random(HEX, length, 13);
    let digits = |length| random(DIGITS, length, 17).replace('0', "4");
    let upper = |length| random(UPPER, length, 19);
    let base64 = |length| random(BASE64, length, 23);
    let mut samples = vec![
        announced("azure-key", "AccountKey=", &[&base64(86), "=="]),
        announced("azure-key", "SharedAccessKey=", &[&base64(43), "="]),
        announced("telegram-bot-token", "api.telegram.org/bot", &[&digits(10), ":AA", &alnum(33)]),
    ];
    let keys = [
        ("age-secret-key", ["AGE-SECRET", "-KEY-1", &upper(58)]),
        ("anthropic-key", ["sk-", "ant-api03-", &url_safe(95)]),
        ("anthropic-key", ["sk-", "ant-oat01-", &url_safe(95)]),
        ("aws-access-key", ["AK", "IA", &upper(16)]),
        ("aws-access-key", ["AS", "IA", &upper(16)]),
        ("crates-io-token", ["c", "io", &alnum(32)]),
        ("databricks-token", ["da", "pi", &hex(32)]),
        ("databricks-token", ["da", "pi", &[&hex(32), "-2"].concat()]),
        ("deepseek-key", ["s", "k-", &hex(32)]),
        ("digitalocean-token", ["dop", "_v1_", &hex(64)]),
        ("discord-token", ["MTA4", "NzM2", &["MjQ1OTE4MzY3NDU2.", &alnum(6), ".", &url_safe(38)].concat()]),
        ("discord-webhook", ["discord.com/api/", "webhooks/", &[&digits(19), "/", &url_safe(68)].concat()]),
        ("docker-token", ["dckr", "_pat_", &url_safe(27)]),
        ("doppler-token", ["dp", ".pt.", &alnum(43)]),
        ("doppler-token", ["dp", ".st.", &["prd.", &alnum(43)].concat()]),
        ("github-token", ["gh", "p_", &alnum(36)]),
        ("github-token", ["gh", "o_", &alnum(36)]),
        ("github-token", ["gh", "u_", &alnum(36)]),
        ("github-token", ["gh", "s_", &alnum(36)]),
        ("github-token", ["gh", "r_", &alnum(76)]),
        (
            "github-token",
            ["gh", "s_", &["12345_ey", "J", &alnum(60), ".", &alnum(90), ".", &url_safe(86)].concat()],
        ),
        ("github-token", ["github", "_pat_", &[&alnum(22), "_", &alnum(59)].concat()]),
        ("gitlab-token", ["gl", "pat-", &alnum(20)]),
        ("gitlab-token", ["gl", "pat-", &[&alnum(27), ".01.", &random(LOWER, 9, 3)].concat()]),
        ("google-api-key", ["AI", "za", &url_safe(35)]),
        ("google-oauth-secret", ["GOC", "SPX-", &url_safe(28)]),
        ("google-oauth-token", ["ya", "29.", &url_safe(160)]),
        ("grafana-token", ["gl", "sa_", &[&alnum(32), "_", &hex(8)].concat()]),
        ("groq-key", ["g", "sk_", &alnum(52)]),
        ("hugging-face-token", ["h", "f_", &alnum(34)]),
        ("linear-key", ["lin", "_api_", &alnum(40)]),
        ("notion-token", ["n", "tn_", &[digits(11), alnum(35)].concat()]),
        ("npm-token", ["np", "m_", &alnum(36)]),
        ("openai-key", ["s", "k-", &alnum(48)]),
        ("openai-key", ["sk-", "proj-", &url_safe(156)]),
        ("openai-key", ["sk-", "svcacct-", &url_safe(156)]),
        ("openrouter-key", ["sk-", "or-v1-", &hex(64)]),
        ("perplexity-key", ["pp", "lx-", &alnum(48)]),
        ("pypi-token", ["py", "pi-AgE", &["IcHlwaS5vcmc", &url_safe(150)].concat()]),
        ("sendgrid-key", ["S", "G.", &[&url_safe(22), ".", &url_safe(43)].concat()]),
        ("sentry-token", ["sn", "tryu_", &hex(64)]),
        ("shopify-token", ["sh", "pat_", &hex(32)]),
        ("slack-token", ["xo", "xb-", &[&digits(12), "-", &digits(13), "-", &alnum(24)].concat()]),
        ("slack-token", ["xo", "xp-", &[&digits(12), "-", &digits(12), "-", &hex(32)].concat()]),
        ("slack-token", ["xa", "pp-1-", &[&upper(11), "-", &digits(13), "-", &hex(64)].concat()]),
        (
            "slack-webhook",
            ["hooks.slack", ".com/services/", &["T", &upper(10), "/B", &upper(10), "/", &alnum(24)].concat()],
        ),
        ("stripe-key", ["sk", "_live_", &alnum(24)]),
        ("stripe-key", ["rk", "_live_", &alnum(99)]),
        ("stripe-key", ["sk", "_test_", &alnum(24)]),
        ("stripe-webhook-secret", ["wh", "sec_", &base64(32)]),
        ("supabase-key", ["s", "bp_", &hex(40)]),
        ("supabase-key", ["sb", "_secret_", &url_safe(31)]),
        ("tailscale-key", ["tskey", "-auth-", &[&alnum(17), "-", &alnum(32)].concat()]),
        ("telegram-bot-token", [&digits(10), ":A", &["A", &alnum(33)].concat()]),
        ("vault-token", ["hv", "s.", &url_safe(92)]),
        ("xai-key", ["x", "ai-", &alnum(80)]),
    ];
    samples.extend(keys.map(|(rule, pieces)| announced(rule, "", &pieces)));
    samples
}

fn announced(rule: &'static str, announced_by: &'static str, pieces: &[&str]) -> Sample {
    Sample { rule, announced_by, secret: pieces.concat() }
}
