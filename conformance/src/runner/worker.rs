//! Work that a run does beside its own task.

use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, LazyLock};
use std::task::{Context as TaskContext, Poll};
use std::thread::available_parallelism;
use std::time::Instant;

use tokio::sync::Semaphore;
use tokio::task::JoinHandle;

/// As many computations at once as there are processors: more would not be done sooner, and each has memory of its own.
static PROCESSORS: LazyLock<Arc<Semaphore>> =
    LazyLock::new(|| Arc::new(Semaphore::new(available_parallelism().map_or(1, usize::from))));

/// What takes long where schemas are large, computed beside: a wish to stop is heard meanwhile. Nothing where the time
/// is up before.
pub(super) async fn computed<T: Send + 'static>(
    end: Option<Instant>,
    compute: impl FnOnce() -> T + Send + 'static,
) -> Option<T> {
    in_time(end, beside(compute)).await
}

/// Begins to compute something beside, once a processor is free for it.
pub(super) fn beside<T: Send + 'static>(compute: impl FnOnce() -> T + Send + 'static) -> Worker<T> {
    Worker(tokio::spawn(async move {
        // Given back when the computation has ended and its thread is free for the next one: else that would begin a
        // thread of its own, with memory of its own.
        let processor = Arc::new(Arc::clone(&PROCESSORS).acquire_owned().await);
        let computing = Arc::clone(&processor);
        let computed = tokio::task::spawn_blocking(move || {
            let output = compute();
            drop(computing);
            output
        })
        .await;
        drop(processor);
        match computed {
            Ok(output) => output,
            Err(error) => match error.try_into_panic() {
                Ok(panic) => std::panic::resume_unwind(panic),
                // Only a runtime that ends cancels what is computed, and nobody waits for it then.
                Err(_) => std::future::pending().await,
            },
        }
    }))
}

/// What comes of some work; nothing where the time is up before.
pub(super) async fn in_time<T>(end: Option<Instant>, work: impl Future<Output = T>) -> Option<T> {
    match end {
        Some(end) => tokio::time::timeout_at(end.into(), work).await.ok(),
        None => Some(work.await),
    }
}

/// A task that ends when nobody waits for it any more.
pub(super) struct Worker<T>(pub(super) JoinHandle<T>);

impl<T> Future for Worker<T> {
    type Output = T;

    fn poll(mut self: Pin<&mut Self>, context: &mut TaskContext<'_>) -> Poll<T> {
        match Pin::new(&mut self.0).poll(context) {
            Poll::Ready(Ok(output)) => Poll::Ready(output),
            Poll::Ready(Err(error)) if error.is_panic() => std::panic::resume_unwind(error.into_panic()),
            // Only dropping this future cancels the task, and a dropped one is not polled.
            Poll::Ready(Err(_)) | Poll::Pending => Poll::Pending,
        }
    }
}

impl<T> Drop for Worker<T> {
    fn drop(&mut self) {
        self.0.abort();
    }
}
