//! What of an operation's request was put to the test: which parameters and which keywords of its schemas, by values
//! that obey them and by values that do not.

mod rules;
mod tested;

pub(crate) use tested::Tested;

#[cfg(test)]
mod tests;
