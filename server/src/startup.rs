//! What is told when a stub starts, or is loaded again: what is wrong with its documents, and what of them cannot be reached or seen.

use std::collections::BTreeSet;
use std::sync::Arc;

use counterfoil_openapi::validate::Enforcement;
use counterfoil_openapi::{SecurityScheme, SecuritySchemeKind, Severity};

use crate::builder::Settings;
use crate::edition::Edition;

/// The most warnings of one kind; `counterfoil check` tells them all.
const MAX_TOLD: usize = 10;

/// Logs a warning for everything that somebody might wonder about later.
pub(crate) fn warn(edition: &Edition, settings: &Settings) {
    for contract in &edition.contracts {
        let findings = contract.findings().iter();
        tell(findings.filter(|finding| finding.severity != Severity::Note).map(ToString::to_string));
    }
    for mutant in &settings.mutants {
        let about = mutant.mutation().about();
        tracing::warn!("this stub breaks its contract on purpose: {mutant}: {about}");
    }
    shadowed(edition);
    if settings.security == Enforcement::Enforced {
        unseen(edition, settings);
    }
}

/// Operations of a document whose requests mean another document's.
fn shadowed(edition: &Edition) {
    let pairs = edition.router.shadowed().iter();
    let between = pairs.filter(|pair| !Arc::ptr_eq(pair.operation.document(), pair.by.document()));
    tell(between.map(|pair| {
        format!(
            "`{}` of {} is never reached: its requests mean `{}` of {}; `--mount` puts a document under a path of its own",
            pair.operation.label(),
            pair.operation.document().name(),
            pair.by.label(),
            pair.by.document().name()
        )
    }));
}

/// What no request can show, and what none can show rightly.
fn unseen(edition: &Edition, settings: &Settings) {
    let schemes = || edition.contracts.iter().flat_map(|contract| contract.security_schemes());
    let names = |wanted: &dyn Fn(&SecurityScheme) -> bool| {
        let names = schemes().filter(|scheme| wanted(scheme)).map(|scheme| scheme.name.clone());
        names.collect::<BTreeSet<_>>()
    };
    let is_blind = !settings.asks_for_certificates();
    tell(names(&|scheme| is_blind && scheme.kind == SecuritySchemeKind::MutualTls).into_iter().map(|name| {
        format!(
            "`{name}` asks for client certificates (mutualTLS), which every request passes for without `--client-ca`"
        )
    }));
    if let Some(credentials) = edition.gate.accepted() {
        let is_closed = |scheme: &SecurityScheme| {
            let is_listed =
                !matches!(scheme.kind, SecuritySchemeKind::MutualTls | SecuritySchemeKind::Unknown(_));
            is_listed && !credentials.has(&scheme.name)
        };
        tell(names(&is_closed).into_iter().map(|name| {
            format!("the accepted credentials name none for `{name}`: whatever is sent for it is refused")
        }));
    }
}

fn tell(warnings: impl Iterator<Item = String>) {
    let mut count = 0_usize;
    for warning in warnings {
        count += 1;
        if count <= MAX_TOLD {
            tracing::warn!("{warning}");
        }
    }
    if count > MAX_TOLD {
        tracing::warn!("and {} more like these; `counterfoil check` shows them", count - MAX_TOLD);
    }
}
