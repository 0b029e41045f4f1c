use crate::{AllowWrite, Made};

const ENTRY: AllowWrite<'static> = AllowWrite { path: "/h/.agent-handoffs" };

#[track_caller]
fn wires(before: &str, after: &str, made: Made) {
    assert_eq!(ENTRY.find(before), Ok(false));
    assert_eq!(ENTRY.wire(before), Ok((after.to_owned(), made)));
    assert_eq!(ENTRY.find(after), Ok(true));
    assert_eq!(ENTRY.wire(after), Ok((after.to_owned(), Made::Item)), "twice is once");
    assert_eq!(ENTRY.unwire(after, made).as_deref(), Ok(before), "taken out again");
    assert_eq!(ENTRY.unwire(before, Made::Outer).as_deref(), Ok(before));
}

#[test]
fn what_is_missing_of_its_surroundings_comes_and_goes_with_it() {
    wires(
        "{\n  \"n\": 1e2\n}\n",
        "{\n  \"n\": 1e2,\n  \"sandbox\": {\n    \"filesystem\": {\n      \"allowWrite\": [\n        \"/h/.agent-handoffs\"\n      ]\n    }\n  }\n}\n",
        Made::Outer,
    );
    wires(
        r#"{"sandbox": {"enabled": true}}"#,
        r#"{"sandbox": {"enabled": true, "filesystem": {"allowWrite": ["/h/.agent-handoffs"]}}}"#,
        Made::Parent,
    );
    wires(
        r#"{"sandbox":{"filesystem":{"denyRead":["~/.ssh"]}}}"#,
        r#"{"sandbox":{"filesystem":{"denyRead":["~/.ssh"],"allowWrite":["/h/.agent-handoffs"]}}}"#,
        Made::List,
    );
    wires(
        "{\"sandbox\": {\"filesystem\": {\"allowWrite\": [\n\t\"~/x\"\n]}}}",
        "{\"sandbox\": {\"filesystem\": {\"allowWrite\": [\n\t\"~/x\",\n\t\"/h/.agent-handoffs\"\n]}}}",
        Made::Item,
    );
}

#[test]
fn what_was_empty_before_is_empty_after() {
    for before in [
        r#"{"sandbox": {}}"#,
        r#"{"sandbox": {"filesystem": {}}, "a": 1}"#,
        r#"{"sandbox": {"filesystem": {"allowWrite": []}}}"#,
        "{}",
        "\u{feff}{\r\n\t\"sandbox\": {}\r\n}\r\n",
    ] {
        let (after, made) = ENTRY.wire(before).unwrap();
        assert_eq!(ENTRY.unwire(&after, made).as_deref(), Ok(before), "{after}");
    }
}

#[test]
fn what_came_beside_it_since_stays() {
    let wired = r#"{"sandbox": {"enabled": true, "filesystem": {"allowWrite": ["/h/.agent-handoffs"], "denyRead": []}}}"#;
    let without = r#"{"sandbox": {"enabled": true, "filesystem": { "denyRead": []}}}"#;
    assert_eq!(ENTRY.unwire(wired, Made::Outer).as_deref(), Ok(without));
    let wired = r#"{"sandbox": {"filesystem": {"allowWrite": ["/h/.agent-handoffs", "/mine"]}}}"#;
    let without = r#"{"sandbox": {"filesystem": {"allowWrite": [ "/mine"]}}}"#;
    assert_eq!(ENTRY.unwire(wired, Made::Outer).as_deref(), Ok(without));
}

#[test]
fn settings_that_the_host_does_not_take_are_not_edited() {
    for (text, reason) in [
        (r#"{"sandbox": true}"#, "`sandbox` is not an object"),
        (r#"{"sandbox": {"filesystem": null}}"#, "`sandbox.filesystem` is not an object"),
        (
            r#"{"sandbox": {"filesystem": {"allowWrite": "/x"}}}"#,
            "`sandbox.filesystem.allowWrite` is not a list",
        ),
        (
            r#"{"sandbox": {"filesystem": {"allowWrite": ["/x", 1]}}}"#,
            "`sandbox.filesystem.allowWrite` holds what is not a string",
        ),
    ] {
        let error = ENTRY.wire(text).unwrap_err();
        assert_eq!((error.reason.as_str(), error.is_passed_over), (reason, true));
        assert_eq!(ENTRY.find(text), Ok(false));
        assert_eq!(ENTRY.unwire(text, Made::Outer).as_deref(), Ok(text));
    }
    let twice = r#"{"sandbox": {"filesystem": {}}, "sandbox": {}}"#;
    assert_eq!(ENTRY.wire(twice).unwrap_err().reason, "`sandbox` is there twice");
    assert!(ENTRY.wire("[]").is_err() && ENTRY.wire("{\"a\": 1 // comment\n}").is_err());
}
