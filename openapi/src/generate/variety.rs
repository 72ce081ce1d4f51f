//! How adventurous generated values are.

/// How adventurous generated values are; the greater the more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Variety {
    /// The least a schema asks for: no optional property, the shortest string, the number nearest to zero.
    Minimal,
    /// What a server in use might reply: people, places, prices and dates, as formats and the names of properties have
    /// it, and nearly all optional properties.
    Realistic,
    /// What a well-behaved server might reply: readable words, small numbers, most optional properties.
    Plain,
    /// What finds mistakes: the ends of ranges, unusual characters, awkward strings, anything from empty to full.
    Wild,
}
