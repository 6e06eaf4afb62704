//! `unitward diagnose` on every planted breakage: the right cause has to come first.
#![expect(clippy::unwrap_used, clippy::print_stderr, reason = "tests")]

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use unitward_breakages::case::cases;
use unitward_breakages::trial::{Verdict, World};
use unitward_conformance::analyze::unitward;
use unitward_conformance::skip::skip;

/// What is waited for is mostly the services themselves.
const WORKERS: usize = 3;

#[test]
fn the_right_cause_comes_first() {
    if !rustix::process::geteuid().is_root() {
        return skip("only root can make what the services are refused");
    }
    let cases = cases(include_str!("../cases.txt")).unwrap();
    let only = std::env::var("BREAKAGE").unwrap_or_default();
    let world = match World::new(unitward().unwrap()) {
        Ok(world) => world,
        Err(reason) => return skip(&reason),
    };
    let next = AtomicUsize::new(0);
    let verdicts = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..WORKERS {
            scope.spawn(|| {
                loop {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    let Some(case) = cases.get(number) else { break };
                    if !case.name.contains(&only) {
                        continue;
                    }
                    let begin = Instant::now();
                    let verdict = world.try_case(number, case);
                    let time = begin.elapsed().as_secs_f32();
                    verdicts.lock().unwrap().push((case, verdict, time));
                }
            });
        }
    });
    let verdicts = verdicts.into_inner().unwrap();
    let mut wrong = 0;
    let mut right = 0;
    for (case, verdict, time) in &verdicts {
        match verdict {
            Verdict::Right => right += 1,
            Verdict::Wrong(reason) => {
                wrong += 1;
                eprintln!("wrong: {} ({time:.1} s): {reason}", case.name);
            }
            Verdict::Skipped(reason) => eprintln!("not tried: {}: {reason}", case.name),
        }
    }
    let slowest = verdicts
        .iter()
        .map(|(_, _, time)| *time)
        .fold(0.0, f32::max);
    eprintln!(
        "right cause first in {right} of {}; the slowest took {slowest:.1} s",
        right + wrong
    );
    assert_eq!(wrong, 0);
}
