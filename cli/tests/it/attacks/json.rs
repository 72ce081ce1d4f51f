//! A33: bodies of nothing but depth, names, numbers or values.

use super::{LIMIT, Target};

#[test]
fn a33_json_of_nothing_but_depth_names_or_digits_is_400_in_time() {
    const JSON: &str = "application/json";
    let keys = |count: usize, name: &dyn Fn(usize) -> String| {
        let members: Vec<String> = (0..count).map(|index| format!("\"{}\":1", name(index))).collect();
        format!("{{{}}}", members.join(","))
    };
    let common = "x".repeat(40);
    let rows: [(&str, String, u16, &str); 9] = [
        ("100,000 lists deep", "[".repeat(100_000), 400, "recursion limit exceeded"),
        ("100,000 objects deep", "{\"a\":".repeat(100_000), 400, "recursion limit exceeded"),
        ("1,000,000 keys", keys(1_000_000, &|index| index.to_string()), 400, "more than 262144 values"),
        ("200,000 keys", keys(200_000, &|index| index.to_string()), 400, "[maxProperties]"),
        ("keys that differ late", keys(100_000, &|index| format!("{common}{index}")), 400, "[maxProperties]"),
        ("one key again and again", keys(200_000, &|_| "a".to_owned()), 200, ""),
        (
            "a number of 1,000,000 digits",
            format!("{{\"a\":{}}}", "9".repeat(1_000_000)),
            400,
            "number out of range",
        ),
        ("an exponent", "{\"a\":1e999999999}".to_owned(), 400, "number out of range"),
        (
            "values as small as can be",
            format!("[{}0]", "0,".repeat(LIMIT / 2 - 8)),
            400,
            "more than 262144 values",
        ),
    ];
    for (name, body, status, reason) in rows {
        // What one of them takes is perhaps kept for a while.
        let target = Target::start();
        let answer = target.attack(name, || target.post(JSON, body.as_bytes()));
        let told = answer.header("counterfoil-reason");
        assert!(answer.status == status && told.contains(reason), "{name}: {} {told}", answer.status);
    }
}

#[test]
fn a33_other_notations_of_nothing_but_values_are_400_in_time() {
    let rows = [
        ("application/xml", format!("<r>{}</r>", "<a/>".repeat(LIMIT / 4 - 8)), "more than 262144 values"),
        ("application/xml", format!("<r {}/>", "a=''".repeat(LIMIT / 4 - 8)), "more than 262144 values"),
        ("application/xml", "<a>".repeat(100_000), "nest"),
        ("application/jsonl", "0\n".repeat(LIMIT / 2), "items"),
        ("application/yaml", "- 0\n".repeat(LIMIT / 4), "more than 262144 values"),
        ("application/yaml", "[".repeat(100_000), "not YAML"),
        ("text/event-stream", "data:\n\n".repeat(LIMIT / 7), "more than 262144 values"),
    ];
    for (content_type, body, reason) in rows {
        // What one of them takes is perhaps kept for a while.
        let target = Target::start();
        let name = format!("{content_type} {:?}", &body[..12]);
        let answer = target.attack(&name, || target.post(content_type, body.as_bytes()));
        let told = answer.header("counterfoil-reason");
        assert!(answer.status == 400 && told.contains(reason), "{name}: {} {told}", answer.status);
    }
}
