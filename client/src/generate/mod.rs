//! From a document to a client: a whole crate, whatever the document holds.
//!
//! The contract's operations become a plan of methods, their schemas types of few kinds; both are written as a skeleton
//! that progenitor takes, and what it makes of that is dressed with real names, statuses and media types. What cannot
//! be expressed is a finding.

mod argument;
mod attempt;
mod calls;
mod dress;
mod losses;
mod lower;
mod media;
mod names;
mod package;
mod place;
mod plan;
pub(crate) mod prose;
mod scaffold;
mod security;
mod skeleton;
mod stub;
mod types;
mod xml;

use counterfoil_openapi::{Contract, Finding};

use self::losses::Losses;
use self::types::Types;

pub use self::calls::{Call, Calls, WrittenCall, calls};
pub use self::lower::LoweredDocument;
pub use self::package::{File, Package, PackageError, Scripts, Shared, Written, check, is_crate_name, write};
pub use self::scaffold::{Scaffold, scaffold};

/// A client of a document.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Generated {
    /// The crate.
    pub package: Package,
    /// What it cannot express: errors are operations that it leaves out, warnings are parameters and bodies of wider
    /// types than the document says.
    pub findings: Vec<Finding>,
    /// What it does express.
    pub expressed: Expressed,
}

/// Counts of what a client expresses.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Expressed {
    /// Operations of the document.
    pub operations: usize,
    /// Those that are methods.
    pub methods: usize,
    /// Parameters, request bodies and documented replies of the document.
    pub parts: usize,
}

/// Generates the client of a contract; `name` is the crate's, made of the title where there is none.
///
/// # Errors
///
/// When nothing at all can be made of it, in the generator's words.
pub fn generate(contract: &Contract, name: Option<&str>) -> Result<Generated, String> {
    on_a_large_stack(|| generate_here(contract, name))
}

/// Lowers a contract to a document that progenitor's macro `generate_api!` takes.
///
/// # Errors
///
/// When nothing at all can be made of it, in the generator's words.
pub fn lower(contract: &Contract) -> Result<LoweredDocument, String> {
    on_a_large_stack(|| lower::lower(contract))
}

/// The name of the crate that a client of a contract is, where none is given.
pub fn crate_name(contract: &Contract) -> String {
    package::name_of(&prose::as_plain_line(contract.title()), "client")
}

fn on_a_large_stack<T: Send>(make: impl FnOnce() -> Result<T, String> + Send) -> Result<T, String> {
    std::thread::scope(|scope| {
        let thread =
            std::thread::Builder::new().name(attempt::THREAD.to_owned()).stack_size(attempt::STACK_BYTES);
        let thread = thread.spawn_scoped(scope, make).map_err(|error| error.to_string())?;
        thread.join().unwrap_or_else(|_| Err("the generator panicked".to_owned()))
    })
}

fn generate_here(contract: &Contract, name: Option<&str>) -> Result<Generated, String> {
    let mut types = Types::new(contract, Losses::new(contract.document()));
    let methods = plan::methods(contract.operations().iter(), &mut types);
    let title = prose::as_plain_line(contract.title());
    let made = attempt::make("client", &methods, &mut types)?;
    let kept: Vec<&plan::Method<'_>> = made.methods.iter().map(|index| &methods[*index]).collect();
    let expressed = Expressed {
        operations: methods.len(),
        methods: kept.len(),
        parts: methods.iter().map(plan::Method::parts).sum(),
    };
    let replies = dress::replies(&kept);
    let client = dress::dress(made, &title, info(contract, "description"), &methods, &types);
    let security = security::module(contract, &mut types.losses).map_err(|error| error.to_string())?;
    let (code, statuses) = stub::module(contract, &kept, &types).map_err(|error| error.to_string())?;
    // What no request means answers none.
    let called =
        kept.iter().copied().zip(&statuses).filter(|(method, _)| contract.is_meant(method.operation));
    let test = stub::test(called, &types);
    let xml = types.xml.module();
    let sources = package::Sources { client, replies, security, stub: code, statuses, test, xml };
    let findings = types.losses.into_findings();
    let package = package::package(contract, name, &title, sources, &kept, &findings);
    Ok(Generated { package, findings, expressed })
}

fn info<'d>(contract: &'d Contract, member: &str) -> &'d str {
    contract.document().root().get("info").and_then(|info| info.get(member)?.as_str()).unwrap_or_default()
}
