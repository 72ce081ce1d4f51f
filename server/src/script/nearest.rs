//! The known name nearest to one that is unknown.

/// How alike two names must be for one to be offered in place of the other.
const LIKENESS: f64 = 0.75;

/// The candidate most like `name`, where one is like it at all; letters of either case count as the same.
pub(crate) fn nearest<'c>(name: &str, candidates: impl IntoIterator<Item = &'c str>) -> Option<&'c str> {
    let wanted = name.to_lowercase();
    let mut best: Option<(f64, &str)> = None;
    for candidate in candidates {
        let likeness = strsim::jaro_winkler(&candidate.to_lowercase(), &wanted);
        if likeness >= LIKENESS && best.is_none_or(|(so_far, _)| likeness > so_far) {
            best = Some((likeness, candidate));
        }
    }
    best.map(|(_, candidate)| candidate)
}

/// A hint that offers the nearest candidate, else lists them all (the first few of them).
pub(crate) fn hint<'c>(name: &str, candidates: impl IntoIterator<Item = &'c str> + Clone) -> Option<String> {
    const LISTED: usize = 12;
    if let Some(near) = nearest(name, candidates.clone()) {
        return Some(format!("did you mean `{near}`?"));
    }
    let all: Vec<&str> = candidates.into_iter().collect();
    if all.is_empty() {
        return None;
    }
    let more = if all.len() > LISTED { " …" } else { "" };
    Some(format!("known: {}{more}", all.iter().take(LISTED).copied().collect::<Vec<_>>().join(", ")))
}
