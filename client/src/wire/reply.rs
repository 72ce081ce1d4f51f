//! Replies that are not JSON, read to their ends.

use progenitor_client::{Error, ResponseValue};

/// A reply as its bytes.
pub(crate) async fn bytes<E>(response: reqwest::Response) -> Result<ResponseValue<Vec<u8>>, Error<E>> {
    let (status, headers) = (response.status(), response.headers().clone());
    let bytes = response.bytes().await.map_err(Error::ResponseBodyError)?;
    Ok(ResponseValue::new(bytes.to_vec(), status, headers))
}

/// A reply as its text; bytes that are no UTF-8 are replaced.
pub(crate) async fn text<E>(response: reqwest::Response) -> Result<ResponseValue<String>, Error<E>> {
    let (status, headers) = (response.status(), response.headers().clone());
    let bytes = response.bytes().await.map_err(Error::ResponseBodyError)?;
    Ok(ResponseValue::new(String::from_utf8_lossy(&bytes).into_owned(), status, headers))
}
