//! A crate as one module: what is compiled into other crates, and into tests.

use super::{IF_SCRIPTED, Package};

/// Where a client that is a module has what all clients are made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shared {
    /// In the crate that the module is in, under the same names.
    Crate,
    /// In the module itself.
    Module,
}

/// Whether a client that is a module has the module `stub`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scripts {
    /// It has.
    Typed,
    /// It has not.
    LeftOut,
}

/// The modules that are the same in every client.
const SHARED: [&str; 2] = ["scripting", "wire"];

impl Package {
    /// The crate's sources as the items of one module, which stands at `path`: `crate::pets`, for example.
    pub fn as_module(&self, path: &str, shared: Shared, scripts: Scripts) -> String {
        let own = |text: &str| {
            let mut text = text.replace("crate::", &format!("{path}::"));
            if shared == Shared::Crate {
                for name in SHARED {
                    text = text.replace(&format!("{path}::{name}::"), &format!("crate::{name}::"));
                }
            }
            text
        };
        let source = |path: &str| {
            self.files.iter().find(|file| file.path == path).map_or("", |file| file.text.as_str())
        };
        let shared_source = |name: &str, inner: &str| {
            let whole = source(&format!("src/{name}/{inner}/mod.rs"));
            let deep =
                |deep: &str| Some(inlined(source(&format!("src/{name}/{inner}/{deep}.rs")), &|_| None));
            match whole {
                "" => inlined(source(&format!("src/{name}/{inner}.rs")), &|_| None),
                whole => inlined(whole, &deep),
            }
        };
        let library = inlined(source("src/lib.rs"), &|name| match SHARED.contains(&name) {
            _ if scripts == Scripts::LeftOut && ["scripting", "stub"].contains(&name) => None,
            true if shared == Shared::Crate => None,
            true => {
                let inner = |inner: &str| Some(shared_source(name, inner));
                Some(own(&inlined(source(&format!("src/{name}/mod.rs")), &inner)))
            }
            false => Some(own(&inlined(source(&format!("src/{name}.rs")), &|_| None))),
        });
        // What the crate shares it exports itself.
        let is_shared =
            |line: &&str| SHARED.iter().any(|name| line.starts_with(&format!("pub use {name}::")));
        match shared {
            Shared::Crate => {
                library.lines().filter(|line| !is_shared(line)).flat_map(|line| [line, "\n"]).collect()
            }
            Shared::Module => library,
        }
    }
}

impl Package {
    /// A scaffold's library, and its stub, as the items of one module, which stands at `path`.
    pub fn as_scaffold_module(&self, path: &str) -> String {
        let source = |name: &str| {
            let file = self.files.iter().find(|file| file.path == format!("src/{name}.rs"));
            let text = file.map_or("", |file| file.text.as_str());
            let library = format!("use {}::", self.name.replace('-', "_"));
            text.replace("crate::", &format!("{path}::")).replace(&library, &format!("use {path}::"))
        };
        let text_of = |name: &str| Some(inlined(&source(name), &|_| None));
        let library = inlined(&source("lib"), &text_of);
        let stub = inlined(&source("stub"), &|_| None);
        format!("{library}pub mod stub {{\n{stub}}}\n")
    }
}

/// A source with the text of its modules in it, and without what only a file may begin with; a module without a text
/// is left out, with what is said of it.
fn inlined(source: &str, text_of: &dyn Fn(&str) -> Option<String>) -> String {
    let mut inlined = String::with_capacity(source.len());
    let mut attributes = String::new();
    for line in source.lines().filter(|line| !line.starts_with("//!") && !line.starts_with("#![")) {
        if line == IF_SCRIPTED {
            continue;
        }
        if line.starts_with("#[") || line.starts_with("///") {
            attributes.extend([line, "\n"]);
            continue;
        }
        let module = line.strip_suffix(';').and_then(|line| Some((line, line.rsplit_once("mod ")?.1)));
        match module.filter(|_| line.starts_with("mod ") || line.starts_with("pub mod ")) {
            Some((declared, name)) => {
                if let Some(text) = text_of(name) {
                    inlined.push_str(&format!("{attributes}{declared} {{\n{text}}}\n"));
                }
            }
            None => inlined.extend([&attributes, line, "\n"]),
        }
        attributes.clear();
    }
    inlined
}
