//! Chores of the project itself.
fn main() {}
