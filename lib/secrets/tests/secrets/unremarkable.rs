//! Handoffs as they are written: nothing in them is a secret.

use handoff_secrets::scan;

/// Each a line, or a few, of a handoff.
const TEXTS: &[&str] = &[
    // Prose
    "The password: see the vault, entry \"staging database\".",
    "token: ask Mara, she rotates them on Mondays",
    "Secret: there is none, the endpoint is public since release 2024.10.",
    "Passwords are hashed with argon2id (m=19456, t=2, p=1).",
    "The token is read from the keychain; without it the tests are skipped.",
    "auth: moved to middleware (src/http/auth.rs:142), tests still red",
    "Bearer tokens are checked in `verify_bearer`; see RFC6750 section 2.1.",
    "API key: not needed for local runs (uses-local-mock-v2).",
    "credentials: none of the AWS ones work since 2026-07-01T00:00:00Z",
    "The AKIA prefix marks a long-lived key, ASIA a temporary one.",
    "Keys start with sk-ant- or sk-proj-; `ghp_` ones are refused.",
    "desk-proj-2024-layout-of-the-second-floor-final-version-3-with-annotations is the branch",
    "task-0f8a1b2c3d4e5f60718293a4b5c6d7e8 was cancelled",
    "We compared `token == expected` in constant time.",
    "Set max_tokens: 4096 and temperature: 0.2, then token_count: 12345 fits.",
    "Token budget: 200k; used 183,421 so far (91.7%).",
    "password = ? in the query is bound by sqlx, never formatted.",
    "Auth: OAuth2 with PKCE (S256), redirect http://localhost:8080/callback",
    "My secret: I never understood lifetimes2.",
    "Secret scanning (v2.1.0) flagged nothing.",
    // What a session writes about itself
    "sentinel: 1a2b3c4d",
    "session_id: 550e8400-e29b-41d4-a716-446655440000",
    "session-id: 0198f3c2-7b1e-7c44-9a55-3f2d1c0b9a87",
    "head: 9fceb02d0ae598e95dc970b74767f19372d61af8",
    "commit 9fceb02d0ae598e95dc970b74767f19372d61af8 (HEAD -> main, origin/main)",
    "sha256 e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "fixed in 9fceb02, 1f0a3b7c and 0d1e2f3a4b5c",
    "drift: 3 commits since 7c1d9e0; dirty: 4",
    "from: worktree-2/feature-auth-v2, to: main",
    "name: fix-token-refresh-race-2\ndescription: Token refresh races with logout",
    "model: claude-sonnet-4-5-20250929, tool: claude-code 2.0.14",
    "path: /home/me/code/app/.worktrees/auth-v2/src/token.rs",
    "run 01J8ZQ4X7M9N2P5R8T1V4W7Y0A finished in 214s",
    // Configuration
    "token_type: bearer\nexpires_in: 3600\nscope: repo:read2 user:email",
    "public_key: MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE8xOUetsCa8EfOlDEBAfREhJqspDo",
    "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ8x1k3oQ2mN5v7Z0hT4sY6wB9cE1dF3gH5jK7lM9nP1 me@laptop",
    "SHA256:uNiVztksCsDhcc0u9e8BgrJXVGDoHYFtZtVuU6XEjZQ host key",
    "\"integrity\": \"sha512-z8G3k1mXnQ7s9pLw2vR5tY8uI0oP3aS6dF9gH2jK5lZ8xC1vB4nM7qW0eR3tY6u==\"",
    "checksum = \"b8530004ccb15eae51c7e40009fbe317f341f804db54dc033eec1c50be28cfa0\"",
    "image: ghcr.io/org/token-service@sha256:4bcff63911fcb4448bd4fdacec207030997caf25e9bea4045fa6c8c44de311d1",
    "env:\n  API_KEY: ${{ secrets.API_KEY_V2 }}\n  TOKEN: ${{ github.token }}",
    "password: {{ vault_db_password_2024 }}",
    "DATABASE_URL=postgres://app:${DB_PASSWORD}@db:5432/app",
    "POSTGRES_PASSWORD=postgres\nREDIS_PASSWORD=\nJWT_SECRET=changeme",
    "secretName: app-tls-cert-2024-07\nsecretKeyRef:\n  key: db-password-v2",
    "arn:aws:secretsmanager:eu-west-1:123456789012:secret:prod/db2-a1B2c3",
    "AWS_ACCESS_KEY_ID=AKIAIOSFODNN7EXAMPLE",
    "imagePullSecrets: [registry-cred-2]",
    "auth_file = /etc/app2/auth.d/users.v2.json",
    "password_file: ./secrets/db2/password.txt",
    "token_endpoint: https://login.corp.dev/oauth2/v2.0/token",
    "private_key: /etc/ssl/private/host-2024.key",
    "token: !vault |\n  see group_vars",
    "auth: {type: oauth2, flow: pkce-s256}",
    "api_key = \"\"  # filled in by CI",
    "[auth]\nprovider = \"oidc-v2\"\n",
    // Code
    "let token = std::env::var(\"GITHUB_TOKEN\")?;",
    "token = os.environ[\"SERVICE_TOKEN_2\"]",
    "const apiKey = process.env.OPENAI_API_KEY2 ?? '';",
    "fn verify(token: &str, secret: &[u8; 32]) -> Result<Claims, AuthError2>",
    "struct Login { password: SecretString, token: Option<AccessToken2> }",
    "password: z.string().min(12).max(128),",
    "self.token = token2_from_cache(self.path, retries=3)",
    "if token.kind == TokenKind::Base64Literal { return Err(Token2Error) }",
    "api_key: Annotated[str, Header(alias=\"X-Api-Key-2\")]",
    "match auth { Auth::Basic64(user) => user, _ => return }",
    "const SECRET: [u8; 16] = [0x1f, 0x8b, 0x08, 0x00];",
    "password => this.validatePassword2(password)",
    "let credentials = Credentials::from_file(\"~/.aws/credentials\")?;",
    "assert_eq!(redact(text), \"token=[REDACTED:secret-assignment]\");",
    "expect(screen.getByLabelText('Password:')).toBeInTheDocument2();",
    "<input type=\"password\" name=\"password\" autocomplete=\"current-password\" id=\"pw-field-2\">",
    "<token>{{ item.tokenV2 }}</token>",
    // Command lines
    "curl -H \"Authorization: Bearer $GITHUB_TOKEN\" https://api.github.com/user",
    "gh auth login --with-token < ~/.config/gh/token2",
    "docker login -u bot --password-stdin registry.corp.dev:5000",
    "mysql --password --host=db2.internal.corp.dev",
    "vault kv get -field=token secret/app2/prod",
    "cargo test -p auth2 --test token_refresh_v2 -- --nocapture",
    "git clone git@github.com:org/token-service.git && cd token-service",
    "npm install jsonwebtoken@9.0.2 # auth",
];

#[test]
fn nothing_is_found_in_what_handoffs_are_made_of() {
    let findings: Vec<_> =
        TEXTS.iter().map(|text| (text, scan(text))).filter(|(_, found)| !found.is_empty()).collect();
    assert!(findings.is_empty(), "{findings:#?}");
}

#[test]
fn nothing_is_found_when_they_stand_together() {
    let handoff = TEXTS.join("\n");
    assert_eq!(scan(&handoff), []);
    let listed = TEXTS.iter().map(|text| format!("- {text}\n")).collect::<String>();
    assert_eq!(scan(&listed), []);
    let quoted = format!("> {}", handoff.replace('\n', "\r\n> "));
    assert_eq!(scan(&quoted), []);
    let in_json = format!("{{\"text\": \"{}\"}}", handoff.replace('"', "\\\"").replace('\n', "\\n"));
    assert_eq!(scan(&in_json), []);
}
