//! `counterfoil schema`.

use serde_json::Value;

use crate::process::run;

#[test]
fn the_schema_of_scripts_is_printed_and_knows_a_document() {
    let schema = |arguments: &[&str]| -> Value {
        let printed = run(arguments.iter().copied());
        assert_eq!((printed.code, printed.stderr.as_str()), (Some(0), ""), "{printed:?}");
        serde_json::from_str(&printed.stdout).expect("it is JSON")
    };
    let any = schema(&["schema", "script"]);
    assert_eq!(any["$schema"], "http://json-schema.org/draft-07/schema#");
    assert_eq!(any["properties"]["rules"].get("properties"), None);
    let of_tyk = schema(&["schema", "script", "--for", "tyk"]);
    let operation = &of_tyk["properties"]["rules"]["properties"]["generateAuthToken"];
    assert!(
        operation["description"].as_str().is_some_and(|text| text.starts_with("POST /admin/sso")),
        "{operation}"
    );
    let refused = run(["schema", "script", "--for", "nowhere.yaml"]);
    assert_eq!(refused.code, Some(2), "{refused:?}");
}
