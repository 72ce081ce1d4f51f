//! The handle on a running stub.

use std::any::Any;
use std::fmt;
use std::marker::PhantomData;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use reqwest::Method;
use serde_json::{Value, json};

use super::call::Call;
use super::control::Control;
use super::error::{Kind, StubError};
use super::expected::Times;
use super::rule::On;
use super::{Api, Operation};

/// The most calls that a failed expectation tells of.
const MAX_TOLD: usize = 10;
/// The most calls of one page of the journal.
const PAGE: &str = "1000";

/// A handle on a running stub, with a session of its own: rules, counts and calls of one handle are not seen by another,
/// so that tests can share a stub and run at once.
///
/// When it is dropped, it checks what was expected of its rules, as [`verify`](Self::verify) does, and panics where
/// that does not hold, unless the thread panics already. The session goes with it.
///
/// `A` is the client of the document.
#[must_use = "its rules go when it is dropped"]
pub struct Stub<A> {
    inner: Arc<Inner>,
    /// Goes after the last request.
    held: Vec<Box<dyn Any + Send + Sync>>,
    api: PhantomData<fn() -> A>,
}

/// What a handle and its rules share.
pub(super) struct Inner {
    pub(super) control: Control,
    expected: Mutex<Vec<Expected>>,
    /// Whether what is expected now was checked, so that it is told once.
    is_told: AtomicBool,
}

/// What is expected of a rule.
#[derive(Debug, Clone)]
struct Expected {
    operation: &'static str,
    rule: String,
    when: Option<Value>,
    times: Times,
    /// How often it answered before it was taken back.
    uses: Option<u64>,
}

impl<A: Api> Stub<A> {
    /// A handle on the stub whose control API is at `control_url`, with a new session.
    ///
    /// # Errors
    ///
    /// When the control API cannot be asked, or has no room for another session.
    pub async fn connect(control_url: &str) -> Result<Self, StubError> {
        Self::over(Control::connect(control_url, None).await?)
    }

    /// The same for a control API that asks for a token.
    ///
    /// # Errors
    ///
    /// As [`connect`](Self::connect).
    pub async fn connect_with_token(control_url: &str, token: &str) -> Result<Self, StubError> {
        Self::over(Control::connect(control_url, Some(token)).await?)
    }

    fn over(control: Control) -> Result<Self, StubError> {
        let inner = Inner { control, expected: Mutex::default(), is_told: AtomicBool::new(false) };
        Ok(Self { inner: Arc::new(inner), held: Vec::new(), api: PhantomData })
    }

    /// Keeps a value, such as the server itself, until the handle is dropped and what it expected is checked.
    pub fn holding(mut self, value: impl Any + Send + Sync) -> Self {
        self.held.push(Box::new(value));
        self
    }

    /// Where requests of this session go, without the base path of the document.
    pub fn url(&self) -> &str {
        &self.inner.control.base_url
    }

    /// The name of its session.
    pub fn session(&self) -> &str {
        self.inner.control.session()
    }

    /// A client whose requests are this session's. Its credentials are made up, which is good enough for a stub that
    /// was not told otherwise, and it sends nothing twice.
    ///
    /// # Errors
    ///
    /// When the client cannot be set up.
    pub fn client(&self) -> Result<A, StubError> {
        Ok(A::of_stub(self.url()).map_err(Kind::Unreachable)?)
    }

    /// A rule for an operation. Newer rules come before older ones, and all of them before what the stub was started
    /// with.
    pub fn on<O: Operation<Client = A>>(&self) -> On<'_, O> {
        On::new(&self.inner)
    }

    /// The calls of an operation in this session, the oldest first, as many as the stub still knows.
    ///
    /// # Errors
    ///
    /// When the stub cannot be asked.
    pub async fn calls<O: Operation<Client = A>>(&self) -> Result<Vec<Call<O>>, StubError> {
        let control = &self.inner.control;
        let mut calls = Vec::new();
        for summary in self.inner.summaries(O::ID).await? {
            let id = summary["id"].to_string();
            calls.push(Call::new(control.ask(Method::GET, &["calls", &id], &[], None).await?));
        }
        Ok(calls)
    }

    /// Whether each rule answered as often as was expected of it.
    ///
    /// # Errors
    ///
    /// When one did not, with the calls of its operation and why they were not its; when the stub cannot be asked.
    pub async fn verify(&self) -> Result<(), StubError> {
        self.inner.verify().await
    }

    /// Forgets the rules of this session, its counts, what it keeps and its calls, and what was expected.
    ///
    /// # Errors
    ///
    /// When the stub cannot be asked.
    pub async fn reset(&self) -> Result<(), StubError> {
        self.inner.control.ask(Method::POST, &["reset"], &[], Some(&json!({}))).await?;
        self.inner.lock().clear();
        Ok(())
    }
}

impl Inner {
    fn lock(&self) -> std::sync::MutexGuard<'_, Vec<Expected>> {
        self.expected.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Expects a rule to answer so often.
    pub(super) fn expect(&self, operation: &'static str, rule: &str, when: Option<Value>, times: Times) {
        self.lock().push(Expected { operation, rule: rule.to_owned(), when, times, uses: None });
        self.is_told.store(false, Ordering::Release);
    }

    /// How many requests a rule has answered.
    pub(super) async fn uses(&self, rule: &str) -> Result<u64, StubError> {
        let shown = self.control.ask(Method::GET, &["rules", rule], &[], None).await?;
        shown["uses"].as_u64().ok_or_else(|| {
            let message = "a rule without `uses`".to_owned();
            Kind::Unexpected { asked: format!("GET /rules/{rule}"), message }.into()
        })
    }

