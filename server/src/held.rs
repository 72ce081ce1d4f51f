//! A body that holds a value for as long as there is something of it to send.

use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use dropshot::Body;
use http_body::{Frame, SizeHint};

/// A body with a value that is dropped once the body was sent, or will never be.
pub(crate) struct Held<T> {
    body: Body,
    /// Held for its drop alone.
    _value: T,
}

impl<T> Held<T>
where
    T: Send + Sync + Unpin + 'static,
{
    /// The body, holding the value.
    pub(crate) fn wrap(body: Body, value: T) -> Body {
        Body::wrap(Self { body, _value: value })
    }
}

impl<T: Unpin> http_body::Body for Held<T> {
    type Data = Bytes;
    type Error = <Body as http_body::Body>::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        Pin::new(&mut self.body).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
