//! What a consumer's tests sent to the stub, read from the journal that `counterfoil ctl calls --export` wrote.

mod read;

pub use read::{Journal, JournalCall, JournalError, MAX_CALL_BYTES, MAX_CALLS, MAX_JOURNAL_BYTES};
