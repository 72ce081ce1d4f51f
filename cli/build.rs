//! Links programs so that fewer of their pages are read, where the linker and the loader can do it.

use std::env;
use std::process::Command;

/// The first glibc, major and minor, that understands packed relative relocations (`DT_RELR`).
const GLIBC: (u32, u32) = (2, 36);

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    let is = |name: &str, value: &str| env::var(name).is_ok_and(|found| found == value);
    if !is("PROFILE", "release") || !is("CARGO_CFG_TARGET_OS", "linux") || !is("CARGO_CFG_TARGET_ENV", "gnu")
    {
        return;
    }
    // What runs seldom is put together, away from what runs all the time.
    println!("cargo:rustc-link-arg-bins=-Wl,-z,keep-text-section-prefix");
    // A program is built for the machine it is built on unless another target is asked for.
    if env::var("HOST").ok() == env::var("TARGET").ok() && glibc().is_some_and(|version| version >= GLIBC) {
        println!("cargo:rustc-link-arg-bins=-Wl,-z,pack-relative-relocs");
    }
}

/// The version of this machine's glibc: the last word of the first line that `ldd --version` prints.
fn glibc() -> Option<(u32, u32)> {
    let output = Command::new("ldd").arg("--version").output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    let (major, minor) = text.lines().next()?.rsplit(' ').next()?.split_once('.')?;
    Some((major.parse().ok()?, minor.parse().ok()?))
}
