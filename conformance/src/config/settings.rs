//! Resolved settings: nothing is optional any more, and nothing is wrong.

use std::error::Error;
use std::fmt;
use std::time::Duration;

use super::policy::{self, Policy};
use super::{FixedValues, Options, UnsafeMethods};
use crate::baseline::Baseline;
use crate::check::{self, Check};
use crate::event::{Mode, Phase, Shard};
use crate::plan::Filter;

/// The most fuzzing cases an operation where a time is given and no number of cases.
const CASES_IN_TIME: u64 = 2_000;

/// What is tested.
#[derive(Clone, PartialEq, Eq)]
pub struct Target {
    /// The base URL; an operation's path is added to its path.
    pub base_url: String,
    /// Headers added to every request, credentials among them. Their values are hidden in every output.
    pub headers: Vec<(String, String)>,
    /// Parameters added to the query of every request, in the place of those of the same names, credentials among them.
    /// Their values are hidden in every output.
    pub query: Vec<(String, String)>,
    /// Headers that a second identity sends in the place of those of the same names; empty where there is none.
    pub other_headers: Vec<(String, String)>,
}

impl Target {
    /// A target without headers and parameters of its own.
    pub fn new(base_url: impl Into<String>) -> Self {
        Self { base_url: base_url.into(), headers: Vec::new(), query: Vec::new(), other_headers: Vec::new() }
    }

    /// The same target with one more header.
    #[must_use]
    pub fn header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }

    /// The same target with one more parameter of the query.
    #[must_use]
    pub fn query(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.query.push((name.into(), value.into()));
        self
    }

    /// The same target with one more header of a second identity.
    #[must_use]
    pub fn other_header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.other_headers.push((name.into(), value.into()));
        self
    }
}

impl fmt::Debug for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fn names(pairs: &[(String, String)]) -> Vec<&str> {
            pairs.iter().map(|(name, _)| name.as_str()).collect()
        }
        f.debug_struct("Target")
            .field("base_url", &self.base_url)
            .field("headers", &names(&self.headers))
            .field("query", &names(&self.query))
            .finish()
    }
}

/// Where the credentials of secured operations come from, when the target's headers and query parameters do not hold them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Credentials {
    /// From nowhere: requests go without, and a warning says so.
    Given,
    /// Made up from the security scheme. Only a stub that takes any well-formed credential answers to these.
    Invent,
}

/// How much may be spent on making one failure smaller.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ShrinkBudget {
    /// Requests sent for one failure.
    pub requests: u32,
    /// Time spent on one failure. It only cuts short what the other limit should have: a target that takes longer
    /// than this for so many requests may shrink differently in another run.
    pub time: Duration,
}

impl ShrinkBudget {
    /// Enough to make a typical failure minimal.
    pub const DEFAULT: Self = Self { requests: 120, time: Duration::from_secs(10) };
    /// Failures are only sent once more, to see whether they recur.
    pub const NONE: Self = Self { requests: 0, time: Duration::ZERO };
}

/// How long slow answers are waited for where nobody has said how long the run may take: an operation that sleeps for
/// seconds would take longer than all others together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Patience {
    /// An answer that takes longer is slow.
    pub slow: Duration,
    /// What the slow answers of one turn may take, added up over all workers. The rest of its cases is left out then.
    pub most: Duration,
}

impl Patience {
    /// Ten seconds or so a turn.
    pub const DEFAULT: Self = Self { slow: Duration::from_secs(1), most: Duration::from_secs(40) };
}

/// Everything a run needs to know.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The seed of every random choice; the same seed makes the same cases, whatever the number of workers.
    pub seed: u64,
    /// The most fuzzing cases an operation.
    pub max_cases: u64,
    /// How many requests may be under way at once.
    pub workers: usize,
    /// The phases to run; they run in the order of [`Phase::ALL`].
    pub phases: Vec<Phase>,
    /// Valid data, invalid data, or both.
    pub modes: Vec<Mode>,
    /// The checks that judge every exchange, in the order of [`crate::checks`], where `policy` says nothing else.
    pub checks: Vec<&'static dyn Check>,
    /// What is otherwise in some phases or for some operations.
    pub policy: Policy,
    /// The total time a response may take.
    pub timeout: Duration,
    /// The most bytes of a response body.
    pub body_cap: usize,
    /// The least time between the beginnings of two requests.
    pub interval: Option<Duration>,
    /// The limit of `max_response_time`.
    pub max_response_time: Duration,
    /// The time the run may take, shared out fairly among operations and phases; a request under way may go beyond.
    pub max_time: Option<Duration>,
    /// How long slow answers are waited for where there is no `max_time`.
    pub patience: Patience,
    /// End the run after this many distinct failures that are not known.
    pub max_failures: Option<u64>,
    /// The failures that are known.
    pub known: Baseline,
    /// Which operations are tested.
    pub filter: Filter,
    /// Values of parameters and of members of bodies that every request has.
    pub fixed: FixedValues,
    /// Whether the coverage phase gives each query parameter of one value twice as well.
    pub repeats_queries: bool,
    /// Where methods that may change something are sent.
    pub unsafe_methods: UnsafeMethods,
    /// Where missing credentials come from.
    pub credentials: Credentials,
    /// What may be spent on one failure.
    pub shrink: ShrinkBudget,
    /// Which part of the run to carry out; all of it where there is none. Operations that learn from each other are of
    /// one part, so that the parts together do what the whole does.
    pub shard: Option<Shard>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            seed: 0,
            max_cases: 200,
            workers: 4,
            phases: Phase::ALL.to_vec(),
            modes: vec![Mode::Positive, Mode::Negative],
            checks: check::checks().iter().copied().filter(|check| check.is_on_by_default()).collect(),
            policy: Policy::default(),
            timeout: Duration::from_secs(10),
            body_cap: 16 * 1024 * 1024,
            interval: None,
            max_response_time: Duration::from_secs(1),
            max_time: None,
            patience: Patience::DEFAULT,
            max_failures: None,
            known: Baseline::default(),
            filter: Filter::default(),
            fixed: FixedValues::default(),
            repeats_queries: false,
            unsafe_methods: UnsafeMethods::ToLoopback,
            credentials: Credentials::Given,
            shrink: ShrinkBudget::DEFAULT,
            shard: None,
        }
    }
}

