//! What is done with a service while it runs: a workload, a reload, the stop.

use std::fs::File;
use std::io::Write as _;
use std::os::fd::OwnedFd;
use std::os::unix::process::CommandExt as _;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use rustix::fs::OFlags;
use rustix::pipe::PipeFlags;

use super::scratch::Scratch;

/// What is done with a service once it has started.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Exercise {
    /// A command of the shell that uses the service; `$MAINPID` is its main process.
    pub workload: Option<String>,
    /// Whether it is reloaded in between, and used again.
    pub reload: bool,
    /// How long it is left alone where there is nothing to wait for.
    pub settle: Duration,
    /// How long a workload may take.
    pub limit: Duration,
}

impl Default for Exercise {
    fn default() -> Self {
        Self {
            workload: None,
            reload: true,
            settle: Duration::from_millis(500),
            limit: Duration::from_secs(600),
        }
    }
}

/// The shell that does it. It is made before the service, so that it is no part of it, and waits until it is told to go.
///
/// Its output is the orders that it gives.
#[derive(Debug)]
pub(super) struct Driver {
    shell: Child,
    told: Option<File>,
    orders: Arc<OwnedFd>,
}

/// `$1` is the workload, `$2` its time in seconds, `$3` how long to leave the service alone, `$4` whether to reload, `$5`
/// a file for the exit status, `$6` a file for what the workload prints.
const SCRIPT: &str = r#"
read -r MAINPID || exit 0
export MAINPID
use() {
    if [ -n "$1" ]; then
        timeout -k 2 "$2" sh -c "$1" </dev/null >>"$6" 2>&1
        status=$?
    else
        sleep "$3"
        status=0
    fi
}
use "$@"
if [ "$4" = reload ] && [ "$status" = 0 ]; then
    printf r
    if read -r _; then
        [ -n "$1" ] || sleep "$3"
        use "$@"
    fi
fi
echo "$status" >"$5"
printf s
"#;

impl Driver {
    pub(super) const STATUS: &str = "status";
    pub(super) const OUTPUT: &str = "workload";

    /// Makes it wait.
    pub(super) fn new(
        exercise: &Exercise,
        reload: bool,
        scratch: &Scratch,
    ) -> std::io::Result<Self> {
        let (orders, given) = rustix::pipe::pipe_with(PipeFlags::CLOEXEC)?;
        rustix::fs::fcntl_setfl(&orders, OFlags::NONBLOCK)?;
        let mut shell = Command::new("/bin/sh")
            .args(["-c", SCRIPT, "unitward-workload"])
            .arg(exercise.workload.as_deref().unwrap_or_default())
            .arg(exercise.limit.as_secs().max(1).to_string())
            .arg(format!("{:.3}", exercise.settle.as_secs_f64()))
            .arg(if reload { "reload" } else { "" })
            .arg(scratch.file(Self::STATUS))
            .arg(scratch.file(Self::OUTPUT))
            .stdin(Stdio::piped())
            .stdout(given)
            .stderr(Stdio::null())
            .process_group(0)
            .spawn()?;
        let told = shell
            .stdin
            .take()
            .map(|pipe| File::from(OwnedFd::from(pipe)));
        Ok(Self {
            shell,
            told,
            orders: Arc::new(orders),
        })
    }

    /// Where its orders come from.
    pub(super) fn orders(&self) -> Arc<OwnedFd> {
        self.orders.clone()
    }

    /// Tells it that it may go on: the number of the main process first.
    pub(super) fn tell(&mut self, line: &str) {
        if let Some(told) = &mut self.told {
            // One that is gone has given its orders.
            let _ = writeln!(told, "{line}");
        }
    }

    /// Waits a moment for what a workload makes of the end of the service, and ends it.
    pub(super) fn end(mut self, scratch: &Scratch, patience: Duration) -> Option<i32> {
        self.told = None;
        let end = Instant::now() + patience;
        loop {
            let status = scratch.tail(Self::STATUS);
            if let Ok(status) = status.trim().parse() {
                return Some(status);
            }
            // Somebody else may have waited for it.
            let is_over = !matches!(self.shell.try_wait(), Ok(None));
            if is_over || Instant::now() >= end {
                break;
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        if let Ok(group) = i32::try_from(self.shell.id())
            && let Some(group) = rustix::process::Pid::from_raw(group)
        {
            // All of it may have ended by now.
            let _ = rustix::process::kill_process_group(group, rustix::process::Signal::KILL);
            let _ = self.shell.wait();
        }
        scratch.tail(Self::STATUS).trim().parse().ok()
    }
}
