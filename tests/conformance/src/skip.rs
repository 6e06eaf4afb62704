//! How a test says that it could not run here.
//!
//! libtest knows no test that skips itself. A test that cannot run prints `skipped: REASON` and returns; `cargo xtask
//! test` reads that line and counts the test as skipped, never as passed.

/// Says why the calling test is not run.
#[expect(clippy::print_stderr, reason = "the line is for the test runner")]
pub fn skip(reason: &str) {
    eprintln!("skipped: {reason}");
}