impl Options {
    /// The settings these options mean, defaults filled in.
    ///
    /// # Errors
    ///
    /// When a check is unknown, a status is none, or a number is one that no run can use.
    pub fn resolve(self) -> Result<Settings, SettingsError> {
        let defaults = Settings::default();
        let mut checks = match &self.checks {
            Some(names) => select_checks(names)?,
            None => defaults.checks,
        };
        let mut max_response_time = defaults.max_response_time;
        if let Some(millis) = self.max_response_time {
            max_response_time = duration("max-response-time", millis / 1000.0)?;
            checks = select(|check| {
                check.name() == "max_response_time" || checks.iter().any(|on| on.name() == check.name())
            });
        }
        let max_time = self.max_time.map(|seconds| duration("max-time", seconds)).transpose()?;
        Ok(Settings {
            seed: self.seed.unwrap_or(defaults.seed),
            // Who gives a time wants it used.
            max_cases: self.max_cases.unwrap_or(match max_time {
                Some(_) => CASES_IN_TIME,
                None => defaults.max_cases,
            }),
            max_time,
            workers: at_least_one("workers", self.workers.unwrap_or(defaults.workers))?,
            phases: ordered(Phase::ALL, self.phases),
            modes: ordered([Mode::Positive, Mode::Negative], self.modes),
            checks,
            policy: Policy::new(self.overrides.unwrap_or_default())?,
            interval: self.rate_limit.as_deref().map(interval).transpose()?,
            unsafe_methods: match self.allow_unsafe {
                Some(true) => UnsafeMethods::Everywhere,
                _ => UnsafeMethods::ToLoopback,
            },
            timeout: self.timeout.map_or(Ok(defaults.timeout), |seconds| duration("timeout", seconds))?,
            max_response_time,
            max_failures: self.max_failures,
            filter: Filter::new(self.include.unwrap_or_default(), self.exclude.unwrap_or_default()),
            fixed: self.set.unwrap_or_default(),
            repeats_queries: self.duplicate_query == Some(true),
            shrink: if self.shrink == Some(false) { ShrinkBudget::NONE } else { defaults.shrink },
            ..Settings::default()
        })
    }
}

fn select(is_on: impl Fn(&dyn Check) -> bool) -> Vec<&'static dyn Check> {
    check::checks().iter().copied().filter(|check| is_on(*check)).collect()
}

/// The checks that a list of `name`, `+name`, `-name` and `all` means, in the order of the registry.
fn select_checks(names: &[String]) -> Result<Vec<&'static dyn Check>, SettingsError> {
    let is_relative = names.iter().all(|name| name.starts_with(['-', '+']));
    let mut on: Vec<&'static dyn Check> = if is_relative { Settings::default().checks } else { Vec::new() };
    for entry in names {
        let name = entry.trim_start_matches(['-', '+']);
        if name == "all" {
            on = if entry.starts_with('-') { Vec::new() } else { check::checks().to_vec() };
            continue;
        }
        let known = policy::known(name)?;
        on.retain(|check| check.name() != name);
        if !entry.starts_with('-') {
            on.push(known);
        }
    }
    Ok(select(|check| on.iter().any(|wanted| wanted.name() == check.name())))
}

fn ordered<T: Copy + PartialEq, const N: usize>(all: [T; N], wanted: Option<Vec<T>>) -> Vec<T> {
    all.into_iter().filter(|item| wanted.as_ref().is_none_or(|wanted| wanted.contains(item))).collect()
}

fn at_least_one(option: &str, number: usize) -> Result<usize, SettingsError> {
    if number == 0 {
        Err(SettingsError(format!("`{option}` is 0; it must be 1 or more")))
    } else {
        Ok(number)
    }
}

