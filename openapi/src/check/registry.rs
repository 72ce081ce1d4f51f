//! The list of all rules.

use super::rule::Rule;

/// Every rule there is, those of loading first.
pub fn rules() -> &'static [&'static Rule] {
    &RULES
}

static RULES: [&Rule; 58] = [
    &super::loading::DOCUMENT_UNREADABLE,
    &super::loading::VERSION_UNKNOWN,
    &super::loading::INDENTATION_WRONG,
    &super::loading::KEY_REPEATED,
    &super::loading::YAML_MENDED,
    &super::loading::JSON_MENDED,
    &super::loading::ENCODING_WRONG,
    &super::loading::OPERATIONS_MISSING,
    &super::loading::REFERENCE_UNREAD,
    &super::loading::EXAMPLE_UNREAD,
    &super::loading::EXAMPLE_REFUSED,
    &super::loading::REFERENCE_ODD,
    &super::loading::METHOD_INVALID,
    &super::loading::OPERATION_ID_REPEATED,
    &super::loading::RESPONSES_MISSING,
    &super::loading::PARAMETER_UNUSABLE,
    &super::loading::PATH_PARAMETER_UNDECLARED,
    &super::value_kind::VALUE_KIND_WRONG,
    &super::member_missing::MEMBER_MISSING,
    &super::member_misspelt::MEMBER_MISSPELT,
    &super::member_misplaced::MEMBER_MISPLACED,
    &super::member_unknown::MEMBER_UNKNOWN,
    &super::reference_unresolved::REFERENCE_UNRESOLVED,
    &super::reference_kind::REFERENCE_KIND_WRONG,
    &super::reference_circular::REFERENCE_CIRCULAR,
    &super::reference_siblings::REFERENCE_SIBLINGS,
    &super::path_malformed::PATH_MALFORMED,
    &super::path_nearly_repeated::PATH_NEARLY_REPEATED,
    &super::path_shadowed::PATH_SHADOWED,
    &super::operation_unreachable::OPERATION_UNREACHABLE,
    &super::operation_id_missing::OPERATION_ID_MISSING,
    &super::request_impossible::REQUEST_IMPOSSIBLE,
    &super::response_interim::RESPONSE_INTERIM,
    &super::tag_undeclared::TAG_UNDECLARED,
    &super::server_variable_undefined::SERVER_VARIABLE_UNDEFINED,
    &super::security_scheme_unknown::SECURITY_SCHEME_UNKNOWN,
    &super::security_scheme_unusable::SECURITY_SCHEME_UNUSABLE,
    &super::parameter_repeated::PARAMETER_REPEATED,
    &super::parameter_unspecified::PARAMETER_UNSPECIFIED,
    &super::path_parameter_optional::PATH_PARAMETER_OPTIONAL,
    &super::path_parameter_unused::PATH_PARAMETER_UNUSED,
    &super::style_unusable::STYLE_UNUSABLE,
    &super::status_invalid::STATUS_INVALID,
    &super::media_type_invalid::MEDIA_TYPE_INVALID,
    &super::type_unknown::TYPE_UNKNOWN,
    &super::pattern_invalid::PATTERN_INVALID,
    &super::pattern_literal::PATTERN_LITERAL,
    &super::enum_member_unusable::ENUM_MEMBER_UNUSABLE,
    &super::alternatives_overlap::ALTERNATIVES_OVERLAP,
    &super::bounds_contradict::BOUNDS_CONTRADICT,
    &super::required_undeclared::REQUIRED_UNDECLARED,
    &super::discriminator_unusable::DISCRIMINATOR_UNUSABLE,
    &super::schema_infinite::SCHEMA_INFINITE,
    &super::schema_unusable::SCHEMA_UNUSABLE,
    &super::example_invalid::EXAMPLE_INVALID,
    &super::example_direction::EXAMPLE_DIRECTION,
    &super::default_invalid::DEFAULT_INVALID,
    &super::unsupported::CONSTRUCT_UNSUPPORTED,
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_unique_and_every_rule_explains_itself() {
        let mut codes: Vec<&str> = rules().iter().map(|rule| rule.code()).collect();
        codes.sort_unstable();
        codes.dedup();
        assert_eq!(codes.len(), rules().len());
        for rule in rules() {
            let text = rule.explain();
            assert!(text.starts_with("Found when "), "{}", rule.code());
            for part in ["\nWhy it matters: ", "\nExample: ", "\nWhat to do: "] {
                assert!(text.contains(part), "{} does not say: {part}", rule.code());
            }
        }
    }
}
