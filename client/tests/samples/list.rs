// Real documents whose clients are compiled with the tests: one of each edition and kind. The build script makes them.

/// Their paths in the corpus.
pub(crate) const SAMPLES: [&str; 10] = [
    "2.0/argo-artifacts.json",
    "2.0/oai-uber.json",
    "3.0/ga4gh-tes.yaml",
    "3.0/progenitor-param-collision.json",
    "3.0/readme-parameters-style.yaml",
    "3.0/readme-polymorphism.yaml",
    "3.0/readme-schema-circular.yaml",
    "3.0/swagger-petstore.yaml",
    "3.1/redocly-museum.yaml",
    "3.2/osv-petstore.yaml",
];
