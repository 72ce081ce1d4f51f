//! Typed property tests of the bundled systems, through their generated clients.
//!
//! They run against a stub that starts with them, or against any implementation:
//!
//! ```text
//! TARGET_URL=https://dashboard.example.com TARGET_AUTH=secret TARGET_SYSTEM=tyk \
//!     cargo test -p counterfoil-conformance typed
//! TARGET_URL=https://gis.example.com/server TARGET_AUTH=user1:testpassword TARGET_SYSTEM=arcgis \
//!     cargo test -p counterfoil-conformance typed
//! ```
//!
//! Without `TARGET_SYSTEM`, both systems are looked for at `TARGET_URL`. `PROPTEST_CASES` sets how many cases a
//! property gets. What holds only for a stub is not asked of other implementations.

mod arcgis;
mod target;
mod tyk;
