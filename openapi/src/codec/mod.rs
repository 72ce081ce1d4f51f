//! Values to text and back: one style or media type a file, both directions.

pub mod media;
