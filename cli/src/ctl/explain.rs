//! Why a call was answered as it was.

use std::fmt::Write as _;

use counterfoil_client::control::types::{CallExplanation, RuleCandidate, RuleOutcome};

use super::{Steered, Steering, show};
use crate::output::{QUIET, TITLE};

/// Explains a call.
pub(super) async fn explain(steering: &Steering<'_>, id: u64) -> Steered {
    let explanation = steering.client.explain_call(id, steering.session()).await?.into_inner();
    steering.write(&explanation, |text| write(text, &explanation))
}

fn write(text: &mut String, explanation: &CallExplanation) {
    show::call(text, &explanation.call);
    let _ = writeln!(text, "{}", show::plain(&explanation.why));
    show::lines(text, "violation", &explanation.violations);
    for (index, candidate) in explanation.candidates.iter().enumerate() {
        rule(text, index + 1, candidate);
    }
    if explanation.left_out > 0 {
        let _ = writeln!(text, "and {} rules more", explanation.left_out);
    }
    show::lines(text, "trail", &explanation.trail);
}

fn rule(text: &mut String, number: usize, candidate: &RuleCandidate) {
    let fate = match candidate.outcome {
        RuleOutcome::Answered => "answered",
        RuleOutcome::Differs => "does not match",
        RuleOutcome::PassedOver => "matches, and was passed over",
        RuleOutcome::Below => "matches, below the one that answered",
        RuleOutcome::NotAsked => "was not asked",
        RuleOutcome::Untold => "cannot be told",
    };
    let (name, place) = (show::plain(&candidate.rule), show::plain(&candidate.place));
    let _ = writeln!(text, "{number:>3} {TITLE}{name}{TITLE:#} {QUIET}({place}){QUIET:#} {fate}");
    if let Some(difference) = &candidate.difference {
        let _ = writeln!(text, "    {}", show::difference(difference));
    }
    if let Some(reason) = &candidate.reason {
        let _ = writeln!(text, "    {}", show::plain(reason));
    }
}
