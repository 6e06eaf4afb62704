//! The unitward command.
fn main() {}