fn duration(option: &str, seconds: f64) -> Result<Duration, SettingsError> {
    match Duration::try_from_secs_f64(seconds) {
        Ok(duration) if !duration.is_zero() => Ok(duration),
        _ => Err(SettingsError(format!("`{option}` is {seconds} seconds; it must be a time above zero"))),
    }
}

/// The time between two requests that a rate means: `10` or `10/s`, `100/m`, `1000/h`.
fn interval(rate: &str) -> Result<Duration, SettingsError> {
    let (number, unit) = rate.split_once('/').unwrap_or((rate, "s"));
    let seconds = match unit.trim() {
        "s" => Some(1.0),
        "m" => Some(60.0),
        "h" => Some(3600.0),
        _ => None,
    };
    let number = number.trim().parse::<f64>().ok().filter(|number| *number > 0.0 && number.is_finite());
    let interval =
        seconds.zip(number).and_then(|(seconds, number)| Duration::try_from_secs_f64(seconds / number).ok());
    interval.ok_or_else(|| {
        SettingsError(format!(
            "`rate-limit` is `{rate}`; write a number of requests, or one by time: `10/s`, `100/m`, `1000/h`"
        ))
    })
}

/// Options that no run can be made from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SettingsError(String);

impl SettingsError {
    /// An error of what was given, told elsewhere.
    pub(super) fn of(message: String) -> Self {
        Self(message)
    }

    pub(super) fn without_statuses(check: &str) -> Self {
        let names = check::checks().iter().filter(|check| check.expects_statuses()).map(|check| check.name());
        let names: Vec<&str> = names.collect();
        Self(format!("`{check}` expects no statuses; those that do are {}", names.join(", ")))
    }

    pub(super) fn no_status(check: &str, text: &str) -> Self {
        Self(format!("`{text}`, expected by `{check}`, is no status; write `404` or `4XX`"))
    }

    pub(super) fn unknown_check(name: &str) -> Self {
        let names: Vec<&str> = check::checks().iter().map(|check| check.name()).collect();
        Self(format!("no check is called `{name}`; there are {}", names.join(", ")))
    }
}

impl fmt::Display for SettingsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Error for SettingsError {}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(options: Options) -> Vec<&'static str> {
        options.resolve().unwrap().checks.iter().map(|check| check.name()).collect()
    }

    fn checks(list: &[&str]) -> Options {
        Options { checks: Some(list.iter().map(|name| (*name).to_owned()).collect()), ..Options::default() }
    }

    #[test]
    fn bare_names_replace_the_selection_and_signs_change_it() {
        let default = names(Options::default());
        assert_eq!(
            names(checks(&["ignored_auth", "not_a_server_error"])),
            ["not_a_server_error", "ignored_auth"]
        );
        let without = names(checks(&["-ignored_auth"]));
        assert_eq!(without.len(), default.len() - 1);
        assert!(!without.contains(&"ignored_auth"));
        assert!(names(checks(&["+max_response_time"])).contains(&"max_response_time"));
        assert!(!default.contains(&"max_response_time"));
        assert_eq!(names(checks(&["all"])).len(), check::checks().len());
    }

    #[test]
    fn what_no_run_can_use_is_refused() {
        assert!(checks(&["no_such_check"]).resolve().unwrap_err().to_string().contains("`no_such_check`"));
        assert!(Options { workers: Some(0), ..Options::default() }.resolve().is_err());
        for timeout in [0.0, -1.0, f64::NAN, f64::INFINITY] {
            assert!(Options { timeout: Some(timeout), ..Options::default() }.resolve().is_err(), "{timeout}");
        }
    }

    #[test]
    fn a_response_time_limit_turns_its_check_on() {
        let settings = Options { max_response_time: Some(250.0), ..Options::default() }.resolve().unwrap();
        assert_eq!(settings.max_response_time, Duration::from_millis(250));
        assert!(settings.checks.iter().any(|check| check.name() == "max_response_time"));
    }

    #[test]
    fn a_rate_is_a_time_between_requests() {
        let interval = |rate: &str| {
            let options = Options { rate_limit: Some(rate.to_owned()), ..Options::default() };
            options.resolve().map(|settings| settings.interval.unwrap_or_default())
        };
        for (rate, millis) in [("10", 100), ("4/s", 250), ("120/m", 500), (" 7200 / h ", 500), ("0.5", 2_000)]
        {
            assert_eq!(interval(rate), Ok(Duration::from_millis(millis)), "{rate}");
        }
        for rate in ["", "0", "-1", "ten", "1/d", "inf/s", "NaN"] {
            assert!(interval(rate).unwrap_err().to_string().contains(&format!("`{rate}`")), "{rate}");
        }
    }

    #[test]
    fn phases_keep_their_order() {
        let options = Options { phases: Some(vec![Phase::Fuzzing, Phase::Examples]), ..Options::default() };
        assert_eq!(options.resolve().unwrap().phases, [Phase::Examples, Phase::Fuzzing]);
    }

    #[test]
    fn a_target_never_shows_the_values_of_its_headers() {
        let target = Target::new("http://localhost").header("Admin-Auth", "s3cret");
        assert!(!format!("{target:?}").contains("s3cret"));
    }
}