    /// Remembers how often a rule has answered that is about to go, where something was expected of it.
    pub(super) async fn freeze(&self, rule: &str) -> Result<(), StubError> {
        if self.lock().iter().any(|expected| expected.rule == rule) {
            let uses = self.uses(rule).await?;
            self.lock().iter_mut().filter(|one| one.rule == rule).for_each(|one| one.uses = Some(uses));
        }
        Ok(())
    }

    /// The calls of an operation in short.
    async fn summaries(&self, operation: &str) -> Result<Vec<Value>, StubError> {
        let mut calls = Vec::new();
        let mut after = String::new();
        loop {
            let mut query = vec![("op", operation), ("limit", PAGE)];
            query.extend((!after.is_empty()).then_some(("after", after.as_str())));
            let page = self.control.ask(Method::GET, &["calls"], &query, None).await?;
            calls.extend(page["items"].as_array().into_iter().flatten().cloned());
            match page["next"].as_u64() {
                Some(next) => after = next.to_string(),
                None => return Ok(calls),
            }
        }
    }

    async fn verify(&self) -> Result<(), StubError> {
        let expected = self.lock().clone();
        let mut failed = Vec::new();
        for one in &expected {
            let uses = match one.uses {
                Some(uses) => uses,
                None => self.uses(&one.rule).await?,
            };
            if !one.times.admits(uses) {
                failed.push(self.told(one, uses).await?);
            }
        }
        self.is_told.store(true, Ordering::Release);
        match failed.as_slice() {
            [] => Ok(()),
            _ => Err(Kind::Unmet(failed.join("\n")).into()),
        }
    }

    /// What is said of an expectation that does not hold: the calls of the operation, and why they were not the rule's.
    async fn told(&self, expected: &Expected, uses: u64) -> Result<String, StubError> {
        let Expected { operation, rule, when, times, .. } = expected;
        let when = when.as_ref().map_or_else(String::new, |when| format!(" when {when}"));
        let mut text = format!("`{operation}`{when} (rule {rule}): expected {times}, was {uses}");
        let calls = self.summaries(operation).await?;
        if calls.is_empty() {
            text.push_str("\n  no call of this operation came");
        }
        let others = calls.iter().filter(|call| call["rule"].as_str() != Some(rule));
        for call in others.clone().take(MAX_TOLD) {
            let word = |key: &str| match &call[key] {
                Value::String(text) => text.clone(),
                Value::Null => "nothing".to_owned(),
                other => other.to_string(),
            };
            let [id, method, url, status, source] = ["id", "method", "url", "status", "source"].map(word);
            text.push_str(&format!("\n  call {id}: {method} {url} was answered {status} by {source}"));
            if let Some(why) = self.reason(&id, rule).await {
                text.push_str(&format!(": {why}"));
            }
        }
        let count = others.count();
        if count > MAX_TOLD {
            text.push_str(&format!("\n  and {} more", count - MAX_TOLD));
        }
        Ok(text)
    }

    /// Why a call was not answered by a rule, where the stub can tell: it forgets old calls.
    async fn reason(&self, call: &str, rule: &str) -> Option<String> {
        let explained = self.control.ask(Method::GET, &["calls", call, "explain"], &[], None).await.ok()?;
        let candidates = explained["candidates"].as_array()?;
        let candidate = candidates.iter().find(|candidate| candidate["rule"].as_str() == Some(rule))?;
        let difference = &candidate["difference"];
        match (difference["field"].as_str(), candidate["reason"].as_str()) {
            (Some(field), _) => {
                let expected = difference["expected"].as_str().unwrap_or_default();
                let found = difference["found"].as_str().unwrap_or("nothing");
                Some(format!("{field} should be {expected}, and is {found}"))
            }
            (None, reason) => Some(reason.or_else(|| candidate["outcome"].as_str())?.to_owned()),
        }
    }
}

impl<A> Drop for Stub<A> {
    fn drop(&mut self) {
        let expected = self.inner.lock().clone();
        let is_told = self.inner.is_told.load(Ordering::Acquire);
        let checks = !expected.is_empty() && !is_told && !std::thread::panicking();
        let control = self.inner.control.clone();
        // On a thread and a runtime of its own, since the test's cannot be waited for here.
        let end = std::thread::spawn(move || end(&control, if checks { expected } else { Vec::new() }));
        if !checks {
            return;
        }
        match end.join() {
            Ok(Ok(())) => {}
            Ok(Err(error)) if error.is_unmet() => {
                panic!("what was expected of the stub does not hold:\n{error}")
            }
            Ok(Err(error)) => panic!(
                "what was expected of the stub cannot be checked: {error:?}\nIf the stub runs on the runtime of the \
                 test, nothing runs it while the handle is dropped: call `verify().await` before, or start it on a thread."
            ),
            Err(_) => panic!("what was expected of the stub cannot be checked"),
        }
    }
}

/// Checks what is expected, and ends the session.
fn end(control: &Control, expected: Vec<Expected>) -> Result<(), StubError> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|error| Kind::Unwritable(error.to_string()))?;
    runtime.block_on(async {
        let inner = Inner {
            control: control.apart()?,
            expected: Mutex::new(expected),
            is_told: AtomicBool::new(false),
        };
        let checked = inner.verify().await;
        let path = ["sessions", inner.control.session()];
        // It would go by itself in a while.
        let _ = inner.control.ask(Method::DELETE, &path, &[], None).await;
        checked
    })
}

impl<A> fmt::Debug for Stub<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Stub")
            .field("control", &self.inner.control)
            .field("held", &self.held.len())
            .finish_non_exhaustive()
    }
}
