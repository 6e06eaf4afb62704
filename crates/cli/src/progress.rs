//! A progress bar on standard error, when something takes longer than a second on a terminal.

use std::io::{IsTerminal as _, Write as _};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

/// When the bar appears.
const PATIENCE: Duration = Duration::from_secs(1);
/// How many marks it has.
const WIDTH: usize = 30;

/// Counts what is done.
pub(crate) struct Progress {
    start: Instant,
    total: usize,
    done: AtomicUsize,
    shown: AtomicBool,
    terminal: bool,
}

impl Progress {
    /// Starts counting to a total.
    pub(crate) fn start(total: usize) -> Self {
        Self {
            start: Instant::now(),
            total,
            done: AtomicUsize::new(0),
            shown: AtomicBool::new(false),
            terminal: std::io::stderr().is_terminal(),
        }
    }

    /// One more is done.
    pub(crate) fn step(&self) {
        let done = self.done.fetch_add(1, Ordering::Relaxed) + 1;
        // Looking at the clock for each unit would cost more than some units do.
        if self.terminal && done.is_multiple_of(64) && self.start.elapsed() > PATIENCE {
            self.shown.store(true, Ordering::Relaxed);
            let marks = done.saturating_mul(WIDTH) / self.total.max(1);
            let bar = "#".repeat(marks.min(WIDTH));
            let _ = write!(
                std::io::stderr(),
                "\r[{bar:<WIDTH$}] {done}/{} units",
                self.total
            );
        }
    }

    /// Takes the bar away.
    pub(crate) fn finish(&self) {
        if self.shown.load(Ordering::Relaxed) {
            let _ = write!(std::io::stderr(), "\r\x1b[K");
        }
    }
}
