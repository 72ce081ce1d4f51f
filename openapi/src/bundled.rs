//! The systems whose documents are part of this crate.

/// A bundled system: its document, and the script that says what OpenAPI has no words for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bundled {
    /// The short name, as users type it.
    pub name: &'static str,
    /// The file name of the document, for messages.
    pub file: &'static str,
    /// The text of the document.
    pub document: &'static str,
    /// The text of its script, where the document alone does not say how the system answers.
    pub script: Option<&'static str>,
}

const SYSTEMS: [Bundled; 2] = [
    Bundled {
        name: "tyk",
        file: "tyk-dashboard-admin.yaml",
        document: include_str!("../documents/tyk-dashboard-admin.yaml"),
        script: None,
    },
    Bundled {
        name: "arcgis",
        file: "arcgis-server-admin.yaml",
        document: include_str!("../documents/arcgis-server-admin.yaml"),
        script: Some(include_str!("../documents/arcgis-server-admin.script.yaml")),
    },
];

/// Every bundled system, always in the same order.
///
/// ```
/// use counterfoil_openapi::{Contract, bundled};
///
/// for system in bundled() {
///     let contract = Contract::load(system.file, system.document.as_bytes())?;
///     assert_eq!(contract.operations().len(), 1);
/// }
/// # Ok::<(), counterfoil_openapi::LoadError>(())
/// ```
pub fn bundled() -> &'static [Bundled] {
    &SYSTEMS
}

impl Bundled {
    /// The file name of its script, for messages.
    pub fn script_file(&self) -> Option<String> {
        self.script?;
        let stem = self.file.strip_suffix(".yaml").unwrap_or(self.file);
        Some(format!("{stem}.script.yaml"))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::{Contract, Direction, Document, Schema};

    fn load(name: &str) -> Contract {
        let system = bundled().iter().find(|system| system.name == name).expect("a bundled name");
        Contract::load(system.file, system.document.as_bytes()).unwrap()
    }

    fn request_schema(contract: &Contract) -> Schema {
        let body = contract.operations()[0].request_body().expect("a request body");
        body.content.0[0].schema.clone().expect("a schema")
    }

    #[test]
    fn documents_load_without_findings_and_their_examples_validate() {
        for system in bundled() {
            let contract = Contract::load(system.file, system.document.as_bytes()).unwrap();
            assert_eq!(contract.check(), [], "{}", system.name);
            let operation = &contract.operations()[0];
            for response in operation.responses().iter() {
                for media in response.content.iter() {
                    assert!(!media.examples.is_empty(), "{} {}", response.status, media.name);
                }
            }
        }
    }

    #[test]
    fn scripts_are_readable_and_named_after_their_document() {
        for system in bundled() {
            let Some(script) = system.script else { continue };
            let file = system.script_file().expect("a script has a file name");
            let (tree, findings) = Document::read_tree(file, script.as_bytes()).unwrap();
            assert_eq!(findings, []);
            assert_eq!(tree.root()["script"], json!(1));
            for operation in tree.root()["rules"].as_object().expect("rules").keys() {
                assert!(load(system.name).operation(operation).is_some(), "{operation}");
            }
        }
    }

    #[test]
    fn the_tyk_document_says_what_its_vendor_says() {
        let contract = load("tyk");
        assert_eq!((contract.title(), contract.version()), ("Tyk Dashboard Admin API", Some("5.8.0")));
        let operation = contract.operation("POST /admin/sso").expect("the operation");
        assert_eq!(operation.id().as_str(), "generateAuthToken");
        assert!(operation.is_secured());
        assert!(!operation.request_body().expect("a body").required);
        let table = [
            (
                200,
                json!({"Message": "SSO Nonce created", "Meta": "YTNiOGUzZjctYWZkYi00OTNhLTYwODItZTAzMDI3MjM0OTEw", "Status": "OK"}),
            ),
            (
                400,
                json!({"Message": "Cannot create an SSO session for an invalid payload: [Error: Org id not found ('588b4f0bb275ff0001cc7471').]", "Meta": null, "Status": "Error"}),
            ),
            (401, json!({"Message": "Not authorised", "Meta": null, "Status": "Error"})),
            (403, json!({"Message": "Failed to save new SSO object to DB", "Meta": null, "Status": "Error"})),
            (
                500,
                json!({"Message": "Failed to read response body, body empty", "Meta": null, "Status": "Error"}),
            ),
        ];
        let documented: Vec<(u16, Value)> = operation
            .responses()
            .iter()
            .map(|response| {
                let crate::StatusPattern::Exact(status) = response.status else {
                    panic!("{}", response.status)
                };
                (status, response.content.0[0].examples[0].value.clone())
            })
            .collect();
        assert_eq!(documented, table);
        let request = json!({"DisplayName": "", "EmailAddress": "name@somewhere.com", "ForSection": "dashboard",
            "GroupID": "", "GroupsIDs": null, "OrgID": "588b4f0bb275ff0001cc7471",
            "SSOOnlyForRegisteredUsers": false, "UserNotAllowed": false});
        let media = &operation.request_body().expect("a body").content.0[0];
        assert_eq!(media.examples[0].value, request);
        assert!(request_schema(&contract).is_valid(&json!({}), Direction::Request));
        assert!(!request_schema(&contract).is_valid(&json!({"OrgID": 5}), Direction::Request));
    }

    #[test]
    fn the_arcgis_document_requires_the_field_that_client_asks_for() {
        let schema = request_schema(&load("arcgis"));
        let table = [
            (true, json!({"client": "referer", "referer": "https://organization.example.com"})),
            (true, json!({"client": "ip", "ip": "192.0.2.17"})),
            (true, json!({"client": "ip", "ip": "2001:db8::17"})),
            (true, json!({"client": "requestip"})),
            (true, json!({"client": "requestip", "ip": "192.0.2.17", "referer": "x"})),
            (true, json!({"client": "requestip", "expiration": 1, "f": "html"})),
            (false, json!({"client": "referer"})),
            (false, json!({"client": "referer", "ip": "192.0.2.17"})),
            (false, json!({"client": "ip"})),
            (false, json!({"client": "ip", "ip": "seventeen"})),
            (false, json!({"client": "referrer", "referrer": "https://organization.example.com"})),
            (false, json!({"referer": "https://organization.example.com"})),
            (false, json!({"client": "requestip", "expiration": 0})),
            (false, json!({"client": "requestip", "f": "xml"})),
        ];
        for (is_valid, mut value) in table {
            value["username"] = json!("user1");
            assert!(!schema.is_valid(&value, Direction::Request), "without password: {value}");
            value["password"] = json!("testpassword");
            assert_eq!(schema.is_valid(&value, Direction::Request), is_valid, "{value}");
        }
    }
}
